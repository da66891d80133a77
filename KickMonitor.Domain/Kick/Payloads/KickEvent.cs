namespace KickMonitor.Domain.Kick;

/// <summary>The types of event that Kick delivers; all are version 1.</summary>
public static class KickEventTypes
{
    public const string Followed = "channel.followed";
    public const string Subscribed = "channel.subscription.new";
    public const string Renewed = "channel.subscription.renewal";
    public const string Gifted = "channel.subscription.gifts";
    public const string Redeemed = "channel.reward.redemption.updated";
    public const string Chat = "chat.message.sent";
    public const string KicksGifted = "kicks.gifted";
    public const string Metadata = "livestream.metadata.updated";
    public const string Status = "livestream.status.updated";
    public const string Banned = "moderation.banned";

    public static readonly IReadOnlyList<string> All = [Status, Metadata, Followed, Subscribed, Renewed, Gifted, KicksGifted, Redeemed, Banned, Chat];
}

/// <summary>Somebody in an event. An anonymous gifter has neither id nor name, whatever the flag says.</summary>
public sealed record KickPerson(long? UserId, string? Name, string? Slug, string? Picture)
{
    public static readonly KickPerson Anonymous = new(null, null, null, null);

    public bool IsAnonymous => UserId is null;
}

/// <summary>What an event tells. What its body left out or garbled is null.</summary>
public abstract record KickEvent(KickPerson Broadcaster)
{
    /// <summary>When it happened; null if the body does not say, then the time of sending is the best guess.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>
    /// What makes it the same fact, however often and by whichever subscription it is told; null if the body is too bare to say.
    /// </summary>
    public abstract string? NaturalKey { get; }

    protected static string? Key(params object?[] parts) => parts.Contains(null) ? null : string.Join(':', parts.Select(Part));

    private static string? Part(object? part) => part is DateTimeOffset at ? at.UtcTicks.ToString(System.Globalization.CultureInfo.InvariantCulture) : Convert.ToString(part, System.Globalization.CultureInfo.InvariantCulture);
}

public sealed record StreamStatusChanged(KickPerson Broadcaster, bool IsLive) : KickEvent(Broadcaster)
{
    public string? Title { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public override string? NaturalKey => Key(Broadcaster.UserId, StartedAt, IsLive);
}

public sealed record StreamMetadataChanged(KickPerson Broadcaster) : KickEvent(Broadcaster)
{
    public string? Title { get; init; }

    public string? Language { get; init; }

    public int? CategoryId { get; init; }

    public string? Category { get; init; }

    public bool? HasMatureContent { get; init; }

    /// <summary>A snapshot has no identity: it is the same as the last one or it is not.</summary>
    public override string? NaturalKey => null;
}

public sealed record Followed(KickPerson Broadcaster, KickPerson Follower) : KickEvent(Broadcaster)
{
    /// <summary>Belongs with a time: the same person may follow again on another day.</summary>
    public override string? NaturalKey => Key(Broadcaster.UserId, Follower.UserId);
}

/// <param name="Months">The months in all; 1 for a new one.</param>
public sealed record Subscribed(KickPerson Broadcaster, KickPerson Subscriber, bool IsRenewal, int? Months) : KickEvent(Broadcaster)
{
    /// <summary>Of a renewal this is when the subscription first began.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    // Renewals share their time of creation, month after month.
    public override string? NaturalKey => IsRenewal
        ? Key(Broadcaster.UserId, Subscriber.UserId, CreatedAt, "renewal", Months)
        : Key(Broadcaster.UserId, Subscriber.UserId, CreatedAt, "new");
}

public sealed record SubscriptionsGifted(KickPerson Broadcaster, KickPerson Gifter, IReadOnlyList<KickPerson> Giftees) : KickEvent(Broadcaster)
{
    public override string? NaturalKey => Key(Broadcaster.UserId, Gifter.UserId ?? 0, At, "gifts");
}

public sealed record KicksGifted(KickPerson Broadcaster, KickPerson Sender, int Amount) : KickEvent(Broadcaster)
{
    public string? Gift { get; init; }

    public string? Message { get; init; }

    public override string? NaturalKey => Key(Broadcaster.UserId, Sender.UserId ?? 0, At, Amount);
}

public sealed record ChatBadge(string Type, string? Text, int? Count);

public sealed record ChatMessage(KickPerson Broadcaster, KickPerson Sender, string MessageId, string Content) : KickEvent(Broadcaster)
{
    public string? RepliesTo { get; init; }

    public IReadOnlyList<ChatBadge> Badges { get; init; } = [];

    public override string? NaturalKey => MessageId;
}

public sealed record Banned(KickPerson Broadcaster, KickPerson User) : KickEvent(Broadcaster)
{
    public KickPerson Moderator { get; init; } = KickPerson.Anonymous;

    public string? Reason { get; init; }

    /// <summary>Null: for good.</summary>
    public DateTimeOffset? Until { get; init; }

    public override string? NaturalKey => Key(Broadcaster.UserId, User.UserId, At);
}

public sealed record RewardRedeemed(KickPerson Broadcaster, KickPerson Redeemer, string Id) : KickEvent(Broadcaster)
{
    public string? Status { get; init; }

    public string? Title { get; init; }

    public int? Cost { get; init; }

    public string? Input { get; init; }

    public override string? NaturalKey => Key(Id, Status);
}
