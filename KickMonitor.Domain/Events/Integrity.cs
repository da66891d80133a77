using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>What came of one type, and of one broadcaster if that was asked.</summary>
/// <param name="Lost">Starts and ends that polling found and no webhook told.</param>
/// <param name="LastAt">Null if nothing came.</param>
public sealed record Delivered(string Type, long? BroadcasterUserId, long Count, long Duplicates, long Late, long Held, long Failed, long Lost, DateTimeOffset? LastAt, IReadOnlyList<long> Delays);

public sealed record IntegrityReport(
    IReadOnlyList<Delivered> ByType, IReadOnlyList<Delivered> ByChannel, long ToldByWebhook, IReadOnlyList<Finding> Findings, IReadOnlyList<Slots> Slots, IReadOnlyList<SubscriptionWish> Troubles, int TroubleCount,
    IReadOnlyList<EventRow> Failures, IReadOnlyList<Replay> Replays)
{
    /// <summary>Starts and ends, which are the ones that polling finds too.</summary>
    public long Lost => ByType.Sum(t => t.Lost);
}

/// <summary>Whether webhooks work, and why not.</summary>
public sealed class Integrity(IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, EventHistory history, LostStatuses lostStatuses, SubscriptionWatch watch, EventOptions options, TimeProvider time)
{
    public static readonly IReadOnlyList<string> DelayNames = ["1 s", "5 s", "30 s", "2 min", "10 min", "1 h", "more"];

    private const int Days = 7;
    private const int MostRows = 50;

    public async Task<IntegrityReport> ReadAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var since = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1 - Days);
        var from = new DateTimeOffset(since, TimeOnly.MinValue, TimeSpan.Zero);
        var stats = await db.Set<EventStat>().AsNoTracking().Where(s => s.Day >= since).ToListAsync(ct);
        var lost = (await lostStatuses.ReadAsync(from, ct)).GroupBy(l => l.BroadcasterUserId).ToDictionary(g => g.Key, g => g.LongCount());
        long told = await db.StatusEvents.LongCountAsync(
            e => e.ObservedAt >= from && e.Source == Source.Webhook && e.DelayMs != null && (e.Kind == StatusEventKind.WentLive || e.Kind == StatusEventKind.WentOffline), ct);
        var used = await db.Set<EventSubscription>().Where(s => s.VanishedAt == null).GroupBy(s => s.Type).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        int watched = await db.Streamers.CountAsync(s => s.RemovedAt == null && s.PausedAt == null, ct);
        var served = await (from s in db.Set<EventSubscription>()
                            join w in db.Streamers on s.BroadcasterUserId equals w.BroadcasterUserId
                            where s.VanishedAt == null && w.RemovedAt == null && w.PausedAt == null
                            group s.BroadcasterUserId by s.Type into g
                            select new { g.Key, Count = g.Distinct().Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var troubled = db.Set<SubscriptionWish>().AsNoTracking().Where(w => w.Error != null || w.Attempts > 1);
        int troubleCount = await troubled.CountAsync(ct);
        var troubles = await troubled.OrderByDescending(w => w.AskedAt).Take(MostRows).ToListAsync(ct);
        var failures = await history.ReadAsync(new EventQuery(null) { State = EventState.Failed, WithDuplicates = true, Limit = MostRows }, ct);
        var held = await history.ReadAsync(new EventQuery(null) { State = EventState.Held, WithDuplicates = true, Limit = MostRows }, ct);
        var replays = await db.Set<Replay>().AsNoTracking().OrderByDescending(r => r.Id).Take(10).ToListAsync(ct);
        return new IntegrityReport(
            [.. With(stats.GroupBy(s => s.Type).Select(g => Of(g.Key, null, [.. g], g.Key == KickEventTypes.Status ? lost.Values.Sum() : 0)), null, lost.Values.Sum()).OrderByDescending(d => d.Count)],
            [.. lost.Aggregate(
                stats.GroupBy(s => (s.Type, s.BroadcasterUserId)).Select(g => Of(g.Key.Type, g.Key.BroadcasterUserId, [.. g], g.Key.Type == KickEventTypes.Status ? lost.GetValueOrDefault(g.Key.BroadcasterUserId) : 0)).ToList(),
                (rows, l) => With(rows, l.Key, l.Value)).OrderByDescending(d => d.Lost).ThenByDescending(d => d.LastAt).Take(MostRows)],
            told,
            await watch.LookAsync(ct),
            [.. KickEventTypes.All.Select(t => SlotsOf(t, used.GetValueOrDefault(t), watched, served.GetValueOrDefault(t)))],
            troubles,
            troubleCount,
            [.. failures, .. held],
            replays);
    }

    /// <summary>The newest delivery, whatever became of it.</summary>
    public async Task<EventRow?> LastAsync(CancellationToken ct) => (await history.ReadAsync(new EventQuery(null) { WithDuplicates = true, Limit = 1 }, ct)).SingleOrDefault();

    /// <summary>Seconds by which received deliveries seem to be sent in the future: then one of the clocks is off. The median of the last ones.</summary>
    public async Task<double?> ClockAheadAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - received_at)) FROM (SELECT sent_at, received_at FROM events WHERE change IS NOT NULL ORDER BY id DESC LIMIT 20) e");
        return await command.ExecuteScalarAsync(ct) is double seconds && seconds > 60 ? seconds : null;
    }

    private Slots SlotsOf(string type, int used, int watched, int served)
    {
        int most = SubscriptionPlan.MostOf(type, options);
        return new Slots(type, most, used, Math.Min(watched, most), Math.Max(0, watched - served));
    }

    /// <summary>Where nothing came there is no row, and that is just where something may have been lost.</summary>
    private static List<Delivered> With(IEnumerable<Delivered> rows, long? broadcaster, long lost)
    {
        var all = rows.ToList();
        if (lost > 0 && !all.Exists(d => d.Type == KickEventTypes.Status && d.BroadcasterUserId == broadcaster))
        {
            all.Add(new Delivered(KickEventTypes.Status, broadcaster, 0, 0, 0, 0, 0, lost, null, new long[DelayNames.Count]));
        }

        return all;
    }

    private static Delivered Of(string type, long? broadcaster, List<EventStat> stats, long lost) => new(
        type, broadcaster, stats.Sum(s => (long)s.Delivered), stats.Sum(s => (long)s.Duplicates), stats.Sum(s => (long)s.Late), stats.Sum(s => (long)s.Held), stats.Sum(s => (long)s.Failed), lost,
        stats.Max(s => s.LastReceivedAt),
        [stats.Sum(s => (long)s.Within1s), stats.Sum(s => (long)s.Within5s), stats.Sum(s => (long)s.Within30s), stats.Sum(s => (long)s.Within2m), stats.Sum(s => (long)s.Within10m), stats.Sum(s => (long)s.Within1h), stats.Sum(s => (long)s.Beyond1h)]);
}
