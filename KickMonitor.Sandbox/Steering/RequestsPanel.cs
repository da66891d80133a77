using System.Globalization;

namespace KickMonitor.Sandbox;

internal static class RequestsPanel
{
    private const int Shown = 12;

    public static Html Render(RequestHistory requests) => Html.Of($"""
        <section aria-labelledby="requests">
        <h2 id="requests">Requests</h2>
        <div data-live="requests">
        <table class="counters"><tbody>{Html.Join(requests.Counts.Select(Counter))}</tbody></table>
        <ol class="recent">{Html.Join(requests.Recent.Reverse().Take(Shown).Select(Line))}</ol>
        {(requests.Total == 0 ? Html.Of($"<p class=\"none\">Nobody has asked anything yet.</p>") : null)}
        </div>
        </section>
        """);

    private static Html Counter(KeyValuePair<string, long> count) =>
        Html.Of($"<tr><td>{count.Key}</td><td class=\"number\">{count.Value}</td></tr>");

    private static Html Line(ReceivedRequest r) => Html.Of($"""
        <li><time>{r.At.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}</time> <b class="{(r.Status < 400 ? "good" : "bad")}">{r.Status}</b> {r.Method} <span>{r.Path}{r.Query}</span></li>
        """);
}
