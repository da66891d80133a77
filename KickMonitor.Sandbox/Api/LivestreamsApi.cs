namespace KickMonitor.Sandbox;

/// <summary>Browsing everything that is live, page by page, oldest start first.</summary>
internal static class LivestreamsApi
{
    private const int MostFilters = 25;

    public static void MapLivestreams(this IEndpointRouteBuilder api)
    {
        api.MapGet("/public/v2/livestreams", Get).InGroup(EndpointGroup.Livestreams);
        api.MapGet("/public/v1/livestreams/stats", Stats).InGroup(EndpointGroup.Livestreams);
    }

    private static IResult Get(HttpRequest request, RestView rest)
    {
        var languages = request.Query["language_code"];
        Cursor? after = null;
        if (request.Query.Ids("category_id", MostFilters) is not { } categories || languages.Count > MostFilters
            || request.Query.Limit(usual: 100, most: 1000) is not { } limit)
        {
            return Answer.InvalidRequest();
        }

        if (request.Query["cursor"].ToString() is { Length: > 0 } cursor && (after = Cursor.Parse(cursor)) is null)
        {
            return Answer.InvalidRequest();
        }

        var rows = rest.Live()
            .Where(l => categories.Length == 0 || categories.Contains(l.Broadcast.Category.Id))
            .Where(l => languages.Count == 0 || languages.Contains(l.Broadcast.Language))
            .Select(l => (At: new Cursor(l.Broadcast.StartedAt.Ticks, l.Streamer.Id), Live: l))
            .Where(row => after is not { } end || row.At.Rank > end.Rank || (row.At.Rank == end.Rank && row.At.Id > end.Id))
            .OrderBy(row => row.At.Rank).ThenBy(row => row.At.Id)
            .Take(limit + 1)
            .ToArray();

        var pictures = new PictureAddresses(request);
        var page = rows.Take(limit).Select(row => LivestreamView.Of(row.Live.Streamer, row.Live.Broadcast, rest, pictures)).ToArray();
        return Answer.Page(page, rows.Length > limit ? rows[limit - 1].At.ToString() : "");
    }

    private static IResult Stats(RestView rest) => Answer.Ok(new Total(rest.Live().Count()));

    private sealed record Total(int TotalCount);
}
