namespace KickMonitor.Sandbox;

public sealed record Broadcast
{
    public required Guid Id { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the world came to know of it; later than the start if the start was dated back.</summary>
    public required DateTimeOffset AppearedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
    public required string Title { get; init; }
    public required Category Category { get; init; }
    public required string Language { get; init; }
    public required int Viewers { get; init; }

    /// <summary>What Kick says; stays behind while its counter is frozen.</summary>
    public required int ReportedViewers { get; init; }
}
