using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>What came of one type, and of one broadcaster if that was asked.</summary>
public sealed record Delivered(string Type, long? BroadcasterUserId, long Count, long Duplicates, long Late, long Held, long Failed, DateTimeOffset LastAt, IReadOnlyList<long> Delays)
{
    /// <summary>It used to come and has stopped.</summary>
    public bool IsSilent { get; init; }
}

public sealed record IntegrityReport(
    IReadOnlyList<Delivered> ByType, IReadOnlyList<Delivered> ByChannel, long Recovered, long ToldByWebhook, IReadOnlyList<Slots> Slots, IReadOnlyList<SubscriptionWish> Troubles,
    IReadOnlyList<EventRow> Failures, IReadOnlyList<Replay> Replays);

/// <summary>Whether webhooks work, and why not.</summary>
public sealed class Integrity(IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, EventHistory history, TimeProvider time)
{
    public static readonly IReadOnlyList<string> DelayNames = ["1 s", "5 s", "30 s", "2 min", "10 min", "1 h", "more"];

    private const int Days = 7;
    private const int MostRows = 50;

    /// <summary>A type is silent if it stays away for thirty times its usual gap, and two hours at least.</summary>
    private const int UsualGaps = 30;
    private static readonly TimeSpan LeastSilence = TimeSpan.FromHours(2);

    public async Task<IntegrityReport> ReadAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var since = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1 - Days);
        var stats = await db.Set<EventStat>().AsNoTracking().Where(s => s.Day >= since).ToListAsync(ct);
        var from = time.GetUtcNow().AddDays(-Days);
        var starts = await db.StatusEvents.Where(e => e.ObservedAt >= from && e.DelayMs != null && (e.Kind == StatusEventKind.WentLive || e.Kind == StatusEventKind.WentOffline))
            .GroupBy(e => e.Source).Select(g => new { g.Key, Count = g.LongCount() }).ToListAsync(ct);
        var used = await db.Set<EventSubscription>().GroupBy(s => s.Type).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        int watched = await db.Streamers.CountAsync(s => s.RemovedAt == null && s.PausedAt == null, ct);
        var troubles = await db.Set<SubscriptionWish>().AsNoTracking().Where(w => w.Error != null || w.Attempts > 1).OrderByDescending(w => w.AskedAt).Take(MostRows).ToListAsync(ct);
        var failures = await history.ReadAsync(new EventQuery(null) { State = EventState.Failed, WithDuplicates = true, Limit = MostRows }, ct);
        var held = await history.ReadAsync(new EventQuery(null) { State = EventState.Held, WithDuplicates = true, Limit = MostRows }, ct);
        var replays = await db.Set<Replay>().AsNoTracking().OrderByDescending(r => r.Id).Take(10).ToListAsync(ct);
        return new IntegrityReport(
            [.. stats.GroupBy(s => s.Type).Select(g => Of(g.Key, null, [.. g])).OrderByDescending(d => d.Count)],
            [.. stats.GroupBy(s => (s.Type, s.BroadcasterUserId)).Select(g => Of(g.Key.Type, g.Key.BroadcasterUserId, [.. g])).OrderByDescending(d => d.LastAt).Take(MostRows)],
            starts.Where(s => s.Key == Source.Poll).Sum(s => s.Count), starts.Where(s => s.Key == Source.Webhook).Sum(s => s.Count),
            [.. KickEventTypes.All.Select(t => new Slots(t, SubscriptionPlan.MostOf(t), used.GetValueOrDefault(t), SubscriptionPlan.Types.Contains(t) ? Math.Min(watched, SubscriptionPlan.MostOf(t)) : 0))],
            troubles,
            [.. failures, .. held],
            replays);
    }

    /// <summary>The newest delivery, whatever became of it.</summary>
    public async Task<EventRow?> LastAsync(CancellationToken ct) => (await history.ReadAsync(new EventQuery(null) { WithDuplicates = true, Limit = 1 }, ct)).SingleOrDefault();

    /// <summary>Seconds by which received deliveries seem to be sent in the future: then one of the clocks is off. The median of the last ones.</summary>
    public async Task<double?> ClockAheadAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - received_at)) FROM (SELECT sent_at, received_at FROM events ORDER BY id DESC LIMIT 20) e");
        return await command.ExecuteScalarAsync(ct) is double seconds && seconds > 60 ? seconds : null;
    }

    private Delivered Of(string type, long? broadcaster, List<EventStat> stats)
    {
        long count = stats.Sum(s => (long)s.Delivered);
        var last = stats.Max(s => s.LastReceivedAt);
        var usualGap = count > 0 ? TimeSpan.FromDays(Days) / count : TimeSpan.FromDays(Days);
        var silence = usualGap * UsualGaps;
        return new Delivered(
            type, broadcaster, count, stats.Sum(s => (long)s.Duplicates), stats.Sum(s => (long)s.Late), stats.Sum(s => (long)s.Held), stats.Sum(s => (long)s.Failed), last,
            [stats.Sum(s => (long)s.Within1s), stats.Sum(s => (long)s.Within5s), stats.Sum(s => (long)s.Within30s), stats.Sum(s => (long)s.Within2m), stats.Sum(s => (long)s.Within10m), stats.Sum(s => (long)s.Within1h), stats.Sum(s => (long)s.Beyond1h)])
        {
            IsSilent = broadcaster is null && count >= 20 && time.GetUtcNow() - last > (silence > LeastSilence ? silence : LeastSilence),
        };
    }
}
