using System.Globalization;
using System.Text.Json;

namespace KickMonitor.Sandbox;

internal static class WebhooksPanel
{
    private const int Shown = 8;

    public static Html Render(Webhooks webhooks, EventSubscriptions subscriptions)
    {
        var properties = typeof(WebhookFaults).GetProperties();
        return Html.Of($"""
            <section aria-labelledby="webhooks">
            <h2 id="webhooks">Webhooks</h2>
            <form class="line" data-send="PATCH" data-to="webhooks">
            <input name="url" value="{webhooks.Url}" placeholder="http://localhost:5080/webhooks/kick" aria-label="Where the app listens" data-text>
            <button>deliver there</button>
            </form>
            <form class="line" data-send="POST" data-to="events">
            <select name="type" aria-label="Type">{Html.Join(EventTypes.All.Select(t => Html.Of($"<option>{t}</option>")))}</select>
            <input name="slug" required placeholder="streamer" aria-label="Streamer">
            <button>send</button>
            </form>
            <form class="grid" data-send="PATCH" data-to="webhooks" data-at-once>
            {Html.Join(properties.Where(p => p.PropertyType == typeof(double)).Select(p => Html.Of($"<label>{Words(p.Name)}<input name=\"{Name(p.Name)}\" type=\"number\" min=\"0\" max=\"{(p.Name == "LateSeconds" ? 86400 : 1)}\" step=\"0.01\" value=\"{p.GetValue(webhooks.Faults)}\"></label>")))}
            {Html.Join(properties.Where(p => p.PropertyType == typeof(int)).Select(p => Html.Of($"<label>{Words(p.Name)}<input name=\"{Name(p.Name)}\" type=\"number\" min=\"0\" max=\"1000\" value=\"{p.GetValue(webhooks.Faults)}\"></label>")))}
            {Html.Join(properties.Where(p => p.PropertyType == typeof(bool)).Select(p => Switch(Name(p.Name), Words(p.Name), p.GetValue(webhooks.Faults) is true)))}
            </form>
            <div data-live="deliveries">
            <p class="hint">{subscriptions.All.Count} subscriptions · {webhooks.Delivered} delivered · {webhooks.Underway} underway</p>
            <ol class="recent">{Html.Join(webhooks.History.Reverse().Take(Shown).Select(Line))}</ol>
            </div>
            <button type="button" data-send="DELETE" data-to="webhooks/subscriptions" data-confirm="Unsubscribe everything without a word?">unsubscribe all</button>
            </section>
            """);
    }

    private static Html Line(SentDelivery d) => Html.Of($"""
        <li><time>{d.At.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}</time> <b class="{(d.Status == 200 ? "good" : "bad")}">{d.Status?.ToString(CultureInfo.InvariantCulture) ?? "–"}</b> {d.Type} <span>{d.BroadcasterId} {(d.Attempt > 1 ? $"attempt {d.Attempt}" : "")} {d.Problem}</span></li>
        """);

    private static Html Switch(string name, string label, bool on) => on
        ? Html.Of($"<label class=\"switch\"><input type=\"checkbox\" name=\"{name}\" checked>{label}</label>")
        : Html.Of($"<label class=\"switch\"><input type=\"checkbox\" name=\"{name}\">{label}</label>");

    private static string Name(string property) => JsonNamingPolicy.CamelCase.ConvertName(property);

    private static string Words(string property) => JsonNamingPolicy.KebabCaseLower.ConvertName(property).Replace('-', ' ');
}
