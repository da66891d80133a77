namespace KickMonitor.Sandbox;

public static class EventTypes
{
    public const string Status = "livestream.status.updated";
    public const string Metadata = "livestream.metadata.updated";
    public const string Followed = "channel.followed";
    public const string Subscribed = "channel.subscription.new";
    public const string Renewed = "channel.subscription.renewal";
    public const string Gifts = "channel.subscription.gifts";
    public const string Kicks = "kicks.gifted";
    public const string Chat = "chat.message.sent";
    public const string Banned = "moderation.banned";
    public const string Redeemed = "channel.reward.redemption.updated";

    public static readonly IReadOnlyList<string> All = [Status, Metadata, Followed, Subscribed, Renewed, Gifts, Kicks, Chat, Banned, Redeemed];
}
