using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Streamers;

public abstract record ReviseStreamer
{
    /// <param name="Streamer">As they were left.</param>
    public sealed record Done(Streamer Streamer) : ReviseStreamer;

    public sealed record NotWatched : ReviseStreamer;

    /// <summary>Somebody else has revised the streamer since they were read.</summary>
    public sealed record Stale : ReviseStreamer;
}

/// <summary>Who is watched.</summary>
public sealed class StreamerDirectory(
    IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, Assignments assignments, Audit audit, Bus bus, TimeProvider time)
{
    private static readonly string GroupsTurn = $"SELECT pg_advisory_xact_lock({Locks.Groups})";

    private static readonly string[] HistoryTables =
        ["viewer_samples", "status_events", "broadcasts", "former_slugs", "favourites", "events", "event_stats", "metadata_snapshots", "supporters", "channel_tallies", "subscription_wishes"];

    /// <summary>Everybody who is watched, with what Admins wrote down.</summary>
    public async Task<List<Streamer>> AllAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Streamers.AsNoTracking().Where(s => s.RemovedAt == null).OrderBy(s => s.Slug).ToListAsync(ct);
    }

    /// <summary>Finds a watched streamer by its slug, or by one that it had before.</summary>
    public async Task<Streamer?> FindAsync(string slug, CancellationToken ct)
    {
        string wanted = slug.ToLowerInvariant();
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Streamers.AsNoTracking().Where(s => s.Slug == wanted && s.RemovedAt == null).OrderByDescending(s => s.SlugSince).FirstOrDefaultAsync(ct)
            ?? await (from former in db.FormerSlugs
                      join s in db.Streamers on former.BroadcasterUserId equals s.BroadcasterUserId
                      where former.Slug == wanted && s.RemovedAt == null
                      select s).AsNoTracking().FirstOrDefaultAsync(ct);
    }

    /// <returns>False if nobody with this id is watched.</returns>
    public async Task<bool> PauseAsync(long id, CancellationToken ct) => await ChangeAsync(id, [Pausing(true)], ct) is ReviseStreamer.Done;

    /// <inheritdoc cref="PauseAsync"/>
    public async Task<bool> ResumeAsync(long id, CancellationToken ct) => await ChangeAsync(id, [Pausing(false)], ct) is ReviseStreamer.Done;

    /// <summary>
    /// Stops watching. The history is kept and comes back when the streamer is added again; nobody's right to it does, so
    /// assignments end, and so does being in groups for everybody.
    /// </summary>
    /// <inheritdoc cref="PauseAsync"/>
    public async Task<bool> RemoveAsync(long id, CancellationToken ct) => await ChangeAsync(
        id, [new("streamer.removed", s => s.RemovedAt = time.GetUtcNow())], ct,
        also: async db =>
        {
            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            await assignments.EndAsync(connection, id, ct);
            await LeaveGroupsAsync(connection, id, ct);
        }) is ReviseStreamer.Done;

    /// <summary>Stops watching, if anybody does, and forgets all that was stored about the streamer. Nobody can bring it back.</summary>
    /// <returns>False if nothing is stored.</returns>
    public async Task<bool> EraseAsync(long id, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await RemoveAsync(id, ct);
        if (await NameAsync(id, ct) is not { Length: > 0 } name)
        {
            return false;
        }

        // The streamer's row stays, empty: by it other nodes learn that the streamer is gone.
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new(
            """
            UPDATE streamers SET slug = '', display_name = '', notes = NULL, tags = '{}', title = NULL, category = NULL, category_id = NULL, language = NULL, avatar_url = NULL, thumbnail_url = NULL, broadcast_id = NULL
            WHERE broadcaster_user_id = $1
            """)
        { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(new("DELETE FROM action_ledger WHERE event_id IN (SELECT id FROM events WHERE broadcaster_user_id = $1)") { Parameters = { new() { Value = id } } });
        foreach (string table in HistoryTables)
        {
            batch.BatchCommands.Add(new($"DELETE FROM {table} WHERE broadcaster_user_id = $1") { Parameters = { new() { Value = id } } });
        }

        // The last lock of all, as where a streamer is removed, and not held while a long history goes.
        batch.BatchCommands.Add(new(GroupsTurn));
        batch.BatchCommands.Add(new("DELETE FROM group_members WHERE broadcaster_user_id = $1") { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(audit.Command(new AuditEntry("streamer.erased", Id(id), name)));
        await batch.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Somebody who is watched no longer, and of whom the history is kept.</summary>
    /// <param name="slug">The last that was known.</param>
    public async Task<Streamer?> FindRemovedAsync(string slug, CancellationToken ct)
    {
        string wanted = slug.ToLowerInvariant();
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Streamers.AsNoTracking().Where(s => s.Slug == wanted && s.RemovedAt != null).OrderByDescending(s => s.RemovedAt).FirstOrDefaultAsync(ct);
    }

    /// <summary>Changes in one go what Admins decide about a streamer.</summary>
    /// <param name="notes">Blank removes them; null: they stay.</param>
    /// <param name="priority">Null: it stays.</param>
    /// <param name="isAsSeen">Whether what the change was decided by still holds; null: it does not matter.</param>
    /// <param name="isPaused">Null: as before.</param>
    public Task<ReviseStreamer> ReviseAsync(long id, string? notes, StreamerPriority? priority, CancellationToken ct, Func<Streamer, bool>? isAsSeen = null, bool? isPaused = null)
    {
        Step[] pausing = isPaused is { } paused ? [Pausing(paused)] : [];
        return ChangeAsync(
            id,
            [
                .. pausing,
                new("streamer.revised", s =>
                {
                    var revised = (notes is null ? s.Notes : LenientJson.Storable(notes, Streamer.NotesLength), priority ?? s.Priority);
                    s.RevisedAt = revised == (s.Notes, s.Priority) ? s.RevisedAt : time.GetUtcNow();
                    (s.Notes, s.Priority) = revised;
                }),
            ],
            ct, isAsSeen);
    }

    /// <summary>Replaces the tags. What is no tag is left out, and so is what is more than <see cref="Tag.Most"/>.</summary>
    /// <inheritdoc cref="ReviseAsync" path="/param[@name='isAsSeen']"/>
    public Task<ReviseStreamer> TagAsync(long id, IEnumerable<string> tags, CancellationToken ct, Func<Streamer, bool>? isAsSeen = null)
    {
        string[] all = [.. tags.Select(Tag.Parse).OfType<string>().Distinct(StringComparer.Ordinal).Take(Tag.Most).Order(StringComparer.Ordinal)];
        return ChangeAsync(id, [new("streamer.tagged", s => s.Tags = all)], ct, isAsSeen);
    }

    /// <summary>Takes over what a list says of a streamer besides the name; what it leaves out stays.</summary>
    public async Task LabelAsync(long id, ListedStreamer listed, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (listed.Tags is { } tags)
        {
            await TagAsync(id, tags.Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries), ct);
        }

        if (listed is not { Notes: null, Priority: null })
        {
            await ReviseAsync(id, listed.Notes, listed.Priority, ct);
        }
    }

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    private async Task<string?> NameAsync(long id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Streamers.Where(s => s.BroadcasterUserId == id).Select(s => s.Slug).SingleOrDefaultAsync(ct);
    }

    /// <summary>What people sort for themselves is theirs, and gives nobody a right.</summary>
    private async Task LeaveGroupsAsync(NpgsqlConnection connection, long id, CancellationToken ct)
    {
        // Whoever replaces the members of a group at this moment has not seen the removal, and would bring the streamer back.
        await using (var turn = new NpgsqlCommand(GroupsTurn, connection))
        {
            await turn.ExecuteNonQueryAsync(ct);
        }

        await using var leave = new NpgsqlCommand(
            """
            DELETE FROM group_members m USING streamer_groups g, streamers s
            WHERE m.broadcaster_user_id = $1 AND g.id = m.group_id AND g.owner_id IS NULL AND s.broadcaster_user_id = m.broadcaster_user_id RETURNING g.id, g.name, g.is_public, s.slug
            """, connection)
        { Parameters = { new() { Value = id } } };
        await using var batch = new NpgsqlBatch(connection);
        await using (var reader = await leave.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var after = new GroupState(reader.GetInt64(0), OwnerId: null, reader.GetString(1), reader.GetBoolean(2), []) { Stamp = string.Empty };
                batch.BatchCommands.Add(audit.Command(GroupState.Entry(after with { Streamers = [reader.GetString(3)] }, after)!));
            }
        }

        if (batch.BatchCommands.Count > 0)
        {
            batch.BatchCommands.Add(Bus.NoticeCommand(Groups.Topic));
            await batch.ExecuteNonQueryAsync(ct);
        }
    }

    private Step Pausing(bool isPaused) => isPaused ? new("streamer.paused", s => s.PausedAt ??= time.GetUtcNow()) : new("streamer.resumed", s => s.PausedAt = null);

    /// <param name="steps">All of them or none; each that changes something is written down by itself.</param>
    /// <param name="also">What belongs to the change, in its transaction.</param>
    private async Task<ReviseStreamer> ChangeAsync(
        long id, IReadOnlyList<Step> steps, CancellationToken ct, Func<Streamer, bool>? isAsSeen = null, Func<KickMonitorDb, Task>? also = null)
    {
        Actor.ThrowIfReadOnly();
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.BeginChangeAsync(ct);
        var streamer = await db.Streamers.SingleOrDefaultAsync(s => s.BroadcasterUserId == id && s.RemovedAt == null, ct);
        if (streamer is null)
        {
            return new ReviseStreamer.NotWatched();
        }

        if (isAsSeen?.Invoke(streamer) == false)
        {
            return new ReviseStreamer.Stale();
        }

        var entries = new List<AuditEntry>();
        foreach (var (verb, change) in steps)
        {
            var before = Traits.Of(streamer);
            change(streamer);
            if (Traits.Of(streamer) is var after && after != before)
            {
                entries.Add(new AuditEntry(verb, Id(id), streamer.Slug, before, after));
            }
        }

        if (entries.Count == 0)
        {
            return new ReviseStreamer.Done(streamer);
        }

        streamer.Version = await db.NextVersionAsync(ct);
        await db.SaveChangesAsync(ct);
        foreach (var entry in entries)
        {
            await audit.WriteAsync(db, entry, ct);
        }

        await (also?.Invoke(db) ?? Task.CompletedTask);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Merge.Topic, ct);
        return new ReviseStreamer.Done(streamer);
    }

    private sealed record Step(string Verb, Action<Streamer> Change);

    /// <summary>What the audit log compares.</summary>
    private sealed record Traits(bool Paused, bool Removed, string? Notes, StreamerPriority Priority, string Tags)
    {
        public static Traits Of(Streamer s) => new(s.IsPaused, s.RemovedAt is not null, s.Notes, s.Priority, string.Join(' ', s.Tags));
    }
}
