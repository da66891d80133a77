using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>Counts messages that came again, once a second and beside the way of those that are new.</summary>
public sealed partial class InboxRepeats(NpgsqlDataSource source, TimeProvider time, ILogger<InboxRepeats> logger) : BackgroundService
{
    /// <summary>A count is no reason to fill the memory.</summary>
    private const int MostWaiting = 20_000;
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private List<(string MessageId, EventMeasure Measure)> _waiting = [];

    public void Add(IEnumerable<Delivery> repeated)
    {
        lock (_gate)
        {
            _waiting.AddRange(repeated.Take(MostWaiting - _waiting.Count).Select(d => (d.MessageId, new EventMeasure(d.Type, d.BroadcasterUserId ?? 0, d.ReceivedAt, d.ReceivedAt - d.SentAt) { IsDuplicate = true })));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Rhythm, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await CountAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            await CountAsync(CancellationToken.None);
        }
    }

    private async Task CountAsync(CancellationToken ct)
    {
        List<(string MessageId, EventMeasure Measure)> repeated;
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return;
            }

            (repeated, _waiting) = (_waiting, []);
        }

        try
        {
            await using var command = source.CreateCommand(
                "UPDATE events e SET repeats = e.repeats + r.times FROM (SELECT m, count(*)::int AS times FROM unnest($1) m GROUP BY m) r WHERE e.message_id = r.m");
            command.Parameters.AddWithValue(repeated.Select(r => r.MessageId).ToArray());
            await command.ExecuteNonQueryAsync(ct);
            await using var connection = await source.OpenConnectionAsync(ct);
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(EventStats.Command(repeated.Select(r => r.Measure))!);
            await batch.ExecuteNonQueryAsync(ct);
        }
        catch (NpgsqlException e)
        {
            NotCounted(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Repeated deliveries were not counted: {Reason}")]
    private partial void NotCounted(string reason);
}
