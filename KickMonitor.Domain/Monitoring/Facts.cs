namespace KickMonitor.Domain.Monitoring;

public enum StatusEventKind
{
    WentLive,
    WentOffline,

    /// <summary>A broadcast that was taken for ended turned out to go on.</summary>
    Resumed,
    TitleChanged,
    CategoryChanged,
    LanguageChanged,
    Renamed,

    /// <summary>Kick no longer knows the channel.</summary>
    WentMissing,

    /// <summary>Kick knows the channel again.</summary>
    Found,
}

/// <summary>A change of one streamer, recorded once.</summary>
public sealed class StatusEvent
{
    public long Id { get; init; }

    public long BroadcasterUserId { get; init; }

    public StatusEventKind Kind { get; init; }

    /// <summary>When it really happened, as well as Kick lets one know.</summary>
    public DateTimeOffset OccurredAt { get; init; }

    public DateTimeOffset ObservedAt { get; init; }

    public Source Source { get; init; }

    /// <summary>Milliseconds between happening and noticing; null when it happened before the streamer was watched.</summary>
    public long? DelayMs { get; init; }

    public long? BroadcastId { get; init; }

    public int? Viewers { get; init; }

    public string? Title { get; init; }

    public string? Category { get; init; }

    public string? Previous { get; init; }

    public string? Value { get; init; }
}

/// <summary>One broadcast: the pair of streamer and start identifies it in every source.</summary>
public sealed class Broadcast
{
    public long Id { get; init; }

    public long BroadcasterUserId { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>False when Kick did not say the start and the first sight stands in for it.</summary>
    public bool StartExact { get; init; }

    public DateTimeOffset StartObservedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public DateTimeOffset? EndObservedAt { get; init; }

    /// <summary>Who ended it; an end found by polling is an estimate.</summary>
    public Source? EndSource { get; init; }

    public string? Title { get; init; }

    public string? Category { get; init; }

    public int? PeakViewers { get; init; }

    /// <summary>Believed viewers times the seconds they stood for.</summary>
    public double ViewerSeconds { get; init; }

    /// <summary>Seconds for which there is a believed count.</summary>
    public double CoveredSeconds { get; init; }
}

/// <summary>A viewer count as Kick gave it, at most one per streamer and sampling period.</summary>
public sealed class ViewerSample
{
    public long BroadcasterUserId { get; init; }

    public DateTimeOffset At { get; init; }

    public int Viewers { get; init; }

    public ViewerQuality Quality { get; init; }
}

/// <summary>When a streamer is asked about next, by whom, and what the last answers said. One narrow row, rewritten by every check.</summary>
public sealed class Check
{
    public long BroadcasterUserId { get; init; }

    public DateTimeOffset NextCheckAt { get; init; }

    public DateTimeOffset NextDetailAt { get; init; }

    public DateTimeOffset NextProfileAt { get; init; }

    public DateTimeOffset? LeasedUntil { get; init; }

    public string? LeasedBy { get; init; }

    public DateTimeOffset? CheckedAt { get; init; }

    public Source CheckedBy { get; init; }

    /// <summary>The last instant for which any source said live.</summary>
    public DateTimeOffset? LiveSeenAt { get; init; }

    /// <summary>The first absence after that.</summary>
    public DateTimeOffset? AbsentSince { get; init; }

    /// <summary>The last time the channel itself said offline after that.</summary>
    public DateTimeOffset? OfflineConfirmedAt { get; init; }

    public DateTimeOffset? SampledAt { get; init; }

    /// <summary>When the viewer count last changed.</summary>
    public DateTimeOffset? ViewersChangedAt { get; init; }

    /// <summary>When a viewer count was last believed.</summary>
    public DateTimeOffset? ViewersBelievedAt { get; init; }

    public int? LastViewers { get; init; }

    /// <summary>The newest instant whose title, category and language were taken over.</summary>
    public DateTimeOffset? DetailsAsOf { get; init; }

    public long Version { get; init; }
}

/// <summary>One run of the sweep on one node.</summary>
public sealed class SweepRound
{
    public long Id { get; init; }

    public required string Node { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public int DurationMs { get; init; }

    public int Checked { get; init; }

    public int Calls { get; init; }

    public int FailedCalls { get; init; }
}

public enum SourceState
{
    Ok,
    Degraded,
    Failing,
    Off,
}

/// <summary>How one part of a source of observations is doing: an endpoint of Kick's API, say.</summary>
public sealed class SourceHealth
{
    public required string Name { get; init; }

    public required string Part { get; init; }

    public SourceState State { get; init; }

    /// <summary>Since when it is in this state.</summary>
    public DateTimeOffset Since { get; init; }

    public DateTimeOffset? LastSuccessAt { get; init; }

    public DateTimeOffset? LastErrorAt { get; init; }

    public string? LastError { get; init; }

    public int Failures { get; init; }
}

/// <summary>A running server.</summary>
public sealed class Node
{
    public required string Name { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset LastSeenAt { get; init; }

    public required string Version { get; init; }
}
