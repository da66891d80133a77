using System.Globalization;
using System.Runtime.CompilerServices;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Streamers;

/// <summary>What adding one slug can come to; the page, the API and the CLI each say it their way.</summary>
public abstract record AddStreamer(string Slug)
{
    public sealed record Added(string Slug, long BroadcasterUserId) : AddStreamer(Slug);

    public sealed record AlreadyWatched(string Slug, long BroadcasterUserId) : AddStreamer(Slug);

    public sealed record NoSuchChannel(string Slug) : AddStreamer(Slug);

    public sealed record NotASlug(string Slug) : AddStreamer(Slug);

    public sealed record KickFailed(string Slug, KickFailure Failure) : AddStreamer(Slug);
}

/// <summary>Begins to watch channels, once Kick has said that there are such.</summary>
public sealed class StreamerIntake(
    IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, KickClient kick, Merge merge, SourceLog sources, Audit audit, MonitorOptions options, TimeProvider time)
{
    /// <summary>Adds one streamer and checks it at once.</summary>
    public async Task<AddStreamer> AddAsync(string text, CancellationToken ct) => (await AddBatchAsync([text], CallPriority.Urgent, ct))[0];

    /// <summary>Adds many, in batches; each batch is stored before the next is asked about.</summary>
    /// <returns>One outcome for each text, in order, as the batches finish.</returns>
    public async IAsyncEnumerable<AddStreamer> AddAsync(
        IReadOnlyList<string> texts, CallPriority priority, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (string[] some in texts.Chunk(KickClient.ChannelBatch))
        {
            foreach (var outcome in await AddBatchAsync(some, priority, ct))
            {
                yield return outcome;
            }
        }
    }

    private async Task<IReadOnlyList<AddStreamer>> AddBatchAsync(IReadOnlyList<string> texts, CallPriority priority, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        var slugs = texts.Select(Slug.Parse).ToList();
        var asked = slugs.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var channels = new Dictionary<string, KickChannel>(StringComparer.Ordinal);
        if (asked.Count > 0)
        {
            var answer = await kick.FindChannelsAsync(asked, priority, ct);
            if (answer.Failure is { } failure)
            {
                await sources.FailedAsync(SourceLog.KickApi, SourceLog.Channels, failure, ct);
                return [.. texts.Select((t, i) => slugs[i] is null ? new AddStreamer.NotASlug(t) : (AddStreamer)new AddStreamer.KickFailed(slugs[i]!, failure))];
            }

            await sources.SucceededAsync(SourceLog.KickApi, SourceLog.Channels, ct);
            foreach (var channel in answer.Value)
            {
                channels[channel.Slug] = channel;
            }
        }

        var added = await StoreAsync([.. channels.Values], priority, ct);
        var renamed = await RenamedAsync([.. asked.Where(s => !channels.ContainsKey(s))], ct);
        return [.. texts.Select((text, i) => Outcome(text, slugs[i]))];

        AddStreamer Outcome(string text, string? slug) =>
            slug is null ? new AddStreamer.NotASlug(text)
            : renamed.TryGetValue(slug, out long id) ? new AddStreamer.AlreadyWatched(slug, id)
            : !channels.TryGetValue(slug, out var channel) ? new AddStreamer.NoSuchChannel(slug)
            : added.Remove(channel.BroadcasterUserId) ? new AddStreamer.Added(slug, channel.BroadcasterUserId)
            : new AddStreamer.AlreadyWatched(slug, channel.BroadcasterUserId);
    }

    /// <summary>Those who are watched under another name by now.</summary>
    private async Task<Dictionary<string, long>> RenamedAsync(string[] slugs, CancellationToken ct)
    {
        if (slugs.Length == 0)
        {
            return [];
        }

        await using var db = await databases.CreateDbContextAsync(ct);
        return await (from f in db.FormerSlugs join s in db.Streamers on f.BroadcasterUserId equals s.BroadcasterUserId where slugs.Contains(f.Slug) && s.RemovedAt == null select f)
            .ToDictionaryAsync(f => f.Slug, f => f.BroadcasterUserId, StringComparer.Ordinal, ct);
    }

    /// <returns>The ids that were not watched before.</returns>
    private async Task<HashSet<long>> StoreAsync(List<KickChannel> channels, CallPriority priority, CancellationToken ct)
    {
        if (channels.Count == 0)
        {
            return [];
        }

        var now = time.GetUtcNow();
        var added = await InsertAsync(channels, now, ct);
        if (added.Count == 0)
        {
            return added;
        }

        var fresh = channels.Where(c => added.Contains(c.BroadcasterUserId)).ToList();
        var observations = Observations.Of([.. added], fresh, now);
        if (priority == CallPriority.Urgent)
        {
            observations = await WithProfilesAsync(observations, added, ct);
        }

        // Spread over the interval, so that a thousand that were added together are not all due together.
        var nextDetail = now + (TimeSpan.FromSeconds(options.DetailInterval) * (0.5 + (Random.Shared.NextDouble() / 2)));
        await merge.ApplyAsync(observations, new MergeSchedule(NextDetailAt: nextDetail), ct);
        return added;
    }

    private async Task<HashSet<long>> InsertAsync(List<KickChannel> channels, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock({Locks.Changes})"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            WITH renamed AS (
                INSERT INTO former_slugs (slug, broadcaster_user_id, until)
                SELECT s.slug, s.broadcaster_user_id, $3 FROM streamers s JOIN unnest($1::bigint[], $2::text[]) AS t(id, slug) ON t.id = s.broadcaster_user_id
                WHERE s.removed_at IS NOT NULL AND s.slug <> t.slug AND s.slug <> ''
                ON CONFLICT (slug) DO UPDATE SET broadcaster_user_id = excluded.broadcaster_user_id, until = excluded.until),
            wanted AS (
                UPDATE streamers SET is_brought_by_owner = false WHERE broadcaster_user_id = ANY ($1) AND is_brought_by_owner AND removed_at IS NULL),
            stored AS (
                INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
                SELECT id, slug, $3, slug, $3, 'unknown', $3, 'ok', nextval('changes') FROM unnest($1::bigint[], $2::text[]) AS t(id, slug)
                ON CONFLICT (broadcaster_user_id) DO UPDATE SET
                    slug_since = CASE WHEN streamers.slug = excluded.slug THEN streamers.slug_since ELSE excluded.slug_since END,
                    slug = excluded.slug, added_at = excluded.added_at, status = 'unknown', since = excluded.since, viewers = NULL,
                    removed_at = NULL, paused_at = NULL, is_brought_by_owner = false, version = excluded.version
                    WHERE streamers.removed_at IS NOT NULL
                RETURNING broadcaster_user_id)
            INSERT INTO checks (broadcaster_user_id, next_check_at, next_detail_at, next_profile_at, checked_by, version)
            SELECT broadcaster_user_id, $3, $3, $3, 'poll', nextval('changes') FROM stored
            ON CONFLICT (broadcaster_user_id) DO UPDATE SET next_check_at = $3, next_detail_at = $3, next_profile_at = $3, leased_until = NULL
            RETURNING broadcaster_user_id
            """)
        {
            Parameters =
            {
                new() { Value = channels.ConvertAll(c => c.BroadcasterUserId) },
                new() { Value = channels.ConvertAll(c => c.Slug) },
                new() { Value = now },
            },
        });
        var added = new HashSet<long>();
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            await reader.NextResultAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                added.Add(reader.GetInt64(0));
            }
        }

        await using var notes = new NpgsqlBatch(connection, transaction);
        foreach (var channel in channels.Where(c => added.Contains(c.BroadcasterUserId)))
        {
            notes.BatchCommands.Add(audit.Command(new AuditEntry("streamer.added", channel.BroadcasterUserId.ToString(CultureInfo.InvariantCulture), channel.Slug)));
        }

        notes.BatchCommands.Add(Bus.NoticeCommand(Merge.Topic));
        await notes.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return added;
    }

    /// <summary>The name and picture, which channels lack. Without them the slug stands in, and the sweep fetches them later.</summary>
    private async Task<List<Observation>> WithProfilesAsync(List<Observation> observations, HashSet<long> ids, CancellationToken ct)
    {
        var answer = await kick.GetUsersAsync(ids, CallPriority.Urgent, ct);
        if (!answer.IsOk)
        {
            return observations;
        }

        var users = answer.Value.ToDictionary(u => u.UserId);
        return observations.ConvertAll(o => users.TryGetValue(o.BroadcasterUserId, out var user) ? o with { DisplayName = user.Name, AvatarUrl = user.ProfilePicture } : o);
    }
}
