namespace KickMonitor.Sandbox;

/// <summary>One streamer at one moment; the world replaces it when something changes.</summary>
public sealed record Streamer
{
    public required long Id { get; init; }
    public required long ChannelId { get; init; }
    public required string Slug { get; init; }
    public required string Name { get; init; }
    public required string Language { get; init; }
    public required int Followers { get; init; }
    public required int Subscribers { get; init; }

    /// <summary>How many viewers a usual broadcast settles at.</summary>
    public required int Audience { get; init; }

    public required Category HomeCategory { get; init; }

    /// <summary>Banned or gone: answered nowhere.</summary>
    public bool Vanished { get; init; }

    public bool HidesViewers { get; init; }
    public Broadcast? Broadcast { get; init; }
    public Broadcast? LastBroadcast { get; init; }

    public bool IsLive => Broadcast is not null;
}
