using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Components;

/// <summary>Something to go to or to do.</summary>
/// <param name="Href">Where it leads; null for an action, which the page's script knows by its name.</param>
public sealed record PaletteEntry(string Label, string Hint, string? Href, string? Action = null);

/// <summary>What the palette finds: streamers and pages that the person may see, and what the script can do.</summary>
public static class Palette
{
    private const int Most = 12;

    private static (PaletteEntry Entry, bool AdminOnly)[] Fixed =>
    [
        (new(T["Live dashboard"], T["page"], "/"), false),
        (new(T["Who is live"], T["page"], "/?status=live"), false),
        (new(T["Events"], T["page"], "/events"), false),
        (new(T["Wall mode"], T["action"], null, "wall"), false),
        (new(T["Add a streamer"], T["action"], "/admin/streamers"), true),
        (new(T["People"], T["Admin"], "/admin/users"), true),
        (new(T["Streamers"], T["Admin"], "/admin/streamers"), true),
        (new(T["Webhooks"], T["Admin"], "/admin/webhooks"), true),
        (new(T["Links"], T["Admin"], "/admin/links"), true),
        (new(T["Configuration"], T["Admin"], "/admin/configuration"), true),
        (new(T["Flags"], T["Admin"], "/admin/flags"), true),
        (new(T["Jobs"], T["Admin"], "/admin/jobs"), true),
        (new(T["Health"], T["Admin"], "/admin/health"), true),
        (new(T["Data"], T["Admin"], "/admin/data"), true),
        (new(T["Audit"], T["Admin"], "/admin/audit"), true),
        (new(T["Profile"], T["Settings"], "/settings/profile"), false),
        (new(T["Linked accounts"], T["Settings"], "/settings/links"), false),
        (new(T["Groups"], T["Settings"], "/settings/groups"), false),
        (new(T["Security"], T["Settings"], "/settings/security"), false),
        (new(T["API tokens"], T["Settings"], "/settings/tokens"), false),
        (new(T["Keys"], T["action"], null, "keys"), false),
        (new(T["Theme: dark"], T["action"], null, "theme-dark"), false),
        (new(T["Theme: high contrast"], T["action"], null, "theme-contrast"), false),
        (new(T["Theme: light"], T["action"], null, "theme-light"), false),
        (new(T["Sign out"], T["action"], null, "signout"), false),
    ];

    public static void MapPalette(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/palette", (string? q, CurrentPerson person, LiveBoard board, HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return TypedResults.Ok(Find(q?.Trim() ?? string.Empty, person.Rights, board.Snapshot));
        }).ExcludeFromDescription();

    internal static IReadOnlyList<PaletteEntry> Find(string text, UserRights person, BoardSnapshot snapshot)
    {
        if (text.Length > 100)
        {
            return [];
        }

        var pages = Fixed.Where(f => (!f.AdminOnly || person.IsAdmin) && Rank(f.Entry.Label, text) < 2).Select(f => f.Entry);
        if (text.Length == 0)
        {
            return [.. pages];
        }

        var streamers = snapshot.All
            .Where(r => person.MaySee(r.BroadcasterUserId))
            .Select(r => (Row: r, Rank: Math.Min(Rank(r.Slug, text), Rank(r.DisplayName, text))))
            .Where(r => r.Rank < 2)
            .OrderBy(r => r.Rank).ThenByDescending(r => r.Row.IsLive).ThenByDescending(r => r.Row.Viewers ?? 0).ThenBy(r => r.Row.Slug, StringComparer.OrdinalIgnoreCase)
            .Take(Most)
            .Select(r => new PaletteEntry(r.Row.DisplayName, r.Row.IsLive ? T["live"] : T["streamer"], $"/streamers/{r.Row.Slug}"));
        return [.. streamers, .. pages];
    }

    /// <summary>0: begins with the text; 1: contains it; 2: does not.</summary>
    private static int Rank(string label, string text) => label.IndexOf(text, StringComparison.OrdinalIgnoreCase) switch { 0 => 0, > 0 => 1, _ => 2 };
}
