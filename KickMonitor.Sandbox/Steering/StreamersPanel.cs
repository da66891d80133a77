using System.Globalization;

namespace KickMonitor.Sandbox;

internal static class StreamersPanel
{
    public static Html Render(World world, StreamerSearch search)
    {
        var (found, total, page, pages) = search.In(world);
        return Html.Of($"""
            <section aria-labelledby="streamers">
            <h2 id="streamers">Streamers</h2>
            <form method="get" class="line">
            <input type="search" name="q" value="{search.Q}" placeholder="slug, name or id" aria-label="Search streamers">
            <select name="live" aria-label="State">
            {Choice("", "all", search.WantsLive is null)}{Choice("true", "live", search.WantsLive is true)}{Choice("false", "offline", search.WantsLive is false)}
            </select>
            <button>search</button>
            </form>
            <form class="line" data-send="POST" data-to="streamers">
            <input name="slug" required maxlength="25" pattern="[A-Za-z0-9_\-]+" placeholder="new-streamer" aria-label="Slug of a new streamer">
            <button>add</button>
            </form>
            <div data-live="rows">
            <table>
            <thead><tr><th>streamer</th><th>state</th><th class="number">viewers</th><th>title</th><th>steer</th></tr></thead>
            <tbody>{Html.Join(found.Select(Row))}</tbody>
            </table>
            {(found.Count == 0 ? Html.Of($"<p class=\"none\">Nobody matches.</p>") : null)}
            <p class="pages">{Turn(search, page - 1, page > 1, "‹ back")} {total} found, page {page} of {pages} {Turn(search, page + 1, page < pages, "on ›")}</p>
            </div>
            </section>
            """);
    }

    private static Html Row(Streamer s)
    {
        var state = s.Vanished ? "vanished" : s.IsLive ? "live" : "offline";
        return Html.Of($"""
            <tr class="{state}">
            <td class="who"><img src="/pictures/users/{s.Id}.svg" alt="" width="28" height="28"><b>{s.Slug}</b><small>{s.Id}</small></td>
            <td><span class="state">{state}</span></td>
            <td class="number">{s.Broadcast?.Viewers.ToString("N0", CultureInfo.InvariantCulture)}</td>
            <td class="title">{s.Broadcast?.Title}<small>{s.Broadcast?.Category.Name}</small></td>
            <td class="steer">{(s.IsLive ? Act(s, "end", """{"live":false}""") : Act(s, "go live", """{"live":true,"viewers":1}"""))}
            {(s.IsLive ? Ask(s, "viewers", "viewers", "Viewers", s.Broadcast!.Viewers) : null)}
            {(s.IsLive ? Ask(s, "title", "title", "Title", s.Broadcast!.Title) : null)}
            {Ask(s, "rename", "slug", "New slug", s.Slug)}
            {(s.Vanished ? Act(s, "return", """{"vanished":false}""") : Act(s, "vanish", """{"vanished":true}"""))}</td>
            </tr>
            """);
    }

    private static Html Act(Streamer s, string name, string body) => Html.Of(
        $"""<button type="button" data-send="PATCH" data-to="streamers/{s.Id}" data-body="{body}" aria-label="{name}: {s.Slug}">{name}</button>""");

    private static Html Ask(Streamer s, string name, string field, string question, object now) => Html.Of(
        $"""<button type="button" data-send="PATCH" data-to="streamers/{s.Id}" data-field="{field}" data-ask="{question} of {s.Slug}" data-now="{now}" aria-label="{name}: {s.Slug}">{name}</button>""");

    private static Html Choice(string value, string name, bool chosen) =>
        chosen ? Html.Of($"<option value=\"{value}\" selected>{name}</option>") : Html.Of($"<option value=\"{value}\">{name}</option>");

    private static Html Turn(StreamerSearch search, int page, bool possible, string name) => possible
        ? Html.Of($"<a href=\"?q={Uri.EscapeDataString(search.Q ?? "")}&live={Uri.EscapeDataString(search.Live ?? "")}&page={page}\">{name}</a>")
        : Html.Of($"<span class=\"no\">{name}</span>");
}
