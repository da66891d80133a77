using System.Globalization;

namespace KickMonitor.Sandbox;

/// <summary>Version 1, deprecated and still answering; it has no pages.</summary>
internal static class OldLivestreamsApi
{
    private const int MostAtOnce = 50;

    public static void MapOldLivestreams(this IEndpointRouteBuilder api) =>
        api.MapGet("/public/v1/livestreams", Get).InGroup(EndpointGroup.Livestreams);

    private static IResult Get(HttpRequest request, RestView rest)
    {
        string? sort = request.Query["sort"];
        string? language = request.Query["language"];
        string? category = request.Query["category_id"];
        var categoryId = 0;
        if (request.Query.Ids("broadcaster_user_id", MostAtOnce) is not { } ids
            || request.Query.Limit(usual: 25, most: 100) is not { } limit
            || (category is not null && !int.TryParse(category, NumberStyles.None, CultureInfo.InvariantCulture, out categoryId))
            || sort is not (null or "viewer_count" or "started_at"))
        {
            return Answer.InvalidRequest();
        }

        var live = rest.Live()
            .Where(l => ids.Length == 0 || ids.Contains(l.Streamer.Id))
            .Where(l => category is null || l.Broadcast.Category.Id == categoryId)
            .Where(l => language is null || l.Broadcast.Language == language);
        var sorted = sort is "started_at"
            ? live.OrderByDescending(l => l.Broadcast.StartedAt)
            : live.OrderByDescending(l => rest.Viewers(l.Streamer, l.Broadcast));

        var pictures = new PictureAddresses(request);
        return Answer.Ok(sorted.Take(limit).Select(l => View(l.Streamer, l.Broadcast, rest, pictures)).ToArray());
    }

    private static Livestream View(Streamer streamer, Broadcast broadcast, RestView rest, PictureAddresses pictures) => new(
        streamer.Id,
        streamer.ChannelId,
        streamer.Slug,
        broadcast.Title,
        CategoryView.Of(broadcast.Category, pictures),
        broadcast.Language,
        false,
        KickJson.Time(broadcast.StartedAt),
        rest.Viewers(streamer, broadcast),
        pictures.OfBroadcast(rest.ThumbnailOf(streamer, broadcast)),
        pictures.OfUser(streamer),
        Experiment.Of(streamer));

    private sealed record Livestream(
        long BroadcasterUserId,
        long ChannelId,
        string Slug,
        string StreamTitle,
        CategoryView Category,
        string Language,
        bool HasMatureContent,
        string StartedAt,
        int ViewerCount,
        string Thumbnail,
        string ProfilePicture,
        Experiment Experiment);
}
