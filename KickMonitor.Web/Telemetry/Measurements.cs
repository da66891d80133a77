using System.Diagnostics.Metrics;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Telemetry;

/// <summary>What this node knows about itself and its streamers, for the metrics page.</summary>
public sealed class Measurements : IDisposable
{
    private readonly Meter _meter = new("KickMonitor");
    private readonly Histogram<double> _delay;
    private readonly IDisposable _watch;

    public Measurements(LiveBoard board, OpenCircuits circuits, RequestBudget budget)
    {
        _delay = _meter.CreateHistogram<double>(
            "kickmonitor.detection.delay", "s", "From a change at Kick to its detection", advice: new() { HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 300, 900, 3600] });
        _meter.CreateObservableGauge("kickmonitor.streamers", () => CountByStatus(board), description: "Watched streamers by status");
        _meter.CreateObservableGauge("kickmonitor.circuits", () => circuits.Count, description: "Open pages");
        _meter.CreateObservableGauge("kickmonitor.kick.budget", () => budget.Rate, description: "Requests a second that this node may send to Kick");
        _watch = board.Watch(Record);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _meter.Dispose();
    }

    private static IEnumerable<Measurement<int>> CountByStatus(LiveBoard board)
    {
        var rows = board.Snapshot.All;
        foreach (var status in Enum.GetValues<StreamerStatus>())
        {
            yield return new(rows.Count(r => r.Status == status), new KeyValuePair<string, object?>("status", status.ToString().ToLowerInvariant()));
        }
    }

    private void Record(BoardChange change)
    {
        foreach (var told in change.Events)
        {
            if (told is { DelayMs: { } delay, Kind: StatusEventKind.WentLive or StatusEventKind.WentOffline })
            {
                _delay.Record(delay / 1000d, new KeyValuePair<string, object?>("source", told.Source.ToString().ToLowerInvariant()), new KeyValuePair<string, object?>("kind", told.Kind == StatusEventKind.WentLive ? "start" : "end"));
            }
        }
    }
}
