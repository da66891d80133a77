namespace KickMonitor.Sandbox;

/// <summary>A livestream as version 2 shows it.</summary>
internal sealed record LivestreamView(
    Guid Id,
    string Title,
    string Thumbnail,
    string StartedAt,
    int ViewerCount,
    string LanguageCode,
    string[] Tags,
    bool HasMatureContent,
    BroadcasterView BroadcasterUser,
    CategoryView Category,
    ChannelSlug Channel,
    Experiment Experiment)
{
    public static LivestreamView Of(Streamer streamer, Broadcast broadcast, RestView rest, PictureAddresses pictures) => new(
        broadcast.Id,
        broadcast.Title,
        pictures.OfBroadcast(rest.ThumbnailOf(streamer, broadcast)),
        KickJson.Time(broadcast.StartedAt),
        rest.Viewers(streamer, broadcast),
        broadcast.Language,
        [broadcast.Category.Tag.ToLowerInvariant()],
        false,
        new BroadcasterView(streamer.Id, streamer.Name, pictures.OfUser(streamer)),
        CategoryView.Of(broadcast.Category, pictures),
        new ChannelSlug(streamer.Slug),
        Experiment.Of(streamer));
}

internal sealed record BroadcasterView(long Id, string Username, string ProfilePicture);

internal sealed record ChannelSlug(string Slug);
