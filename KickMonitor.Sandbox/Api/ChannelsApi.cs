namespace KickMonitor.Sandbox;

internal static class ChannelsApi
{
    private const int MostAtOnce = 50;
    private const string NeverStarted = "0001-01-01T00:00:00Z";

    public static void MapChannels(this IEndpointRouteBuilder api) =>
        api.MapGet("/public/v1/channels", Get).InGroup(EndpointGroup.Channels);

    private static IResult Get(HttpRequest request, RestView rest, Distortions distortions)
    {
        string[] slugs = [.. request.Query["slug"].OfType<string>()];
        var byId = request.Query.ContainsKey("broadcaster_user_id");
        if (!byId && slugs.Length == 0)
        {
            // Without parameters it means the token's own channel, and an app has none.
            return Answer.Unauthorized();
        }

        if ((byId && slugs.Length > 0) || slugs.Length > MostAtOnce || !slugs.All(Names.IsWellFormed)
            || request.Query.Ids("broadcaster_user_id", MostAtOnce) is not { } ids)
        {
            return Answer.InvalidRequest();
        }

        var found = byId ? ids.Select(rest.Find) : slugs.Distinct(StringComparer.Ordinal).Select(rest.Find);
        var pictures = new PictureAddresses(request);
        return Answer.Ok(found.OfType<Streamer>().Select(s => View(s, rest, distortions, pictures)).ToArray());
    }

    private static Channel View(Streamer streamer, RestView rest, Distortions distortions, PictureAddresses pictures)
    {
        var live = rest.BroadcastOf(streamer);
        var told = live ?? (distortions.BlankOfflineFields ? null : streamer.LastBroadcast);
        return new Channel(
            streamer.Id,
            streamer.Slug,
            $"{streamer.Name} plays {streamer.HomeCategory.Name} and more.",
            pictures.OfBanner(streamer),
            told?.Title ?? "",
            told is null ? CategoryView.None : CategoryView.Of(told.Category, pictures),
            streamer.Subscribers,
            streamer.Subscribers / 3,
            streamer.Subscribers / 11,
            new StreamView(
                live is not null,
                false,
                "",
                told?.Language ?? "",
                live is null ? NeverStarted : KickJson.Time(live.StartedAt),
                live is null ? "" : pictures.OfBroadcast(rest.ThumbnailOf(streamer, live)),
                "",
                live is null ? 0 : rest.Viewers(streamer, live)),
            Experiment.Of(streamer));
    }

    private sealed record Channel(
        long BroadcasterUserId,
        string Slug,
        string ChannelDescription,
        string BannerPicture,
        string StreamTitle,
        CategoryView Category,
        int ActiveSubscribersCount,
        int ActiveGiftedSubscribersCount,
        int CanceledSubscribersCount,
        StreamView Stream,
        Experiment Experiment);

    private sealed record StreamView(
        bool IsLive, bool IsMature, string Key, string Language, string StartTime, string Thumbnail, string Url, int ViewerCount);
}
