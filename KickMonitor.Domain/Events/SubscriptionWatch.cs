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

    /// <summary>A type is silent if thirty of it should have come since the last one, and two hours at least have gone by.</summary>
    private const int LeastExpected = 30;
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

    /// <summary>
    /// Who is off the air is told of little, so what is to be expected goes by the time on air: as often as it came while the same
    /// channels were on. That counts as three hours a day at least, since some of it came while they were off.
    /// </summary>
    private async Task<List<Finding>> SilentAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            WITH heard AS (
                SELECT t.type, t.broadcaster_user_id AS who, sum(t.delivered) AS count, min(t.day)::timestamp AT TIME ZONE 'UTC' AS since, max(t.last_received_at) AS last
                FROM event_stats t JOIN streamers s ON s.broadcaster_user_id = t.broadcaster_user_id AND s.removed_at IS NULL AND s.paused_at IS NULL
                WHERE t.day >= $1 AND t.type = ANY($2) GROUP BY 1, 2),
            stopped AS (SELECT type, max(last) AS last FROM heard GROUP BY type HAVING sum(count) >= $3 AND max(last) < $4)
            SELECT s.type, s.last
            FROM stopped s JOIN heard h USING (type)
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(greatest(least(coalesce(b.ended_at, $5), s.last) - greatest(b.started_at, h.since), interval '0')), interval '0') AS before,
                    coalesce(sum(greatest(coalesce(b.ended_at, $5) - greatest(b.started_at, s.last), interval '0')), interval '0') AS after
                FROM broadcasts b WHERE b.broadcaster_user_id = h.who AND coalesce(b.ended_at, $5) > h.since) air
            GROUP BY s.type, s.last
            HAVING sum(h.count * extract(epoch FROM air.after) / extract(epoch FROM greatest(air.before, (s.last - h.since) / 8, interval '1 hour'))) >= $6
            ORDER BY s.type
            """);
        var now = time.GetUtcNow();
        command.Parameters.AddWithValue(Day(Memory));
        command.Parameters.AddWithValue(SubscriptionPlan.TypesOf(options).ToArray());
        command.Parameters.AddWithValue(LeastDeliveries);
        command.Parameters.AddWithValue(now - LeastSilence);
        command.Parameters.AddWithValue(now);
        command.Parameters.AddWithValue(LeastExpected);
        var silent = new List<(string Type, DateTimeOffset Last)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            silent.Add((reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1)));
        }

        return silent.Count switch
        {
            0 => [],
            1 => [new(FindingKind.Silent, true, say => say("{0} used to come and has stopped: the last one came {1}.", silent[0].Type, Utc(silent[0].Last)))],
            _ => [new(FindingKind.Silent, true, say => say("These used to come and have stopped, the last of them {0}: {1}.", Utc(silent.Max(t => t.Last)), string.Join(", ", silent.Select(t => t.Type))))],
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
                ? say("Kick dropped {0} without a word, the last one {1}; still missing: {2}.", Of([.. dropped.Select(d => (d.Type, d.Count))], say), last, missing)
                : say("Kick dropped {0} without a word, the last one {1}; everything is subscribed again.", Of([.. dropped.Select(d => (d.Type, d.Count))], say), last)),
        ];
    }

    private async Task<List<Finding>> UndeliveredAsync(CancellationToken ct)
    {
        int lost = (await lostStatuses.ReadAsync(time.GetUtcNow() - Recent, ct)).Count;
        if (lost == 0)
        {
            return [];
        }

        var stuck = await StuckAsync(ct);
        await using var command = source.CreateCommand(
            """
            SELECT (SELECT max(last_received_at) FROM event_stats WHERE day >= $1),
                EXISTS (SELECT FROM event_subscriptions WHERE vanished_at IS NULL) OR EXISTS (SELECT FROM subscription_wishes WHERE error IS NULL),
                ARRAY(SELECT display_name FROM streamers WHERE broadcaster_user_id = ANY($2) ORDER BY display_name LIMIT 5)
            """);
        command.Parameters.AddWithValue(Day(Recent));
        command.Parameters.AddWithValue(stuck.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        bool isQuiet = reader.IsDBNull(0) || reader.GetFieldValue<DateTimeOffset>(0) < time.GetUtcNow() - Recent;
        bool isSubscribed = reader.GetBoolean(1);
        string names = string.Join(", ", reader.GetFieldValue<string[]>(2));

        // Making the subscriptions anew does not end this trouble; only a delivery does.
        return isQuiet && isSubscribed && lost >= LeastLostElsewhere
            ? [new(FindingKind.Elsewhere, true, say => say("Events are subscribed, yet nothing has been delivered for a day, while polling found {0} starts and ends: the deliveries go to another address, or a firewall stops them.", lost))]
            : stuck.Count > 0
            ? [new(FindingKind.Stuck, true, say => say("Starts and ends of {0} come by polling alone though Kick lists the subscriptions; they are made anew.", stuck.Count > 5 ? say("{0} and {1} more", names, stuck.Count - 5) : names))]
            : [];
    }

    /// <summary>Once one is refused, no others of its type are asked for in vain; they are kept out all the same.</summary>
    private async Task<List<Finding>> FullAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT w.type, (SELECT count(*) FROM streamers s WHERE s.removed_at IS NULL AND s.paused_at IS NULL),
                (SELECT count(DISTINCT e.broadcaster_user_id) FROM event_subscriptions e JOIN streamers s ON s.broadcaster_user_id = e.broadcaster_user_id AND s.removed_at IS NULL AND s.paused_at IS NULL
                WHERE e.type = w.type AND e.vanished_at IS NULL)
            FROM (SELECT DISTINCT type FROM subscription_wishes WHERE error ILIKE '%' || $1 || '%') w ORDER BY w.type
            """);
        command.Parameters.AddWithValue(KickSubscriptions.LimitReached);
        var kept = new List<(string Type, long Count)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            string type = reader.GetString(0);
            kept.Add((type, Math.Max(1, Math.Min(reader.GetInt64(1), SubscriptionPlan.MostOf(type, options)) - reader.GetInt64(2))));
        }

        return kept.Count == 0 ? [] : [new(FindingKind.Full, true, say => say("Kick's limit keeps out {0}.", Of(kept, say)))];
    }

    private DateOnly Day(TimeSpan ago) => DateOnly.FromDateTime((time.GetUtcNow() - ago).UtcDateTime);

    private static string Of(List<(string Type, long Count)> subscriptions, Say say) =>
        subscriptions is not [var only] ? say("{0} subscriptions of {1} types", subscriptions.Sum(s => s.Count), subscriptions.Count)
        : only.Count == 1 ? say("a subscription of {0}", only.Type)
        : say("{0} subscriptions of {1}", only.Count, only.Type);

    private static string Utc(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
}
