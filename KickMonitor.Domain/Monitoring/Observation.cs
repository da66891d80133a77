namespace KickMonitor.Domain.Monitoring;

public enum StreamerStatus
{
    Unknown,
    Offline,
    Live,
}

/// <summary>Who told it. <c>Poll</c> is the sweep over Kick's API.</summary>
public enum Source
{
    Poll,
    Webhook,
    Browser,
    Socket,
}

public enum ObservationKind
{
    /// <summary>The source says that the streamer is live.</summary>
    Live,

    /// <summary>The list of live streams leaves the streamer out: a hint, never a proof.</summary>
    Absent,

    /// <summary>The channel was found and says that it is not live.</summary>
    Offline,

    /// <summary>Kick no longer knows the channel: it was banned, deleted, or hides.</summary>
    Missing,

    /// <summary>An event says that the broadcast ended.</summary>
    Ended,

    /// <summary>An event tells title, category and language, and not whether the streamer is live.</summary>
    Details,
}

/// <summary>
/// What one source says of one streamer at one instant. Null means that the source did not say; it never means "cleared".
/// </summary>
/// <param name="ObservedAt">When it reached this application.</param>
/// <param name="AsOf">The instant it speaks of, as well as the source lets one know.</param>
/// <param name="StartedAt">The broadcast's start: with the streamer's id, the identity of a broadcast in every source.</param>
public sealed record Observation(long BroadcasterUserId, ObservationKind Kind, Source Source, DateTimeOffset ObservedAt, DateTimeOffset AsOf)
{
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public int? Viewers { get; init; }

    public string? Title { get; init; }

    public int? CategoryId { get; init; }

    public string? Category { get; init; }

    public string? Language { get; init; }

    public string? ThumbnailUrl { get; init; }

    public string? Slug { get; init; }

    public string? DisplayName { get; init; }

    public string? AvatarUrl { get; init; }
}

/// <summary>How far a viewer count can be believed; doubtful counts are kept and marked, not shown as truth.</summary>
public enum ViewerQuality
{
    Ok,

    /// <summary>Zero: the streamer hides the count, or nobody watches.</summary>
    Hidden,

    /// <summary>A sudden one, which Kick reports by mistake for streams of hundreds.</summary>
    Glitch,

    /// <summary>The same count for longer than Kick takes to refresh it.</summary>
    Frozen,

    /// <summary>A jump that no audience makes within a minute.</summary>
    Outlier,
}
