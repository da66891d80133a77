using System.Globalization;

namespace KickMonitor.Sandbox;

internal sealed record WebsiteLivestream(
    long Id,
    string Slug,
    string SessionTitle,
    bool IsLive,
    string CreatedAt,
    string StartTime,
    int Duration,
    string Language,
    string LangIso,
    bool IsMature,
    int ViewerCount,
    string[] Tags,
    WebsitePicture Thumbnail,
    WebsiteCategory[] Categories)
{
    public static WebsiteLivestream Of(Streamer streamer, Broadcast broadcast, RestView rest, PictureAddresses pictures)
    {
        var viewers = rest.Viewers(streamer, broadcast);
        return new WebsiteLivestream(
            BitConverter.ToUInt32(broadcast.Id.ToByteArray()),
            broadcast.Id.ToString("N")[..8] + "-" + streamer.Slug,
            broadcast.Title,
            true,
            Zoneless(broadcast.StartedAt.AddSeconds(1)),
            Zoneless(broadcast.StartedAt),
            0,
            Languages.NameOf(broadcast.Language),
            broadcast.Language,
            false,
            viewers,
            [],
            new WebsitePicture(pictures.OfBroadcast(rest.ThumbnailOf(streamer, broadcast))),
            [WebsiteCategory.Of(broadcast.Category, viewers)]);
    }

    private static string Zoneless(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
