using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Events;

/// <summary>One delivery, as the statistics see it.</summary>
/// <param name="Delay">Between sending and receipt.</param>
internal sealed record EventMeasure(string Type, long BroadcasterUserId, DateTimeOffset ReceivedAt, TimeSpan Delay)
{
    public bool IsDuplicate { get; init; }

    public bool IsLate { get; init; }

    public bool IsHeld { get; init; }

    public bool IsFailed { get; init; }
}

internal static class EventStats
{
    /// <summary>Upper bounds of the delay histogram, but for its last bucket.</summary>
    public static readonly TimeSpan[] Bounds =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)];

    private static readonly string[] Buckets = ["within1s", "within5s", "within30s", "within2m", "within10m", "within1h", "beyond1h"];

    /// <summary>Adds deliveries to the day's row of their type and broadcaster.</summary>
    public static NpgsqlBatchCommand? Command(IEnumerable<EventMeasure> measures)
    {
        var rows = measures.GroupBy(m => (Day: DateOnly.FromDateTime(m.ReceivedAt.UtcDateTime), m.Type, m.BroadcasterUserId))
            .OrderBy(g => g.Key.Day).ThenBy(g => g.Key.Type, StringComparer.Ordinal).ThenBy(g => g.Key.BroadcasterUserId).ToList();
        if (rows.Count == 0)
        {
            return null;
        }

        string[] sums = ["delivered", "duplicates", "late", "held", "failed", .. Buckets];
        var command = new NpgsqlBatchCommand(
            $"""
            INSERT INTO event_stats AS s (day, type, broadcaster_user_id, last_received_at, {string.Join(", ", sums)})
            SELECT * FROM unnest($1::date[], $2::text[], $3::bigint[], $4::timestamptz[]{string.Concat(sums.Select((_, i) => $", ${i + 5}::int[]"))})
            ON CONFLICT (day, type, broadcaster_user_id) DO UPDATE SET last_received_at = greatest(s.last_received_at, excluded.last_received_at),
            {string.Join(", ", sums.Select(c => $"{c} = s.{c} + excluded.{c}"))}
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = rows.Select(r => r.Key.Day).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = rows.Select(r => r.Key.Type).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(r => r.Key.BroadcasterUserId).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(r => r.Max(m => m.ReceivedAt)).ToArray() });
        Count(_ => true);
        Count(m => m.IsDuplicate);
        Count(m => m.IsLate);
        Count(m => m.IsHeld);
        Count(m => m.IsFailed);
        for (int i = 0; i < Buckets.Length; i++)
        {
            int bucket = i;
            Count(m => BucketOf(m.Delay) == bucket);
        }

        return command;

        void Count(Func<EventMeasure, bool> which) => command.Parameters.Add(new() { Value = rows.Select(r => r.Count(which)).ToArray() });
    }

    private static int BucketOf(TimeSpan delay)
    {
        int bucket = Array.FindIndex(Bounds, b => delay <= b);
        return bucket < 0 ? Bounds.Length : bucket;
    }
}
