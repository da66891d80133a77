namespace KickMonitor.Domain.Events;

/// <summary>An effect that was performed, so that nothing performs it again. Written in the effect's own transaction.</summary>
public sealed class LedgerEntry
{
    public required string Effect { get; init; }

    public required string Key { get; init; }

    public long EventId { get; init; }

    /// <summary>When the event was sent.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>What events have told of one streamer's followers and supporters since they are heard.</summary>
public sealed class ChannelTally
{
    public long BroadcasterUserId { get; init; }

    public DateTimeOffset Since { get; init; }

    public long Followers { get; init; }

    public long Subscriptions { get; init; }

    public long Renewals { get; init; }

    public long Gifts { get; init; }

    public long Kicks { get; init; }
}

/// <summary>The last snapshot of title, category and language, by which the next one is known to be the same.</summary>
public sealed class MetadataSnapshot
{
    public long BroadcasterUserId { get; init; }

    public required string Digest { get; init; }

    public long EventId { get; init; }

    public DateTimeOffset SentAt { get; init; }
}

public enum SupportKind
{
    Subscription,
    Renewal,
    Gift,
    Kicks,
}

/// <summary>Somebody who supported a streamer.</summary>
public sealed class Supporter
{
    public long EventId { get; init; }

    public long BroadcasterUserId { get; init; }

    public DateTimeOffset At { get; init; }

    public SupportKind Kind { get; init; }

    /// <summary>Null for somebody who wished to stay unknown.</summary>
    public long? UserId { get; init; }

    public string? Name { get; init; }

    /// <summary>Months, gifts or Kicks.</summary>
    public int Amount { get; init; }
}

/// <summary>What was delivered of one type for one broadcaster on one day (UTC), and how fast.</summary>
public sealed class EventStat
{
    public required string Type { get; init; }

    /// <summary>0 if the body does not say.</summary>
    public long BroadcasterUserId { get; init; }

    public DateOnly Day { get; init; }

    public int Delivered { get; init; }

    public int Duplicates { get; init; }

    public int Late { get; init; }

    public int Held { get; init; }

    public int Failed { get; init; }

    public DateTimeOffset LastReceivedAt { get; init; }

    public int Within1s { get; init; }

    public int Within5s { get; init; }

    public int Within30s { get; init; }

    public int Within2m { get; init; }

    public int Within10m { get; init; }

    public int Within1h { get; init; }

    public int Beyond1h { get; init; }
}

/// <summary>A subscription that Kick listed when it was last asked.</summary>
public sealed class EventSubscription
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    public long BroadcasterUserId { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset ListedAt { get; init; }

    /// <summary>When Kick no longer listed it, though nobody here had removed it.</summary>
    public DateTimeOffset? VanishedAt { get; init; }
}

/// <summary>An event type that the plan wants for a broadcaster, and how asking for it went.</summary>
public sealed class SubscriptionWish
{
    public required string Type { get; init; }

    public long BroadcasterUserId { get; init; }

    /// <summary>Since when the plan wants it.</summary>
    public DateTimeOffset Since { get; init; }

    public int Attempts { get; init; }

    public DateTimeOffset? AskedAt { get; init; }

    public DateTimeOffset? NextTryAt { get; init; }

    public string? Error { get; init; }
}

/// <summary>An Admin's wish to have events handled again.</summary>
public sealed class Replay
{
    public long Id { get; init; }

    public required string RequestedBy { get; init; }

    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>What was chosen, in words.</summary>
    public required string Filter { get; init; }

    public int Events { get; init; }
}
