namespace KickMonitor.Domain.Events;

public enum EventState
{
    Pending,

    /// <summary>Every handler has done its part.</summary>
    Done,

    /// <summary>Stored and acted on by nobody; its <see cref="EventMark"/> says why.</summary>
    Held,

    /// <summary>A handler failed again and again.</summary>
    Failed,
}

/// <summary>Why an authentic delivery is acted on by nobody.</summary>
public enum EventMark
{
    /// <summary>Sent longer ago than is acted on.</summary>
    Late,

    /// <summary>Sent further in the future than is acted on: a clock is wrong, and its word would outlast every later one.</summary>
    Future,

    /// <summary>Neither its subscription nor its broadcaster is ours: Kick signs the deliveries of all apps with one key.</summary>
    Foreign,

    /// <summary>The body is not what its type, which Kick does not sign, says.</summary>
    Mismatch,

    /// <summary>A type that this version does not know.</summary>
    UnknownType,

    /// <summary>The body is no JSON object in UTF-8.</summary>
    Unreadable,
}

/// <summary>One delivery as it came, and what became of it. Rows are only ever added and updated; retention drops whole partitions.</summary>
public sealed class InboxEvent
{
    public long Id { get; init; }

    /// <summary>Kick's; unique, whatever else is the same.</summary>
    public required string MessageId { get; init; }

    public string? SubscriptionId { get; init; }

    /// <summary>As the header says; not signed.</summary>
    public required string Type { get; init; }

    public string? Version { get; init; }

    public DateTimeOffset SentAt { get; init; }

    public DateTimeOffset ReceivedAt { get; init; }

    public long? BroadcasterUserId { get; init; }

    public required byte[] Body { get; init; }

    public EventState State { get; init; }

    public EventMark? Mark { get; init; }

    public int Attempts { get; init; }

    /// <summary>Before the first attempt it is minus infinity: clocks differ between nodes.</summary>
    public DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? HandledAt { get; init; }

    public string? Error { get; init; }

    /// <summary>When it happened, as well as its body lets one know.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>The name of whoever did it, in small letters, by which events are found.</summary>
    public string? Actor { get; init; }

    /// <summary>The first event that told the same.</summary>
    public long? DuplicateOf { get; init; }

    /// <summary>How often the same message came again.</summary>
    public int Repeats { get; init; }

    /// <summary>The handlers that would have done something and were switched off; a replay does it. Null: none.</summary>
    public string[]? Skipped { get; init; }

    /// <summary>Set when an Admin had it replayed: then its age no longer matters.</summary>
    public long? ReplayId { get; init; }

    /// <summary>Numbers what became of events in the order in which that was committed; drawn only under <see cref="Storage.Locks.Events"/>.</summary>
    public long? Change { get; init; }
}
