namespace KickMonitor.Sandbox;

internal static class UserLivestreamsApi
{
    private const int MostAtOnce = 100;

    public static void MapUserLivestreams(this IEndpointRouteBuilder api) =>
        api.MapGet("/public/v1/users/livestreams", Get).InGroup(EndpointGroup.Livestreams);

    private static IResult Get(HttpRequest request, RestView rest)
    {
        if (request.Query.Ids("user_id", MostAtOnce) is not { Length: > 0 } ids)
        {
            return Answer.InvalidRequest();
        }

        var pictures = new PictureAddresses(request);
        var live = new List<LivestreamView>(ids.Length);
        foreach (var id in ids)
        {
            if (rest.Find(id) is { } streamer && rest.BroadcastOf(streamer) is { } broadcast)
            {
                live.Add(LivestreamView.Of(streamer, broadcast, rest, pictures));
            }
        }

        return Answer.Ok(live);
    }
}
