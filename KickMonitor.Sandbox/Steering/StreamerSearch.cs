namespace KickMonitor.Sandbox;

/// <summary>One page of those whose slug, name or id contains what was typed.</summary>
internal sealed record StreamerSearch(string? Q, string? Live, int? Page, int? Size)
{
    // An empty choice in the form sends "live=", which a bool? would refuse.
    public bool? WantsLive => bool.TryParse(Live, out var live) ? live : null;

    public (IReadOnlyList<Streamer> Found, int Total, int Page, int Pages) In(World world)
    {
        var size = Math.Clamp(Size ?? 25, 1, 1000);
        var text = Q?.Trim() ?? "";
        var all = world.Streamers
            .Where(s => WantsLive is null || s.IsLive == WantsLive)
            .Where(s => s.Slug.Contains(text, StringComparison.OrdinalIgnoreCase)
                || s.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
                || s.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == text)
            .ToArray();
        var pages = Math.Max(1, (all.Length + size - 1) / size);
        var page = Math.Clamp(Page ?? 1, 1, pages);
        return ([.. all.Skip((page - 1) * size).Take(size)], all.Length, page, pages);
    }
}
