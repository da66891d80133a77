using KickMonitor.Domain.Kick;
using Npgsql;

namespace KickMonitor.Domain.Monitoring;

/// <summary>Which servers are running, by a sign of life every few seconds.</summary>
public sealed class NodeLog(NpgsqlDataSource source, NodeName node, RequestBudget budget, TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>A node that was silent for this long counts as gone.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(20);

    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>Says that this node lives, and shares the request budget among those who do.</summary>
    public async Task SignAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var command = source.CreateCommand(
            """
            WITH gone AS (DELETE FROM nodes WHERE last_seen_at < $3 - interval '1 day'),
            alive AS (INSERT INTO nodes (name, started_at, last_seen_at, version) VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at)
            SELECT count(*) FROM nodes WHERE last_seen_at > $5 AND name <> $1
            """);
        command.Parameters.AddWithValue(node.Value);
        command.Parameters.AddWithValue(StartedAt);
        command.Parameters.AddWithValue(now);
        command.Parameters.AddWithValue(BuildInfo.Version);
        command.Parameters.AddWithValue(now - GoneAfter);
        long others = (long)(await command.ExecuteScalarAsync(ct))!;
        budget.ShareAmong((int)others + 1);
    }

    public async Task LeaveAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("DELETE FROM nodes WHERE name = $1");
        command.Parameters.AddWithValue(node.Value);
        await command.ExecuteNonQueryAsync(ct);
    }
}
