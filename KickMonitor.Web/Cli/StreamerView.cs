using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Cli;

/// <summary>A streamer as the API says it.</summary>
internal record StreamerView(
    string Slug, string DisplayName, long BroadcasterUserId, string? AvatarUrl, StreamerStatus Status, DateTimeOffset Since, int? Viewers,
    string? Title, string? Category, string? Language, DateTimeOffset? CheckedAt, Source Source, bool Paused)
{
    public static StreamerView Of(BoardRow row) => new(
        row.Slug, row.DisplayName, row.BroadcasterUserId, row.AvatarUrl, row.Status, row.Since, row.IsLive ? row.Viewers : null,
        row.Title, row.Category, row.Language, row.CheckedAt, row.CheckedBy, row.IsPaused);
}
