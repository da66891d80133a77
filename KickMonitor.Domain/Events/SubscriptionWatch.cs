using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using Npgsql;

namespace KickMonitor.Domain.Events;

public enum FindingKind
{
    /// <summary>A type that used to come has stopped.</summary>
    Silent,

    /// <summary>Kick no longer lists what nobody here removed.</summary>
    Unsubscribed,

    /// <summary>Kick lists subscriptions and nothing at all arrives.</summary>
    Elsewhere,

    /// <summary>One channel's subscription is listed and does not deliver, while others do.</summary>
    Stuck,

    /// <summary>Kick's limit keeps wanted subscriptions out.</summary>
    Full,
}

/// <summary>Something that is wrong with the subscriptions although every call succeeds.</summary>
/// <param name="IsTrouble">It is so now; else it has been mended.</param>
/// <param name="In">The words for it, in a language.</param>
public sealed record Finding(FindingKind Kind, bool IsTrouble, Func<Say, string> In)
{
    public string Words => In(Speech.English);
}

/// <summary>Looks for what Kick does not tell: silence, lost subscriptions, deliveries that go elsewhere.</summary>
public sealed class SubscriptionWatch(NpgsqlDataSource source, LostStatuses lostStatuses, EventOptions options, SourceLog sources, TimeProvider time)
{
    /// <summary>The part of the webhooks' health that is written here.</summary>
    public const string Part = "subscriptions";

    /// <summary>A type is silent if it stays away for thirty times its usual gap, and two hours at least.</summary>
    private const int UsualGaps = 30;
    private const int LeastDeliveries = 20;
    private const int LeastLost = 2;
    private const int LeastLostElsewhere = 3;
    private static readonly TimeSpan LeastSilence = TimeSpan.FromHours(2);
    private static readonly TimeSpan Memory = TimeSpan.FromDays(28);
    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);

    public async Task<List<Finding>> LookAsync(CancellationToken ct)
    {
        var findings = new List<Finding>();
        findings.AddRange(await SilentAsync(ct));
        findings.AddRange(await UnsubscribedAsync(ct));
        findings.AddRange(await UndeliveredAsync(ct));
        findings.AddRange(await FullAsync(ct));
        return findings;
    }

    /// <summary>Shows trouble on every page until it is over; while it lasts, it is one notice.</summary>
    public async Task ReportAsync(CancellationToken ct)
    {
        var trouble = (await LookAsync(ct)).Where(f => f.IsTrouble).Select(f => f.Words).ToList();
        if (trouble.Count > 0)
        {
            await sources.TroubledAsync(SourceLog.KickWebhooks, Part, string.Join(' ', trouble), ct);
        }
        else
        {
            await sources.ClearAsync(SourceLog.KickWebhooks, Part, ct);
        }
    }

    /// <summary>Channels whose status subscription was there all along while two changes in a row came by polling alone.</summary>
    public async Task<IReadOnlySet<long>> StuckAsync(CancellationToken ct)
    {
        var lost = await lostStatuses.ReadAsync(time.GetUtcNow() - Recent, ct);
        if (lost.Count == 0)
        {
            return new HashSet<long>();
        }

        await using var command = source.CreateCommand(
            """
            SELECT s.broadcaster_user_id, max(s.created_at),
                (SELECT max(t.last_received_at) FROM event_stats t WHERE t.type = s.type AND t.broadcaster_user_id = s.broadcaster_user_id AND t.day >= $3)
            FROM event_subscriptions s WHERE s.type = $1 AND s.vanished_at IS NULL AND s.broadcaster_user_id = ANY($2) GROUP BY s.type, s.broadcaster_user_id
            """);
        command.Parameters.AddWithValue(KickEventTypes.Status);
        command.Parameters.AddWithValue(lost.Select(l => l.BroadcasterUserId).Distinct().ToArray());
        command.Parameters.AddWithValue(Day(Recent + Recent));
        var stuck = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            long broadcaster = reader.GetInt64(0);
            var since = reader.IsDBNull(1) ? DateTimeOffset.MinValue : reader.GetFieldValue<DateTimeOffset>(1);
            var heard = reader.IsDBNull(2) ? DateTimeOffset.MinValue : reader.GetFieldValue<DateTimeOffset>(2);
            if (lost.Count(l => l.BroadcasterUserId == broadcaster && l.OccurredAt > since && l.ObservedAt > heard) >= LeastLost)
            {
                stuck.Add(broadcaster);
            }
        }

        return stuck;
    }

    private async Task<List<Finding>> SilentAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT t.type, sum(t.delivered), min(t.day), max(t.last_received_at) FROM event_stats t
            WHERE t.day >= $1 AND t.type = ANY($2) AND EXISTS (SELECT FROM streamers s WHERE s.broadcaster_user_id = t.broadcaster_user_id AND s.removed_at IS NULL AND s.paused_at IS NULL)
            GROUP BY t.type HAVING sum(t.delivered) >= $3 ORDER BY t.type
            """);
        command.Parameters.AddWithValue(Day(Memory));
        command.Parameters.AddWithValue(SubscriptionPlan.TypesOf(options).ToArray());
        command.Parameters.AddWithValue(LeastDeliveries);
        var silent = new List<(string Type, DateTimeOffset Last)>();
        var now = time.GetUtcNow();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (count, first, last) = (reader.GetInt64(1), new DateTimeOffset(reader.GetFieldValue<DateOnly>(2), TimeOnly.MinValue, TimeSpan.Zero), reader.GetFieldValue<DateTimeOffset>(3));
            var patience = (last - first) / count * UsualGaps;
            if (now - last > (patience > LeastSilence ? patience : LeastSilence))
            {
                silent.Add((reader.GetString(0), last));
            }
        }

        return silent.Count switch
        {
            0 => [],
            1 => [new(FindingKind.Silent, true, say => say("{0} used to come and has stopped: the last one came {1}.", silent[0].Type, Utc(silent[0].Last)))],
            _ => [new(FindingKind.Silent, true, say => say("These used to come and have stopped: {0}.", string.Join(", ", silent.Select(t => say("{0}, the last one {1}", t.Type, Utc(t.Last))))))],
        };
    }

    private async Task<List<Finding>> UnsubscribedAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT s.type, count(*), max(s.vanished_at), count(*) FILTER (WHERE NOT EXISTS (
                SELECT FROM event_subscriptions n WHERE n.type = s.type AND n.broadcaster_user_id = s.broadcaster_user_id AND n.vanished_at IS NULL))
            FROM event_subscriptions s JOIN streamers w ON w.broadcaster_user_id = s.broadcaster_user_id AND w.removed_at IS NULL AND w.paused_at IS NULL
            WHERE s.vanished_at > $1 GROUP BY s.type ORDER BY s.type
            """);
        command.Parameters.AddWithValue(time.GetUtcNow() - Recent);
        var dropped = new List<(string Type, long Count, DateTimeOffset Last, long Missing)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            dropped.Add((reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt64(3)));
        }

        if (dropped.Count == 0)
        {
            return [];
        }

        long missing = dropped.Sum(d => d.Missing);
        string last = Utc(dropped.Max(d => d.Last));
        return
        [
            new(FindingKind.Unsubscribed, missing > 0, say => missing > 0
                ? say("Kick dropped {0} without a word, the last one {1}; {2} are not back yet.", Of([.. dropped.Select(d => (d.Type, d.Count))], say), last, missing)
                : say("Kick dropped {0} without a word, the last one {1}; they are subscribed again.", Of([.. dropped.Select(d => (d.Type, d.Count))], say), last)),
        ];
    }

    private async Task<List<Finding>> UndeliveredAsync(CancellationToken ct)
    {
        var stuck = await StuckAsync(ct);
        if (stuck.Count == 0)
        {
            return [];
        }

        await using var command = source.CreateCommand(
            """
            SELECT (SELECT max(last_received_at) FROM event_stats WHERE day >= $1), (SELECT count(*) FROM event_subscriptions WHERE vanished_at IS NULL),
                ARRAY(SELECT display_name FROM streamers WHERE broadcaster_user_id = ANY($2) ORDER BY display_name LIMIT 5)
            """);
        command.Parameters.AddWithValue(Day(Recent));
        command.Parameters.AddWithValue(stuck.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        bool isQuiet = reader.IsDBNull(0) || reader.GetFieldValue<DateTimeOffset>(0) < time.GetUtcNow() - Recent;
        int lost = (await lostStatuses.ReadAsync(time.GetUtcNow() - Recent, ct)).Count;
        long listed = reader.GetInt64(1);
        string names = string.Join(", ", reader.GetFieldValue<string[]>(2));
        return isQuiet && lost >= LeastLostElsewhere
            ? [new(FindingKind.Elsewhere, true, say => say("Kick lists {0} subscriptions, yet nothing has been delivered for a day, while polling found {1} starts and ends: the deliveries go to another address, or a firewall stops them.", listed, lost))]
            : [new(FindingKind.Stuck, true, say => say("Starts and ends of {0} come by polling alone though Kick lists the subscriptions; they are made anew.", stuck.Count > 5 ? say("{0} and {1} more", names, stuck.Count - 5) : names))];
    }

    private async Task<List<Finding>> FullAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT type, count(*) FROM subscription_wishes WHERE error ILIKE '%' || $1 || '%' GROUP BY type ORDER BY type");
        command.Parameters.AddWithValue(KickSubscriptions.LimitReached);
        var kept = new List<(string Type, long Count)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            kept.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return kept.Count == 0 ? [] : [new(FindingKind.Full, true, say => say("Kick's limit keeps out {0}.", Of(kept, say)))];
    }

    private DateOnly Day(TimeSpan ago) => DateOnly.FromDateTime((time.GetUtcNow() - ago).UtcDateTime);

    private static string Of(List<(string Type, long Count)> subscriptions, Say say) =>
        string.Join(", ", subscriptions.Select(s => s.Count == 1 ? say("a subscription of {0}", s.Type) : say("{0} subscriptions of {1}", s.Count, s.Type)));

    private static string Utc(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
}
