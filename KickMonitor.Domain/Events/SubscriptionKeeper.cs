using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Events;

/// <summary>What one reconciliation did.</summary>
/// <param name="Failure">Why Kick could not be asked, or its list not be believed; what was done before is counted all the same.</param>
public sealed record Reconciled(int Listed, int Wanted, int Created, int Removed, int Refused, KickFailure? Failure);

/// <summary>
/// Keeps Kick's list of subscriptions as the plan says: creates what is missing, with growing pauses for what does not appear or
/// is refused, removes doubles and what is no longer wanted, and makes anew what is listed and does not deliver. One node at a time.
/// </summary>
public sealed partial class SubscriptionKeeper(
    KickSubscriptions kick, SubscriptionWatch watch, Links links, TokenVault tokens, EventOptions options,
    IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, Audit audit, TimeProvider time, ILogger<SubscriptionKeeper> logger)
{
    /// <summary>In one run; the rest follows in the next.</summary>
    private const int MostBroadcastersARun = 60;

    /// <summary>What a person must have allowed for this.</summary>
    private const string Scope = "events:subscribe";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    /// <summary>Kick has answered an empty list while all subscriptions were there; to believe it at once would double them.</summary>
    private static readonly TimeSpan EmptyDoubted = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan VanishedKept = TimeSpan.FromDays(7);

    /// <param name="isAskedFor">Somebody wants it now: what waits for its next try is tried too, since the cause may be mended.</param>
    /// <returns>Null if another node is at it.</returns>
    public async Task<Reconciled?> ReconcileAsync(bool isAskedFor, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
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
            return await ReconcileAloneAsync(isAskedFor, ct);
        }
        finally
        {
            await using var done = new NpgsqlCommand($"SELECT pg_advisory_unlock({Locks.Subscriptions})", turn);
            await done.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    public Task<KickResult<List<KickSubscription>>> ListAsync(CancellationToken ct) => kick.ListAsync(ct);

    /// <summary>
    /// The plan for everybody who is watched. First come channels whose owner is here, then those of most people; who is live does
    /// not count, or subscriptions would come and go with every stream.
    /// </summary>
    public async Task<List<Wanted>> PlanAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT s.broadcaster_user_id FROM streamers s WHERE s.removed_at IS NULL AND s.paused_at IS NULL
            ORDER BY s.priority DESC, EXISTS (SELECT FROM account_links l WHERE l.provider = 'kick' AND l.external_id = s.broadcaster_user_id::text) DESC,
                (SELECT count(*) FROM assignments a WHERE a.broadcaster_user_id = s.broadcaster_user_id) + (SELECT count(*) FROM favourites f WHERE f.broadcaster_user_id = s.broadcaster_user_id) DESC,
                s.added_at, s.broadcaster_user_id
            """);
        var broadcasters = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            broadcasters.Add(reader.GetInt64(0));
        }

        return SubscriptionPlan.Of(broadcasters, options);
    }

    private async Task<Reconciled> ReconcileAloneAsync(bool isAskedFor, CancellationToken ct)
    {
        var listing = await kick.ListAsync(ct);
        if (listing.Failure is { } silent)
        {
            return new Reconciled(0, 0, 0, 0, 0, silent);
        }

        var listed = listing.Value;
        var plan = await PlanAsync(ct);
        if (await RememberAsync(listed, ct) is { } emptiedAt && listed.Count == 0 && time.GetUtcNow() - emptiedAt < EmptyDoubted)
        {
            return new Reconciled(0, plan.Count, 0, 0, 0, new KickFailure(KickFailureKind.Unreadable, "Kick lists nothing where it listed subscriptions before; it is asked again before they are made anew"));
        }

        // First what goes: near a limit its slots are needed, and what does not deliver should be missing as shortly as can be.
        var (_, surplus) = SubscriptionPlan.Compare(plan, listed);
        var stuck = await watch.StuckAsync(ct);
        List<KickSubscription> removed = [.. (await OursAsync(surplus, ct)).Union(listed.Where(l => stuck.Contains(l.BroadcasterUserId)))];
        var notRemoved = await RemoveAsync(removed, ct);
        removed = notRemoved is null ? removed : [];
        var (missing, _) = SubscriptionPlan.Compare(plan, [.. listed.Except(removed)]);
        var (created, refused, notCreated) = await CreateAsync(await DueAsync(plan, missing, isAskedFor, ct), ct);
        var failure = notCreated ?? notRemoved;

        if (created + removed.Count + refused > 0)
        {
            Changed(created, removed.Count, refused);
        }

        // A refusal changes nothing, and comes again with every run.
        if (created + removed.Count > 0)
        {
            await audit.WriteAsync(new AuditEntry("subscriptions.repaired", "kick", "event subscriptions", After: new { created, removed = removed.Count, refused }), ct);
        }

        return new Reconciled(listed.Count, plan.Count, created, removed.Count, refused, failure);
    }

    /// <summary>Other deployments of the same app would lose theirs: only what is about streamers who are or were watched here is removed.</summary>
    private async Task<List<KickSubscription>> OursAsync(List<KickSubscription> surplus, CancellationToken ct)
    {
        if (surplus.Count == 0)
        {
            return [];
        }

        await using var db = await databases.CreateDbContextAsync(ct);
        var about = surplus.Select(s => s.BroadcasterUserId).Distinct().ToList();
        var known = await db.Streamers.Where(s => about.Contains(s.BroadcasterUserId)).Select(s => s.BroadcasterUserId).ToListAsync(ct);
        return [.. surplus.Where(s => known.Contains(s.BroadcasterUserId))];
    }

    private async Task<KickFailure?> RemoveAsync(List<KickSubscription> subscriptions, CancellationToken ct)
    {
        string[] ids = [.. subscriptions.Select(s => s.Id)];
        if (ids.Length == 0)
        {
            return null;
        }

        if (await kick.DeleteAsync(ids, ct) is { } failure)
        {
            return failure;
        }

        await using var forget = source.CreateCommand("DELETE FROM event_subscriptions WHERE id = ANY($1)");
        forget.Parameters.AddWithValue(ids);
        await forget.ExecuteNonQueryAsync(ct);
        return null;
    }

    /// <summary>Keeps the list, by which deliveries are known to be ours. What vanished from it stays known for a week: its deliveries may still come.</summary>
    /// <returns>When the last one vanished, if any did.</returns>
    private async Task<DateTimeOffset?> RememberAsync(List<KickSubscription> listed, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        string[] ids = [.. listed.Select(s => s.Id)];
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new(
            """
            INSERT INTO event_subscriptions (id, type, broadcaster_user_id, created_at, listed_at)
            SELECT i, t, b, c, $5 FROM unnest($1, $2, $3, $4) AS s(i, t, b, c)
            ON CONFLICT (id) DO UPDATE SET listed_at = excluded.listed_at, vanished_at = NULL
            """)
        {
            Parameters =
            {
                new() { Value = ids },
                new() { Value = listed.Select(s => s.Type).ToArray() },
                new() { Value = listed.Select(s => s.BroadcasterUserId).ToArray() },
                new NpgsqlParameter<DateTimeOffset?[]> { TypedValue = [.. listed.Select(s => s.CreatedAt)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                new() { Value = now },
            },
        });
        batch.BatchCommands.Add(new("DELETE FROM event_subscriptions WHERE vanished_at < $1") { Parameters = { new() { Value = now - VanishedKept } } });
        await batch.ExecuteNonQueryAsync(ct);
        await using var mark = source.CreateCommand("UPDATE event_subscriptions SET vanished_at = $2 WHERE vanished_at IS NULL AND id <> ALL($1)");
        mark.Parameters.AddWithValue(ids);
        mark.Parameters.AddWithValue(now);
        int vanished = await mark.ExecuteNonQueryAsync(ct);
        if (vanished > 0)
        {
            Vanished(vanished);
        }

        await using var last = source.CreateCommand("SELECT max(vanished_at) FROM event_subscriptions");
        return await last.ExecuteScalarAsync(ct) is DateTime at ? new DateTimeOffset(at, TimeSpan.Zero) : null;
    }

    /// <summary>Of what is missing, what may be asked for now.</summary>
    private async Task<List<Wanted>> DueAsync(List<Wanted> plan, List<Wanted> missing, bool isAskedFor, CancellationToken ct)
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
        return [.. missing.Where(m => isAskedFor || wishes.GetValueOrDefault(m)?.NextTryAt is not { } next || next <= now)];
    }

    private async Task<(int Created, int Refused, KickFailure? Failure)> CreateAsync(List<Wanted> due, CancellationToken ct)
    {
        var full = new HashSet<string>(StringComparer.Ordinal);
        int created = 0, refused = 0;
        foreach (var group in due.GroupBy(d => d.BroadcasterUserId).Take(MostBroadcastersARun))
        {
            var waiting = new Queue<string[]>(group.Select(w => w.Type).Chunk(KickSubscriptions.MostCreatedAtOnce));
            while (waiting.TryDequeue(out string[]? asked))
            {
                string[] types = [.. asked.Except(full, StringComparer.Ordinal)];
                refused += asked.Length - types.Length;
                if (types.Length == 0)
                {
                    continue;
                }

                var answer = await AskAsync(group.Key, types, ct);
                if (answer.Failure is { Kind: KickFailureKind.Rejected } rejected)
                {
                    bool isFull = rejected.Detail.Contains(KickSubscriptions.LimitReached, StringComparison.OrdinalIgnoreCase);
                    if (isFull && types.Length > 1)
                    {
                        // The limit is of one type, and takes the others of the call with it.
                        Array.ForEach(types, type => waiting.Enqueue([type]));
                        continue;
                    }

                    full.UnionWith(isFull ? types : []);
                    refused += types.Length;
                    await NoteAsync(group.Key, types, rejected.Detail, ct);
                    continue;
                }

                if (answer.Failure is { } failure)
                {
                    return (created, refused, failure);
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

    /// <summary>With the app's token; where that is not enough, with the token of the channel's owner, if they linked their account.</summary>
    private async Task<KickResult<List<KickSubscribed>>> AskAsync(long broadcaster, string[] types, CancellationToken ct)
    {
        var answer = await kick.CreateAsync(broadcaster, types, ownerToken: null, ct);
        if (answer.Failure is not { Status: 401 or 403, Kind: KickFailureKind.Unauthorized }
            || await links.OwnerOfAsync("kick", broadcaster.ToString(CultureInfo.InvariantCulture), ct) is not { } owner)
        {
            return answer;
        }

        string? refused = null;
        while (await tokens.GetAsync(owner, "kick", refused, ct) is UserToken.Ready ready && ready.Link.GrantedScopes.Contains(Scope, StringComparer.Ordinal))
        {
            answer = await kick.CreateAsync(broadcaster, types, ready.Token, ct);
            if (answer.Failure is not { Status: 401 } || refused is not null)
            {
                break;
            }

            refused = ready.Token;
        }

        return answer;
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
        command.Parameters[3].NpgsqlDbType = NpgsqlDbType.Text;
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Event subscriptions: {Created} created, {Removed} removed, {Refused} refused")]
    private partial void Changed(int created, int removed, int refused);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kick no longer lists {Count} event subscriptions that nobody here removed")]
    private partial void Vanished(int count);
}
