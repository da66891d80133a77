using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>Whether a streamer's checks come as they should.</summary>
public static class Health
{
    /// <summary>After so many intervals without one a check is late.</summary>
    private const int Patience = 4;

    public static bool IsLate(BoardRow row, DateTimeOffset now, MonitorOptions options) =>
        !row.IsPaused && (row.CheckedAt ?? row.AddedAt) < now - TimeSpan.FromSeconds(Math.Max(options.Interval, 15) * Patience);

    public static string WordOf(BoardRow row, DateTimeOffset now, MonitorOptions options) =>
        row.IsPaused ? "paused"
        : row.Status == StreamerStatus.Unknown ? "not found at Kick"
        : IsLate(row, now, options) ? "check is late"
        : row.IsLive ? "live" : "offline";
}
