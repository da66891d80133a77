using System.Diagnostics.Metrics;
using KickMonitor.Domain.Events;
using KickMonitor.Web.Hosting;
using KickMonitor.Web.Hubs;
using Npgsql;

namespace KickMonitor.Web.Telemetry;

/// <summary>What waits: deliveries to be stored on this node, events to be handled by any, changes to be told to the hub.</summary>
public sealed class QueueLengths : BackgroundService
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(5);
    private readonly Meter _meter = new("KickMonitor");
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly Readiness _readiness;
    private (long Pending, long Failed) _events;

    public QueueLengths(NpgsqlDataSource source, Inbox inbox, LiveHubFeed hub, Readiness readiness, TimeProvider time)
    {
        (_source, _readiness, _time) = (source, readiness, time);
        _meter.CreateObservableGauge("kickmonitor.inbox.waiting", () => inbox.Waiting, description: "Deliveries that wait to be stored");
        _meter.CreateObservableGauge("kickmonitor.inbox.pending", () => _events.Pending, description: "Stored events that wait to be handled, on all nodes");
        _meter.CreateObservableGauge("kickmonitor.inbox.failed", () => _events.Failed, description: "Events that were put aside as failed, on all nodes");
        _meter.CreateObservableGauge("kickmonitor.hub.waiting", () => hub.Waiting, description: "Changes that wait to be sent to the hub's connections");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Rhythm, _time);
        try
        {
            await _readiness.Reached.WaitAsync(stoppingToken);
            do
            {
                try
                {
                    await CountAsync(stoppingToken);
                }
                catch (NpgsqlException)
                {
                    // The last count stands until the database is back.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task CountAsync(CancellationToken ct)
    {
        await using var command = _source.CreateCommand("SELECT (SELECT count(*) FROM events WHERE state = 'pending'), (SELECT count(*) FROM events WHERE state = 'failed')");
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        _events = (reader.GetInt64(0), reader.GetInt64(1));
    }
}
