using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>What one reconciliation did.</summary>
/// <param name="Failure">Why Kick could not be asked; what was done before is counted all the same.</param>
public sealed record Reconciled(int Listed, int Wanted, int Created, int Removed, int Refused, KickFailure? Failure);

/// <summary>
/// Keeps Kick's list of subscriptions as the plan says: creates what is missing, with growing pauses for what does not appear or
/// is refused, and removes doubles and what is no longer wanted. One node at a time.
/// </summary>
public sealed partial class SubscriptionKeeper(
    KickSubscriptions kick, IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, Audit audit, TimeProvider time, ILogger<SubscriptionKeeper> logger)
{
    /// <summary>In one run; the rest follows in the next.</summary>
    private const int MostBroadcastersARun = 60;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    /// <returns>Null if another node is at it.</returns>
    public async Task<Reconciled?> ReconcileAsync(CancellationToken ct)
    {
        await using var turn = await source.OpenConnectionAsync(ct);
        await using (var mine = new NpgsqlCommand($"SELECT pg_try_advisory_lock({Locks.Subscriptions})", turn))
        {
            if (!(bool)(await mine.ExecuteScalarAsync(ct))!)
            {
                return null;
            }
        }

        try
        {
            return await ReconcileAloneAsync(ct);
        }
        finally
        {
            await using var done = new NpgsqlCommand($"SELECT pg_advisory_unlock({Locks.Subscriptions})", turn);
            await done.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    public Task<KickResult<List<KickSubscription>>> ListAsync(CancellationToken ct) => kick.ListAsync(ct);

    /// <summary>The plan for everybody who is watched.</summary>
    public async Task<List<Wanted>> PlanAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return SubscriptionPlan.Of(await db.Streamers.Where(s => s.RemovedAt == null && s.PausedAt == null)
            .OrderByDescending(s => s.Priority).ThenByDescending(s => s.Status == StreamerStatus.Live).ThenBy(s => s.AddedAt).Select(s => s.BroadcasterUserId).ToListAsync(ct));
    }

    private async Task<Reconciled> ReconcileAloneAsync(CancellationToken ct)
    {
        var listing = await kick.ListAsync(ct);
        if (listing.Failure is { } silent)
        {
            return new Reconciled(0, 0, 0, 0, 0, silent);
        }

        var plan = await PlanAsync(ct);
        var (missing, surplus) = SubscriptionPlan.Compare(plan, listing.Value);
        await RememberAsync(listing.Value, ct);
        var (created, refused, failure) = await CreateAsync(await DueAsync(plan, missing, ct), ct);
        int removed = 0;

        // Other deployments of the same app would lose theirs: only what is about our own streamers, or was ours, is removed.
        var ours = surplus.Where(s => plan.Exists(w => w.BroadcasterUserId == s.BroadcasterUserId)).ToList();
        if (failure is null && ours.Count > 0)
        {
            failure = await kick.DeleteAsync([.. ours.Select(s => s.Id)], ct);
            removed = failure is null ? ours.Count : 0;
        }

        if (created + removed + refused > 0)
        {
            Changed(created, removed, refused);
        }

        // A refusal changes nothing, and comes again with every run.
        if (created + removed > 0)
        {
            await audit.WriteAsync(new AuditEntry("subscriptions.repaired", "kick", "event subscriptions", After: new { created, removed, refused }), ct);
        }

        return new Reconciled(listing.Value.Count, plan.Count, created, removed, refused, failure);
    }

    /// <summary>Keeps the list, by which deliveries are known to be ours; what vanished from it stays known for a day.</summary>
    private async Task RememberAsync(List<KickSubscription> listed, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new(
            """
            INSERT INTO event_subscriptions (id, type, broadcaster_user_id, created_at, listed_at)
            SELECT i, t, b, c, $5 FROM unnest($1, $2, $3, $4) AS s(i, t, b, c)
            ON CONFLICT (id) DO UPDATE SET listed_at = excluded.listed_at
            """)
        {
            Parameters =
            {
                new() { Value = listed.Select(s => s.Id).ToArray() },
                new() { Value = listed.Select(s => s.Type).ToArray() },
                new() { Value = listed.Select(s => s.BroadcasterUserId).ToArray() },
                new NpgsqlParameter<DateTimeOffset?[]> { TypedValue = [.. listed.Select(s => s.CreatedAt)], NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.TimestampTz },
                new() { Value = now },
            },
        });
        batch.BatchCommands.Add(new("DELETE FROM event_subscriptions WHERE listed_at < $1") { Parameters = { new() { Value = now - TimeSpan.FromDays(1) } } });
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Of what is missing, what may be asked for now.</summary>
    private async Task<List<Wanted>> DueAsync(List<Wanted> plan, List<Wanted> missing, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(ct);
        var wishes = await db.Set<SubscriptionWish>().AsNoTracking().ToDictionaryAsync(w => new Wanted(w.Type, w.BroadcasterUserId), ct);
        var wanted = plan.ToHashSet();
        var lacking = missing.ToHashSet();
        var settled = wishes.Keys.Where(w => !wanted.Contains(w) || (!lacking.Contains(w) && wishes[w].NextTryAt is not null)).ToList();
        await using var forget = source.CreateCommand("DELETE FROM subscription_wishes w USING unnest($1, $2) AS u(t, b) WHERE w.type = u.t AND w.broadcaster_user_id = u.b");
        forget.Parameters.AddWithValue(settled.Select(s => s.Type).ToArray());
        forget.Parameters.AddWithValue(settled.Select(s => s.BroadcasterUserId).ToArray());
        await forget.ExecuteNonQueryAsync(ct);
        return [.. missing.Where(m => wishes.GetValueOrDefault(m)?.NextTryAt is not { } next || next <= now)];
    }

    private async Task<(int Created, int Refused, KickFailure? Failure)> CreateAsync(List<Wanted> due, CancellationToken ct)
    {
        int created = 0, refused = 0;
        foreach (var group in due.GroupBy(d => d.BroadcasterUserId).Take(MostBroadcastersARun))
        {
            foreach (var some in group.Chunk(KickSubscriptions.MostCreatedAtOnce))
            {
                string[] types = [.. some.Select(w => w.Type)];
                var answer = await kick.CreateAsync(group.Key, types, ct);
                if (answer.Failure is { } failure)
                {
                    bool isAboutThese = failure.Kind == KickFailureKind.Rejected;
                    if (isAboutThese)
                    {
                        refused += types.Length;
                        await NoteAsync(group.Key, types, failure.Detail, ct);
                    }

                    if (!isAboutThese || failure.Detail.Contains(KickSubscriptions.LimitReached, StringComparison.OrdinalIgnoreCase))
                    {
                        return (created, refused, isAboutThese ? null : failure);
                    }

                    continue;
                }

                var good = answer.Value.Where(r => r is { Id: not null, Error: null }).Select(r => r.Type).ToArray();
                created += good.Length;
                await NoteAsync(group.Key, good, null, ct);
                foreach (string type in types.Except(good, StringComparer.Ordinal))
                {
                    refused++;
                    await NoteAsync(group.Key, [type], answer.Value.Find(r => r.Type == type)?.Error ?? "Kick answered no subscription", ct);
                }
            }
        }

        return (created, refused, null);
    }

    /// <summary>Also of what was created: Kick has answered ids of subscriptions that never appeared. Each try waits twice as long.</summary>
    private async Task NoteAsync(long broadcaster, string[] types, string? error, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            INSERT INTO subscription_wishes AS w (type, broadcaster_user_id, since, attempts, asked_at, next_try_at, error)
            SELECT t, $2, $3, 1, $3, $3 + make_interval(secs => {FirstPause.TotalSeconds}), $4 FROM unnest($1) t
            ON CONFLICT (broadcaster_user_id, type) DO UPDATE SET attempts = w.attempts + 1, asked_at = $3, error = $4,
                next_try_at = $3 + least(make_interval(secs => {LongestPause.TotalSeconds}), make_interval(secs => {FirstPause.TotalSeconds} * 2 ^ least(w.attempts, 16)))
            """);
        command.Parameters.AddWithValue(types);
        command.Parameters.AddWithValue(broadcaster);
        command.Parameters.AddWithValue(time.GetUtcNow());
        command.Parameters.AddWithValue((object?)error ?? DBNull.Value);
        command.Parameters[3].NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text;
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Event subscriptions: {Created} created, {Removed} removed, {Refused} refused")]
    private partial void Changed(int created, int removed, int refused);
}
