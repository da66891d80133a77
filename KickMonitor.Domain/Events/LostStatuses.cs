using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>A start or an end that polling found and no webhook told.</summary>
public sealed record LostStatus(long BroadcasterUserId, bool IsLive, DateTimeOffset OccurredAt, DateTimeOffset ObservedAt);

/// <summary>Compares what became of streams with what webhooks told of them. A delivery that still comes, however late, takes its status off the list.</summary>
public sealed class LostStatuses(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>For deliveries that are only slow.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    public async Task<List<LostStatus>> ReadAsync(DateTimeOffset from, CancellationToken ct)
    {
        // The key as Ledger writes it: ticks since the year 1, and .NET's words for true and false.
        await using var command = source.CreateCommand(
            """
            SELECT e.broadcaster_user_id, e.kind = 'went_live', e.occurred_at, e.observed_at
            FROM status_events e JOIN broadcasts b ON b.id = e.broadcast_id
            WHERE e.observed_at BETWEEN $1 AND $2 AND e.kind IN ('went_live', 'went_offline') AND e.source <> 'webhook' AND e.delay_ms IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM action_ledger l WHERE l.effect = 'told' AND l.key = format('status:%s:%s:%s',
                        e.broadcaster_user_id, (extract(epoch FROM b.started_at) * 10000000)::bigint + 621355968000000000, CASE e.kind WHEN 'went_live' THEN 'True' ELSE 'False' END))
            ORDER BY e.id
            """);
        command.Parameters.AddWithValue(from);
        command.Parameters.AddWithValue(time.GetUtcNow() - Grace);
        var lost = new List<LostStatus>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            lost.Add(new LostStatus(reader.GetInt64(0), reader.GetBoolean(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return lost;
    }
}
