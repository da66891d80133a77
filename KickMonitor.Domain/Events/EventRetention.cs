using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Lets go of what is past keeping: events by the partition, and then, a few thousand rows at a time, what speaks of events that
/// are gone. An event that is still kept can be replayed, so the ledger's word about it stays.
/// </summary>
public sealed class EventRetention(EventPartitions partitions, NpgsqlDataSource source, EventOptions options, TimeProvider time)
{
    private const int AtOnce = 5000;
    private const int MostRounds = 400;

    /// <returns>How many partitions were dropped.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        int dropped = await partitions.DropOldAsync(ct);
        var keptFrom = time.GetUtcNow() - TimeSpan.FromDays(options.KeepDays);

        // Message ids that are no ULIDs have no partition that could be dropped.
        await DeleteAsync("events_rest", "received_at < $1", keptFrom, ct);
        await using var oldest = source.CreateCommand("SELECT min(id) FROM events WHERE change IS NOT NULL");
        if (await oldest.ExecuteScalarAsync(ct) is long first)
        {
            await DeleteAsync("action_ledger", "event_id < $1", first, ct);
            await DeleteAsync("supporters", "event_id < $1", first, ct);
        }

        await DeleteAsync("event_stats", "day < $1", DateOnly.FromDateTime(keptFrom.UtcDateTime), ct);
        return dropped;
    }

    private async Task DeleteAsync(string table, string condition, object parameter, CancellationToken ct)
    {
        for (int round = 0; round < MostRounds; round++)
        {
            await using var command = source.CreateCommand($"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT {AtOnce}))");
            command.Parameters.AddWithValue(parameter);
            if (await command.ExecuteNonQueryAsync(ct) < AtOnce)
            {
                return;
            }
        }
    }
}
