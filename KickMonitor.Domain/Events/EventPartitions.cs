using System.Globalization;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Makes room for events to come and drops those that are past keeping, a partition at a time. A partition holds the message ids,
/// which are ULIDs, of 2^30 ms, about twelve days: those that share their first four characters.
/// </summary>
public sealed class EventPartitions(NpgsqlDataSource source, EventOptions options, TimeProvider time)
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int BitsBelow = 30;
    private const int Ahead = 3;
    private const string Prefix = "events_u";

    /// <summary>Creates the partitions of now and the next weeks. Where the rest already holds rows of one, it keeps them.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        long now = time.GetUtcNow().ToUnixTimeMilliseconds() >> BitsBelow;
        var known = await KnownAsync(connection, ct);
        for (long period = now; period <= now + Ahead; period++)
        {
            if (known.Contains(period))
            {
                continue;
            }

            await using var create = new NpgsqlCommand("SELECT make_event_partition($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = period }, new() { Value = Code(period) }, new() { Value = Code(period + 1) } },
            };
            try
            {
                await create.ExecuteNonQueryAsync(ct);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.CheckViolation or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.InvalidObjectDefinition)
            {
                // The rest goes on taking them.
            }
        }
    }

    /// <returns>How many partitions were dropped.</returns>
    public async Task<int> DropOldAsync(CancellationToken ct)
    {
        var keptFrom = time.GetUtcNow() - TimeSpan.FromDays(options.KeepDays);
        long first = keptFrom.ToUnixTimeMilliseconds() >> BitsBelow;
        await using var connection = await source.OpenConnectionAsync(ct);
        int dropped = 0;
        foreach (long period in (await KnownAsync(connection, ct)).Where(p => p < first))
        {
            await using var drop = new NpgsqlCommand("SELECT drop_event_partition($1)", connection) { Parameters = { new() { Value = period } } };
            try
            {
                await drop.ExecuteNonQueryAsync(ct);
                dropped++;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // Somebody reads it for long; tomorrow is another day.
            }
        }

        return dropped;
    }

    private static async Task<HashSet<long>> KnownAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var list = new NpgsqlCommand("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass", connection);
        await using var reader = await list.ExecuteReaderAsync(ct);
        var known = new HashSet<long>();
        while (await reader.ReadAsync(ct))
        {
            string name = reader.GetString(0);
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long period))
            {
                known.Add(period);
            }
        }

        return known;
    }

    /// <summary>The four characters with which the ULIDs of a period begin.</summary>
    private static string Code(long period) => string.Create(4, period, (code, value) =>
    {
        for (int i = 3; i >= 0; i--, value >>= 5)
        {
            code[i] = Alphabet[(int)(value & 31)];
        }
    });
}
