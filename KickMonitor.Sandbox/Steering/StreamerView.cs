namespace KickMonitor.Sandbox;

/// <summary>A streamer as the control API tells of it.</summary>
internal sealed record StreamerView(
    long Id,
    string Slug,
    string Name,
    bool Live,
    bool Vanished,
    bool HidesViewers,
    int? Viewers,
    string? Title,
    string? Category,
    DateTimeOffset? StartedAt,
    DateTimeOffset? LastEndedAt)
{
    public static StreamerView Of(Streamer s) => new(
        s.Id,
        s.Slug,
        s.Name,
        s.IsLive,
        s.Vanished,
        s.HidesViewers,
        s.Broadcast?.Viewers,
        s.Broadcast?.Title,
        s.Broadcast?.Category.Name,
        s.Broadcast?.StartedAt,
        s.LastBroadcast?.EndedAt);
}
