using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using Npgsql;

namespace KickMonitor.Domain.Retention;

/// <summary>A kind of data, what it takes on disk, and for how long it is kept.</summary>
/// <param name="Rows">As the database estimates.</param>
/// <param name="KeepDays">0: for ever.</param>
/// <param name="Setting">The option that says so; null if it is fixed.</param>
public sealed record DataKind(string Name, long Bytes, long Rows, DateTimeOffset? Oldest, int KeepDays, string? Setting);

/// <summary>Lets go of what is past keeping, a few thousand rows at a time, so that nobody waits for it.</summary>
public sealed class Retention(NpgsqlDataSource source, RetentionOptions options, EventOptions events, TimeProvider time)
{
    private const int AtOnce = 5000;
    private const int MostRounds = 1000;

    private (string Table, string Column, int Days, string Setting)[] Pruned =>
    [
        ("viewer_samples", "at", options.ViewerSamples, "Retention:ViewerSamples"),
        ("status_events", "observed_at", options.StatusEvents, "Retention:StatusEvents"),
        ("audit", "at", options.Audit, "Retention:Audit"),
        ("replays", "requested_at", options.Replays, "Retention:Replays"),
        ("sign_ins", "last_seen_at", options.SignIns, "Retention:SignIns"),
        ("link_events", "at", options.LinkEvents, "Retention:LinkEvents"),
    ];

    /// <returns>How many rows went.</returns>
    public async Task<long> RunAsync(CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        long gone = 0;
        foreach (var (table, column, days, _) in Pruned.Where(p => p.Days > 0))
        {
            var keptFrom = time.GetUtcNow() - TimeSpan.FromDays(days);
            for (int round = 0; round < MostRounds; round++)
            {
                await using var command = source.CreateCommand($"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {column} < $1 LIMIT {AtOnce}))");
                command.Parameters.AddWithValue(keptFrom);
                int some = await command.ExecuteNonQueryAsync(ct);
                gone += some;
                if (some < AtOnce)
                {
                    break;
                }
            }
        }

        return gone;
    }

    /// <summary>Every kind of data there is, the largest first.</summary>
    public async Task<IReadOnlyList<DataKind>> ListAsync(CancellationToken ct)
    {
        var kept = Pruned.ToDictionary(p => p.Table, p => (p.Column, p.Days, Setting: (string?)p.Setting), StringComparer.Ordinal);
        kept["events"] = ("received_at", events.KeepDays, "Events:KeepDays");
        kept["supporters"] = ("at", events.KeepDays, "Events:KeepDays");
        kept["action_ledger"] = ("at", events.KeepDays, "Events:KeepDays");
        kept["sweep_rounds"] = ("started_at", 1, null);
        var kinds = new List<DataKind>();
        await using var command = source.CreateCommand(
            """
            SELECT coalesce(p.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint, sum(CASE WHEN pg_stat_get_live_tuples(c.oid) > 0 THEN pg_stat_get_live_tuples(c.oid) ELSE greatest(c.reltuples, 0) END)::bigint
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY 1 ORDER BY 2 DESC, 1
            """);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var (_, days, setting) = kept.GetValueOrDefault(reader.GetString(0));
                kinds.Add(new DataKind(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), null, days, setting));
            }
        }

        for (int i = 0; i < kinds.Count; i++)
        {
            // Only where it means something; elsewhere the rows are what is, not what was.
            if (kept.TryGetValue(kinds[i].Name, out var of))
            {
                await using var oldest = source.CreateCommand($"SELECT min({of.Column}) FROM {kinds[i].Name}");
                oldest.CommandTimeout = 20;
                kinds[i] = kinds[i] with { Oldest = await oldest.ExecuteScalarAsync(ct) is DateTime at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null };
            }
        }

        return kinds;
    }
}
