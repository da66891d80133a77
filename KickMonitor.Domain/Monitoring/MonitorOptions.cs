using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Domain.Monitoring;

/// <summary>How often streamers are checked, and at what price. All times in seconds.</summary>
public sealed class MonitorOptions
{
    public const string Section = "Monitor";

    [Range(2, 3600)]
    [Setting("Seconds between two checks of a streamer")]
    public int Interval { get; set; } = 15;

    [Range(1, 100)]
    [Setting("Streamers in one call")]
    public int BatchSize { get; set; } = 100;

    [Range(0.1, 100)]
    [Setting("Calls a second to Kick, shared by the nodes; halves when Kick says it is too many")]
    public double RequestsPerSecond { get; set; } = 1;

    /// <summary>One viewer sample per live streamer and this many seconds.</summary>
    [Range(1, 300)]
    [Setting("Seconds between two viewer samples of a live streamer")]
    public int SampleEvery { get; set; } = 60;

    /// <summary>Every streamer is in a <c>channels</c> call at least this often.</summary>
    [Range(5, 86_400)]
    [Setting("Seconds within which every channel is looked at for renames and bans")]
    public int DetailInterval { get; set; } = 300;

    /// <summary>A poll ends a broadcast only after nobody has said live for this long.</summary>
    [Range(60, 600)]
    [Setting("Seconds without anybody saying live before a poll ends a broadcast")]
    public int EndAfter { get; set; } = 90;

    public TimeSpan IntervalSpan => TimeSpan.FromSeconds(Interval);

    /// <summary>From this age on, a status is shown as uncertain.</summary>
    public TimeSpan StaleAfter => TimeSpan.FromSeconds(Math.Max(3 * Interval, 10));
}
