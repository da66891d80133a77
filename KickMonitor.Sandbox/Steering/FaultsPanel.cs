using System.Globalization;
using System.Text.Json;

namespace KickMonitor.Sandbox;

internal static class FaultsPanel
{
    public static Html Render(Faults faults)
    {
        var d = faults.Distortions;
        return Html.Of($"""
            <section aria-labelledby="faults">
            <h2 id="faults">Faults</h2>
            <form class="grid" data-send="POST" data-to="faults">
            <label>what<select name="kind">{Html.Join(Enum.GetValues<FaultKind>().Select(k => Choice(NameOf(k))))}</select></label>
            <label>where<select name="group">{Html.Join(Enum.GetValues<EndpointGroup>().Select(g => Choice(NameOf(g))))}</select></label>
            <label>how often, 0 to 1<input name="probability" type="number" min="0" max="1" step="0.01" value="1"></label>
            <label>next requests<input name="count" type="number" min="1" placeholder="no end"></label>
            <label>delay, seconds<input name="delaySeconds" type="number" min="0" max="86400" step="0.1" placeholder="3"></label>
            <label>Retry-After<input name="retryAfter" data-text placeholder="none" list="afters"></label>
            <datalist id="afters"><option>5</option><option>30</option><option>0</option><option>-1</option><option>315360000</option></datalist>
            <button>break it</button>
            </form>
            <div data-live="faults">{Active(faults)}</div>
            <h2>World</h2>
            <form class="grid" data-send="PATCH" data-to="faults" data-at-once>
            <label>start lag, seconds<input name="startLagSeconds" type="number" min="0" max="86400" value="{d.StartLag.TotalSeconds}"></label>
            <label>end lag, seconds<input name="endLagSeconds" type="number" min="0" max="86400" value="{d.EndLag.TotalSeconds}"></label>
            <label>requests a minute<input name="requestsPerMinute" type="number" min="0" value="{faults.RateLimit.PerMinute ?? 0}"></label>
            <span class="hint">0 is no limit</span>
            {Switch("frozenViewers", "viewers frozen", d.FrozenViewers)}
            {Switch("viewersDropToOne", "viewers drop to 1", d.ViewersDropToOne)}
            {Switch("hiddenViewers", "viewers hidden", d.HiddenViewers)}
            {Switch("staleThumbnails", "stale thumbnails", d.StaleThumbnails)}
            {Switch("blankOfflineFields", "offline is blank", d.BlankOfflineFields)}
            {Switch("followersAsText", "followers as text", d.FollowersAsText)}
            </form>
            </section>
            """);
    }

    private static Html Active(Faults faults)
    {
        var active = faults.Active;
        return active.Count == 0
            ? Html.Of($"<p class=\"none\">Nothing is broken.</p>")
            : Html.Of($"""
                <ul class="faults">{Html.Join(active.Select(Line))}</ul>
                <button type="button" data-send="DELETE" data-to="faults">repair all</button>
                """);
    }

    private static Html Line(Fault f) => Html.Of($"""
        <li><b>{NameOf(f.Kind)}</b> {NameOf(f.Group)} <small>{Odds(f)}</small>
        <button type="button" data-send="DELETE" data-to="faults/{f.Id}" aria-label="repair {NameOf(f.Kind)}">repair</button></li>
        """);

    private static string Odds(Fault f)
    {
        string?[] odds =
        [
            f.Probability < 1 ? string.Create(CultureInfo.InvariantCulture, $"{f.Probability * 100:0.##}% of them") : "always",
            f.Count is { } left ? $"{left} left" : null,
            f.Kind is FaultKind.Slow ? $"{f.Delay.TotalSeconds} s" : null,
            f.RetryAfter is { } after ? $"Retry-After {after}" : null,
        ];
        return string.Join(", ", odds.OfType<string>());
    }

    private static Html Switch(string name, string label, bool on) => on
        ? Html.Of($"<label class=\"switch\"><input type=\"checkbox\" name=\"{name}\" checked>{label}</label>")
        : Html.Of($"<label class=\"switch\"><input type=\"checkbox\" name=\"{name}\">{label}</label>");

    private static Html Choice(string name) => Html.Of($"<option>{name}</option>");

    private static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
