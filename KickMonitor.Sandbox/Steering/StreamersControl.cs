namespace KickMonitor.Sandbox;

internal static class StreamersControl
{
    public static void MapStreamersControl(this IEndpointRouteBuilder control)
    {
        control.MapGet("/streamers", (World world, [AsParameters] StreamerSearch search) =>
        {
            var (found, total, page, pages) = search.In(world);
            return TypedResults.Ok(new Found(total, page, pages, [.. found.Select(StreamerView.Of)]));
        });
        control.MapGet("/streamers/{id:long}", (long id, World world) =>
            world.Find(id) is { } s ? Results.Ok(StreamerView.Of(s)) : Results.NotFound());
        control.MapPost("/streamers", (NewStreamer asked, World world) => Try(() => world.Add(asked.Slug, asked.Name)));
        control.MapPatch("/streamers/{id:long}", (long id, StreamerChange change, World world) =>
            world.Find(id) is { } s ? Try(() => change.Apply(world, s)) : Results.NotFound());
    }

    private static IResult Try(Func<Streamer> change)
    {
        try
        {
            return Results.Ok(StreamerView.Of(change()));
        }
        catch (ImpossibleException e)
        {
            return Results.Json(new { error = e.Message }, statusCode: 400);
        }
    }

    private sealed record Found(int Total, int Page, int Pages, StreamerView[] Streamers);

    private sealed record NewStreamer(string Slug, string? Name);
}
