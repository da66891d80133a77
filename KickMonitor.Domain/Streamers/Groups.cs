using System.Collections.Frozen;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Streamers;

/// <summary>A group and who is in it, at one instant.</summary>
/// <param name="OwnerId">Null: made by Admins, for everybody.</param>
public sealed record GroupView(long Id, Guid? OwnerId, string Name, bool IsPublic, FrozenSet<long> Members);

/// <summary>
/// All groups, in memory on each node and read again when the bus says that one changed: filters and public pages ask all the time.
/// </summary>
public sealed class Groups(NpgsqlDataSource source, Audit audit, Bus bus) : IDisposable
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

    /// <summary>Makes the group be so, whether it was there or not.</summary>
    /// <param name="members">Those that are not watched are left out.</param>
    /// <returns>False: that is no name, or the owner has too many groups.</returns>
    public async Task<bool> SaveAsync(Guid? owner, string name, bool isPublic, IReadOnlyCollection<long> members, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (StreamerGroup.ParseName(name) != name || (Find(owner, name) is null && _all.Count(g => g.OwnerId == owner) >= Most))
        {
            return false;
        }

        await using var command = source.CreateCommand(
            """
            WITH saved AS (
                INSERT INTO streamer_groups (owner_id, name, is_public) VALUES ($1, $2, $3)
                ON CONFLICT (owner_id, name) DO UPDATE SET is_public = excluded.is_public RETURNING id),
            gone AS (DELETE FROM group_members m USING saved WHERE m.group_id = saved.id AND m.broadcaster_user_id <> ALL ($4))
            INSERT INTO group_members (group_id, broadcaster_user_id)
            SELECT saved.id, s.broadcaster_user_id FROM saved, streamers s WHERE s.broadcaster_user_id = ANY ($4) AND s.removed_at IS NULL
            ON CONFLICT DO NOTHING
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid?> { TypedValue = owner });
        command.Parameters.AddWithValue(name);
        command.Parameters.AddWithValue(isPublic);
        command.Parameters.AddWithValue(members.ToArray());
        await command.ExecuteNonQueryAsync(ct);
        await TellAsync(ct);
        if (owner is null && Find(owner, name) is { } saved)
        {
            await audit.WriteAsync(new AuditEntry("group.saved", saved.Id.ToString(CultureInfo.InvariantCulture), name, After: new { isPublic, streamers = saved.Members.Count }), ct);
        }

        return true;
    }

    /// <returns>False if there is none.</returns>
    public async Task<bool> RemoveAsync(long id, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        var gone = Find(id);
        await using var command = source.CreateCommand("DELETE FROM streamer_groups WHERE id = $1");
        command.Parameters.AddWithValue(id);
        bool wasThere = await command.ExecuteNonQueryAsync(ct) > 0;
        await TellAsync(ct);
        if (gone is { OwnerId: null })
        {
            await audit.WriteAsync(new AuditEntry("group.removed", id.ToString(CultureInfo.InvariantCulture), gone.Name, Before: new { gone.IsPublic, streamers = gone.Members.Count }), ct);
        }

        return wasThere;
    }

    public async Task SetMemberAsync(long id, long broadcasterUserId, bool isMember, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var command = source.CreateCommand(isMember
            ? "INSERT INTO group_members (group_id, broadcaster_user_id) SELECT g.id, $2 FROM streamer_groups g WHERE g.id = $1 ON CONFLICT DO NOTHING"
            : "DELETE FROM group_members WHERE group_id = $1 AND broadcaster_user_id = $2");
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(broadcasterUserId);
        await command.ExecuteNonQueryAsync(ct);
        await TellAsync(ct);
        await WriteAsync(id, isMember ? "group.joined" : "group.left", new { streamer = broadcasterUserId }, ct);
    }

    public async Task SetPublicAsync(long id, bool isPublic, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var command = source.CreateCommand("UPDATE streamer_groups SET is_public = $2 WHERE id = $1");
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(isPublic);
        await command.ExecuteNonQueryAsync(ct);
        await TellAsync(ct);
        await WriteAsync(id, "group.published", new { isPublic }, ct);
    }

    public GroupView? Find(long id) => _all.FirstOrDefault(g => g.Id == id);

    /// <summary>A person's own groups are theirs alone.</summary>
    private async Task WriteAsync(long id, string verb, object after, CancellationToken ct)
    {
        if (Find(id) is { OwnerId: null } group)
        {
            await audit.WriteAsync(new AuditEntry(verb, id.ToString(CultureInfo.InvariantCulture), group.Name, After: after), ct);
        }
    }

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

    /// <summary>This node knows at once, the others in a moment.</summary>
    private async Task TellAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        await bus.PublishAsync(Topic, ct);
    }
}
