using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Monitoring;

/// <summary>How the whole installation is doing, read from the database, so that the server and the CLI say the same.</summary>
public sealed class StatusReport(IDbContextFactory<KickMonitorDb> databases, NodeName node, KickOptions kick, MonitorOptions options, TimeProvider time)
{
    private static readonly string[] Names = [SourceLog.KickApi, SourceLog.KickWebhooks, SourceLog.Browser, SourceLog.Socket];

    public async Task<Status> ReadAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(ct);
        var alive = now - NodeLog.GoneAfter;
        var nodes = await db.Nodes.AsNoTracking().Where(n => n.LastSeenAt > alive).OrderBy(n => n.StartedAt).ToListAsync(ct);
        var counts = await db.Streamers.Where(s => s.RemovedAt == null).GroupBy(s => s.Status).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        var round = await db.SweepRounds.AsNoTracking().OrderByDescending(r => r.Id).FirstOrDefaultAsync(ct);
        var late = now - options.IntervalSpan;
        int overdue = await (from c in db.Checks
                             join s in db.Streamers on c.BroadcasterUserId equals s.BroadcasterUserId
                             where c.NextCheckAt < late && s.PausedAt == null && s.RemovedAt == null
                             select c).CountAsync(ct);
        return new Status(
            BuildInfo.Version,
            node.Value,
            [.. nodes.Select(n => new StatusNode(n.Name, n.LastSeenAt))],
            nodes.Count > 0 ? nodes.Min(n => n.StartedAt) : null,
            new StatusStreamers(counts.Sum(c => c.Count), counts.Where(c => c.Key == StreamerStatus.Live).Sum(c => c.Count)),
            new StatusSweep(round?.StartedAt, round?.DurationMs, overdue),
            await SourcesAsync(ct),
            new StatusInbox(0, 0, 0));
    }

    public async Task<IReadOnlyList<StatusSource>> SourcesAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var known = (await db.Sources.AsNoTracking().ToListAsync(ct)).ToLookup(s => s.Name, StringComparer.Ordinal);
        return [.. Names.Select(name => SourceOf(name, [.. known[name]]))];
    }

    /// <summary>A source is as well as its main part; trouble in another part degrades it.</summary>
    private StatusSource SourceOf(string name, List<SourceHealth> parts)
    {
        if (parts.Count == 0)
        {
            return new StatusSource(name, SourceState.Off, null, null, name == SourceLog.KickApi && !kick.HasCredentials ? "No Kick credentials are configured" : null);
        }

        var lastSuccess = parts.Max(p => p.LastSuccessAt);
        var troubled = parts.Where(p => p.State != SourceState.Ok).OrderByDescending(p => p.State).ThenByDescending(p => p.LastErrorAt).ToList();
        if (troubled.Count == 0)
        {
            return new StatusSource(name, SourceState.Ok, parts.Min(p => p.Since), lastSuccess, null);
        }

        bool isWhole = troubled.Any(p => p.Part is SourceLog.Livestreams or "") || troubled.Count == parts.Count;
        var worst = troubled[0];
        return new StatusSource(
            name, isWhole ? worst.State : SourceState.Degraded, troubled.Min(p => p.Since), lastSuccess, worst.Part.Length == 0 ? worst.LastError : $"{worst.Part}: {worst.LastError}");
    }
}

public sealed record Status(
    string Version, string Node, IReadOnlyList<StatusNode> Nodes, DateTimeOffset? StartedAt, StatusStreamers Streamers, StatusSweep Sweep,
    IReadOnlyList<StatusSource> Sources, StatusInbox Inbox);

public sealed record StatusNode(string Name, DateTimeOffset LastSeenAt);

public sealed record StatusStreamers(int Total, int Live);

/// <param name="Overdue">Streamers whose check is late by more than an interval.</param>
public sealed record StatusSweep(DateTimeOffset? LastStartedAt, int? LastDurationMs, int Overdue);

public sealed record StatusSource(string Name, SourceState State, DateTimeOffset? Since, DateTimeOffset? LastSuccessAt, string? LastError);

public sealed record StatusInbox(int Pending, int Failed, long OldestPendingMs);
