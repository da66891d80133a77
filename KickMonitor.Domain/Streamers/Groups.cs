using System.Collections.Frozen;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Streamers;

/// <summary>A group and who is in it, at one instant.</summary>
/// <param name="OwnerId">Null: made by Admins, for everybody.</param>
public sealed record GroupView(long Id, Guid? OwnerId, string Name, bool IsPublic, FrozenSet<long> Members)
{
    /// <inheritdoc cref="Storage.Stamp"/>
    public string Stamp => StampOf(Name, IsPublic, Members);

    internal static string StampOf(string name, bool isPublic, IEnumerable<long> members) => Storage.Stamp.Of(name, isPublic ? "public" : "hidden", string.Join(' ', members.Order()));
}

/// <summary>
/// All groups, in memory on each node and read again when the bus says that one changed: filters and public pages ask all the time.
/// </summary>
public sealed class Groups(NpgsqlDataSource source, Assignments assignments, Audit audit, Bus bus) : IDisposable
{
    public const string Topic = "groups";

    /// <summary>The most groups that one owner has.</summary>
    public const int Most = 100;

    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile IReadOnlyList<GroupView> _all = [];
    private IDisposable? _subscription;

    public IReadOnlyList<GroupView> All => _all;

    public async Task StartAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        _subscription ??= bus.Subscribe(Topic, ReadAsync);
    }

    /// <summary>What a person may filter by: their own groups, and those of the Admins in which they may see somebody.</summary>
    public IEnumerable<GroupView> Of(UserRights person) =>
        _all.Where(g => g.OwnerId == person.UserId || (g.OwnerId is null && (person.IsAdmin || g.Members.Any(person.MaySee))));

    public bool IsPublic(long broadcasterUserId) => _all.Any(g => g is { IsPublic: true, OwnerId: null } && g.Members.Contains(broadcasterUserId));

    public GroupView? Find(Guid? owner, string name) => _all.FirstOrDefault(g => g.OwnerId == owner && g.Name == name);

    /// <summary>Makes a group. One of that name is left as it is, also one of which this node has not heard yet.</summary>
    /// <inheritdoc cref="SaveAsync" path="/param"/>
    public async Task<ChangeGroup> CreateAsync(Guid? owner, string name, bool isPublic, IReadOnlyCollection<long> members, CancellationToken ct)
    {
        if (StreamerGroup.ParseName(name) != name)
        {
            return ChangeGroup.NoName;
        }

        if (Find(owner, name) is null && _all.Count(g => g.OwnerId == owner) >= Most)
        {
            return ChangeGroup.TooMany;
        }

        var change = await ChangeAsync(
            null,
            """
            WITH made AS (INSERT INTO streamer_groups (owner_id, name, is_public) VALUES (@owner, @name, @public) RETURNING id),
            come AS (
                INSERT INTO group_members (group_id, broadcaster_user_id)
                SELECT made.id, s.broadcaster_user_id FROM made, streamers s WHERE s.broadcaster_user_id = ANY (@members) AND s.removed_at IS NULL)
            SELECT id FROM made
            """,
            new GroupChange(owner, name, isPublic, [.. members]), ct);
        if (change is ChangeGroup.NameTaken)
        {
            await ReadAsync(ct);
        }

        return change;
    }

    /// <summary>Makes the group be so, whether it was there or not.</summary>
    /// <param name="members">Those that are not watched are left out.</param>
    /// <returns>False: that is no name, or the owner has too many groups.</returns>
    public async Task<bool> SaveAsync(Guid? owner, string name, bool isPublic, IReadOnlyCollection<long> members, CancellationToken ct)
    {
        if (StreamerGroup.ParseName(name) != name || (Find(owner, name) is null && _all.Count(g => g.OwnerId == owner) >= Most))
        {
            return false;
        }

        return await ChangeAsync(
            null,
            """
            WITH saved AS (
                INSERT INTO streamer_groups (owner_id, name, is_public) VALUES (@owner, @name, @public)
                ON CONFLICT (owner_id, name) DO UPDATE SET is_public = excluded.is_public RETURNING id),
            gone AS (DELETE FROM group_members m USING saved WHERE m.group_id = saved.id AND m.broadcaster_user_id <> ALL (@members)),
            come AS (
                INSERT INTO group_members (group_id, broadcaster_user_id)
                SELECT saved.id, s.broadcaster_user_id FROM saved, streamers s WHERE s.broadcaster_user_id = ANY (@members) AND s.removed_at IS NULL
                ON CONFLICT DO NOTHING)
            SELECT id FROM saved
            """,
            new GroupChange(owner, name, isPublic, [.. members]), ct) is ChangeGroup.Done;
    }

    /// <summary>Changes a group in one go; what is null stays. Under another name, whom it was given keep it, and its public page moves.</summary>
    /// <param name="members">All that are in it from now on; those that are not watched are left out.</param>
    /// <param name="isAsSeen">Whether the <see cref="GroupView.Stamp"/> is the one that the change was decided by; null: it does not matter.</param>
    public Task<ChangeGroup> ReviseAsync(
        long id, CancellationToken ct, string? name = null, bool? isPublic = null, IReadOnlyCollection<long>? members = null, Func<string, bool>? isAsSeen = null) => name is not null && StreamerGroup.ParseName(name) != name
        ? Task.FromResult(ChangeGroup.NoName)
        : ChangeAsync(
            id,
            """
            WITH gone AS (DELETE FROM group_members WHERE group_id = @id AND broadcaster_user_id <> ALL (@members)),
            come AS (
                INSERT INTO group_members (group_id, broadcaster_user_id)
                SELECT g.id, s.broadcaster_user_id FROM streamer_groups g, streamers s WHERE g.id = @id AND s.broadcaster_user_id = ANY (@members) AND s.removed_at IS NULL
                ON CONFLICT DO NOTHING)
            UPDATE streamer_groups SET name = coalesce(@name, name), is_public = coalesce(@public, is_public) WHERE id = @id RETURNING id
            """,
            new GroupChange(Name: name, IsPublic: isPublic, Members: members?.ToArray()), ct, isAsSeen);

    /// <summary>Deletes a group; whoever was given it sees its streamers no longer by it.</summary>
    /// <inheritdoc cref="ReviseAsync" path="/param"/>
    public Task<ChangeGroup> RemoveAsync(long id, CancellationToken ct, Func<string, bool>? isAsSeen = null) =>
        ChangeAsync(id, "DELETE FROM streamer_groups WHERE id = @id RETURNING id", new GroupChange(), ct, isAsSeen, connection => assignments.EndGroupAsync(connection, id, ct));

    /// <summary>Puts streamers who are watched into a group, or takes them out.</summary>
    /// <returns>False if there is no such group.</returns>
    public async Task<bool> SetMembersAsync(long id, IReadOnlyCollection<long> streamers, bool areMembers, CancellationToken ct) => await ChangeAsync(
        id,
        areMembers
            ? """
              WITH come AS (
                  INSERT INTO group_members (group_id, broadcaster_user_id)
                  SELECT g.id, s.broadcaster_user_id FROM streamer_groups g, streamers s WHERE g.id = @id AND s.broadcaster_user_id = ANY (@members) AND s.removed_at IS NULL
                  ON CONFLICT DO NOTHING)
              SELECT id FROM streamer_groups WHERE id = @id
              """
            : """
              WITH gone AS (DELETE FROM group_members WHERE group_id = @id AND broadcaster_user_id = ANY (@members))
              SELECT id FROM streamer_groups WHERE id = @id
              """,
        new GroupChange(Members: [.. streamers]), ct) is ChangeGroup.Done;

    public GroupView? Find(long id) => _all.FirstOrDefault(g => g.Id == id);

    /// <summary>
    /// Changes one group, and writes what came of it to the audit log in the same transaction; a person's own groups are theirs
    /// alone, and stay out of it.
    /// </summary>
    /// <param name="id">Null: by owner and name.</param>
    /// <param name="prepare">What belongs to the change, in its transaction.</param>
    private async Task<ChangeGroup> ChangeAsync(
        long? id, string sql, GroupChange change, CancellationToken ct, Func<string, bool>? isAsSeen = null, Func<NpgsqlConnection, Task>? prepare = null)
    {
        Actor.ThrowIfReadOnly();
        await using (var connection = await source.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            // One after the other, so that what is written down is what was changed.
            await using (var turn = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Locks.Groups})", connection))
            {
                await turn.ExecuteNonQueryAsync(ct);
            }

            var before = await StateAsync(connection, id, change, ct);
            if (before is not null && isAsSeen?.Invoke(before.Stamp) == false)
            {
                return ChangeGroup.Stale;
            }

            await (prepare?.Invoke(connection) ?? Task.CompletedTask);
            await using (var command = new NpgsqlCommand(sql, connection))
            {
                command.Parameters.Add(new NpgsqlParameter<long?>("id", id));
                command.Parameters.Add(new NpgsqlParameter<Guid?>("owner", change.Owner));
                command.Parameters.Add(new NpgsqlParameter<string?>("name", change.Name));
                command.Parameters.Add(new NpgsqlParameter<bool?>("public", change.IsPublic));
                command.Parameters.Add(new NpgsqlParameter<long[]?>("members", change.Members));
                try
                {
                    if (await command.ExecuteScalarAsync(ct) is null)
                    {
                        return ChangeGroup.NoSuchGroup;
                    }
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
                {
                    return ChangeGroup.NameTaken;
                }
            }

            var after = await StateAsync(connection, id, change, ct);
            await using var batch = new NpgsqlBatch(connection);
            if (GroupState.Entry(before, after) is { } entry)
            {
                batch.BatchCommands.Add(audit.Command(entry));
            }

            batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
            await batch.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }

        // This node knows at once, the others in a moment.
        await ReadAsync(ct);
        return ChangeGroup.Done;
    }

    private static async Task<GroupState?> StateAsync(NpgsqlConnection connection, long? id, GroupChange change, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT g.id, g.owner_id, g.name, g.is_public,
                ARRAY(SELECT s.slug FROM group_members m JOIN streamers s ON s.broadcaster_user_id = m.broadcaster_user_id WHERE m.group_id = g.id ORDER BY s.slug),
                ARRAY(SELECT m.broadcaster_user_id FROM group_members m WHERE m.group_id = g.id)
            FROM streamer_groups g WHERE CASE WHEN $1::bigint IS NULL THEN g.owner_id IS NOT DISTINCT FROM $2 AND g.name = $3 ELSE g.id = $1 END
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<long?> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<Guid?> { TypedValue = change.Owner });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = change.Name });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new GroupState(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetString(2), reader.GetBoolean(3), reader.GetFieldValue<string[]>(4))
            {
                Stamp = GroupView.StampOf(reader.GetString(2), reader.GetBoolean(3), reader.GetFieldValue<long[]>(5)),
            }
            : null;
    }

    private sealed record GroupChange(Guid? Owner = null, string? Name = null, bool? IsPublic = null, long[]? Members = null);

    public async Task ReadAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            await using var command = source.CreateCommand(
                """
                SELECT g.id, g.owner_id, g.name, g.is_public, ARRAY(SELECT m.broadcaster_user_id FROM group_members m WHERE m.group_id = g.id)
                FROM streamer_groups g ORDER BY g.owner_id NULLS FIRST, g.name
                """);
            var all = new List<GroupView>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                all.Add(new GroupView(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetString(2), reader.GetBoolean(3), reader.GetFieldValue<long[]>(4).ToFrozenSet()));
            }

            _all = all;
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _reading.Dispose();
    }
}
