using System.Globalization;

namespace KickMonitor.Sandbox;

internal sealed record WebsiteChannel(
    long Id,
    long UserId,
    string Slug,
    bool IsBanned,
    string PlaybackUrl,
    bool VodEnabled,
    bool SubscriptionEnabled,
    bool IsAffiliate,
    bool CanHost,
    bool Verified,
    object FollowersCount,
    WebsiteUser User,
    WebsiteChatroom Chatroom,
    WebsiteLivestream? Livestream,
    WebsiteCategory[] RecentCategories,
    object[] SubscriberBadges,
    WebsitePicture BannerImage,
    WebsiteSources? OfflineBannerImage)
{
    public static WebsiteChannel Of(Streamer streamer, RestView rest, Distortions distortions, PictureAddresses pictures) => new(
        streamer.ChannelId,
        streamer.Id,
        streamer.Slug,
        false,
        "",
        true,
        true,
        false,
        true,
        streamer.Audience > 5000,
        distortions.FollowersAsText ? streamer.Followers.ToString(CultureInfo.InvariantCulture) : streamer.Followers,
        new WebsiteUser(streamer.Id, streamer.Name, "", pictures.OfUser(streamer), "", "", "", "", "", ""),
        new WebsiteChatroom(streamer.ChannelId - 1, streamer.ChannelId, streamer.ChannelId, false, false, false, false, 0, 0),
        rest.BroadcastOf(streamer) is { } broadcast ? WebsiteLivestream.Of(streamer, broadcast, rest, pictures) : null,
        [WebsiteCategory.Of(streamer.HomeCategory, 0)],
        [],
        new WebsitePicture(pictures.OfBanner(streamer)),
        null);
}

internal sealed record WebsiteUser(
    long Id,
    string Username,
    string Bio,
    string ProfilePic,
    string Instagram,
    string Twitter,
    string Youtube,
    string Discord,
    string Tiktok,
    string Facebook);

internal sealed record WebsiteChatroom(
    long Id,
    long ChannelId,
    long ChatableId,
    bool SlowMode,
    bool FollowersMode,
    bool SubscribersMode,
    bool EmotesMode,
    int MessageInterval,
    int FollowingMinDuration);

internal sealed record WebsitePicture(string Url);

internal sealed record WebsiteSources(string Src, string Srcset);

internal sealed record WebsiteCategory(int Id, string Name, string Slug, int Viewers)
{
    public static WebsiteCategory Of(Category category, int viewers) =>
        new(category.Id, category.Name, category.Name.ToLowerInvariant().Replace(' ', '-'), viewers);
}
