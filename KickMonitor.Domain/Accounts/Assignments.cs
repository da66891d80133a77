using System.Globalization;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Accounts;

/// <summary>What an assignment allows besides watching.</summary>
public sealed record Grant(bool ManagesEvents = false, bool ManagesChat = false)
{
    /// <inheritdoc cref="Storage.Stamp"/>
    public string Stamp => Storage.Stamp.Of(ManagesEvents ? "events" : string.Empty, ManagesChat ? "chat" : string.Empty);
}

public enum ChangeAssignment
{
    Done,

    /// <summary>There is no such person, streamer or group, or nothing was assigned.</summary>
    NotThere,

    /// <summary>Somebody else has changed it since it was read.</summary>
    Stale,
}

/// <summary>A person's right to a streamer, seen from either side.</summary>
public sealed record AssignmentRow(Guid UserId, string Email, Role Role, long BroadcasterUserId, string Slug, string DisplayName, Grant Grant, DateTimeOffset AssignedAt);

/// <summary>A person's right to whoever is in a group, seen from either side.</summary>
public sealed record GroupAssignmentRow(Guid UserId, string Email, Role Role, long GroupId, string Name, int Members, Grant Grant, DateTimeOffset AssignedAt);

/// <summary>Who may see, and manage, which streamers. What changes acts at once on all nodes.</summary>
public sealed class Assignments(NpgsqlDataSource source, Audit audit, TimeProvider time)
{
    private const string OfStreamers = "assignments WHERE user_id = $1 AND broadcaster_user_id = $2";
    private const string OfGroups = "group_assignments WHERE user_id = $1 AND group_id = $2";

    /// <summary>Lets one person watch one streamer; more rights that they have already stay. The assignment outlives a link that made it before.</summary>
    /// <returns>False if there is no such person or streamer.</returns>
    public async Task<bool> AssignAsync(Guid userId, long broadcasterUserId, CancellationToken ct) =>
        await AssignAsync([userId], [broadcasterUserId], grant: null, ct) > 0;

    /// <summary>Gives each of the people each of the streamers.</summary>
    /// <param name="grant">Null: watching; what they may do already stays.</param>
    /// <returns>How many pairs of known people and streamers that is.</returns>
    public Task<int> AssignAsync(IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, Grant? grant, CancellationToken ct) => ChangeAsync(Assigning(users, streamers, grant), ct);

    /// <summary>Gives somebody a streamer, or changes what they may do there, if they may still do what was seen.</summary>
    /// <param name="grant">Null: watching; what they may do already stays.</param>
    /// <param name="isAsSeen">Whether these are the rights that the change was decided by; it is asked about null if there are none.</param>
    public Task<ChangeAssignment> AssignAsync(Guid userId, long broadcasterUserId, Grant? grant, Func<Grant?, bool> isAsSeen, CancellationToken ct) =>
        ChangeAsync(OfStreamers, Assigning([userId], [broadcasterUserId], grant), isAsSeen, ct);

    private static Change Assigning(IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, Grant? grant) => new(
        "user.assigned",
        """
        WITH pair AS (
            SELECT u.id, s.broadcaster_user_id FROM users u CROSS JOIN streamers s
            WHERE u.id = ANY(@users) AND s.broadcaster_user_id = ANY(@streamers) AND s.removed_at IS NULL),
        made AS (
            INSERT INTO assignments AS a (user_id, broadcaster_user_id, assigned_at, manages_events, manages_chat)
            SELECT id, broadcaster_user_id, @now, @events, @chat FROM pair
            ON CONFLICT (user_id, broadcaster_user_id) DO UPDATE SET manages_events = excluded.manages_events, manages_chat = excluded.manages_chat
                WHERE @replaces AND (a.manages_events, a.manages_chat) IS DISTINCT FROM (excluded.manages_events, excluded.manages_chat)
            RETURNING user_id, broadcaster_user_id),
        kept AS (
            UPDATE account_links l SET made_assignment = false FROM pair p
            WHERE l.provider = 'kick' AND l.user_id = p.id AND l.external_id = p.broadcaster_user_id::text AND l.made_assignment)
        SELECT u.id, u.email, coalesce(array_agg(s.slug ORDER BY s.slug) FILTER (WHERE s.slug IS NOT NULL), '{}'), count(*)::int, o.manages_events, o.manages_chat
        FROM pair p JOIN users u ON u.id = p.id
        LEFT JOIN assignments o ON o.user_id = p.id AND o.broadcaster_user_id = p.broadcaster_user_id
        LEFT JOIN made m ON m.user_id = p.id AND m.broadcaster_user_id = p.broadcaster_user_id
        LEFT JOIN streamers s ON s.broadcaster_user_id = m.broadcaster_user_id GROUP BY u.id, u.email, o.manages_events, o.manages_chat
        """,
        users, streamers, grant, (slugs, had) => (had is null ? null : Streamers(slugs, had), Streamers(slugs, grant ?? new Grant())));

    /// <returns>False if it was not assigned.</returns>
    public async Task<bool> UnassignAsync(Guid userId, long broadcasterUserId, CancellationToken ct) => await UnassignAsync([userId], [broadcasterUserId], ct) > 0;

    /// <returns>How many assignments ended.</returns>
    public Task<int> UnassignAsync(IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, CancellationToken ct) => ChangeAsync(Unassigning(users, streamers), ct);

    /// <summary>Takes a streamer from somebody, if they may still do what was seen.</summary>
    /// <inheritdoc cref="AssignAsync(Guid, long, Grant, Func{Grant, bool}, CancellationToken)" path="/param"/>
    public Task<ChangeAssignment> UnassignAsync(Guid userId, long broadcasterUserId, Func<Grant?, bool> isAsSeen, CancellationToken ct) =>
        ChangeAsync(OfStreamers, Unassigning([userId], [broadcasterUserId]), isAsSeen, ct);

    /// <summary>What to tell somebody whose change of an assignment comes too late.</summary>
    public Task<string> ChangedMeanwhileAsync(Guid userId, string slug, CancellationToken ct) => audit.ChangedMeanwhileAsync(
        "subject_id = @user AND verb IN ('user.assigned', 'user.unassigned') AND coalesce(after, before) -> 'streamers' @> to_jsonb(@slug)",
        [new NpgsqlParameter<string>("user", userId.ToString()), new NpgsqlParameter<string>("slug", slug)], ct);

    private static Change Unassigning(IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers) => new(
        "user.unassigned", Unassign("user_id = ANY (@users) AND broadcaster_user_id = ANY (@streamers)"), users, streamers, Grant: null, (slugs, had) => (Streamers(slugs, had!), null));

    /// <summary>Everybody's to one streamer, in the transaction that the connection has open.</summary>
    internal Task<int> EndAsync(NpgsqlConnection connection, long broadcasterUserId, CancellationToken ct) => ChangeAsync(
        connection, new Change("user.unassigned", Unassign("broadcaster_user_id = ANY (@streamers)"), [], [broadcasterUserId], Grant: null, (slugs, had) => (Streamers(slugs, had!), null)), ct);

    private static string Unassign(string which) =>
        $"""
        WITH gone AS (DELETE FROM assignments WHERE {which} RETURNING user_id, broadcaster_user_id, manages_events, manages_chat)
        SELECT u.id, u.email, array_agg(s.slug ORDER BY s.slug), count(*)::int, g.manages_events, g.manages_chat
        FROM gone g JOIN users u ON u.id = g.user_id JOIN streamers s ON s.broadcaster_user_id = g.broadcaster_user_id GROUP BY u.id, u.email, g.manages_events, g.manages_chat
        """;

    /// <summary>Gives each of the people whoever is in the group, now or later.</summary>
    /// <param name="groupId">A group of the Admins', not of one person.</param>
    /// <returns>How many known people that is; none if there is no such group.</returns>
    public Task<int> AssignGroupAsync(IReadOnlyCollection<Guid> users, long groupId, Grant grant, CancellationToken ct) => ChangeAsync(AssigningGroup(users, groupId, grant), ct);

    /// <summary>Gives somebody whoever is in the group, or changes what they may do there, if they may still do what was seen.</summary>
    /// <inheritdoc cref="AssignAsync(Guid, long, Grant, Func{Grant, bool}, CancellationToken)" path="/param[@name='isAsSeen']"/>
    public Task<ChangeAssignment> AssignGroupAsync(Guid userId, long groupId, Grant grant, Func<Grant?, bool> isAsSeen, CancellationToken ct) =>
        ChangeAsync(OfGroups, AssigningGroup([userId], groupId, grant), isAsSeen, ct);

    private static Change AssigningGroup(IReadOnlyCollection<Guid> users, long groupId, Grant grant) => new(
        "user.group_assigned",
        """
        WITH pair AS (SELECT u.id, g.id AS group_id, g.name FROM users u CROSS JOIN streamer_groups g WHERE u.id = ANY(@users) AND g.id = ANY(@streamers) AND g.owner_id IS NULL),
        made AS (
            INSERT INTO group_assignments AS a (user_id, group_id, assigned_at, manages_events, manages_chat) SELECT id, group_id, @now, @events, @chat FROM pair
            ON CONFLICT (user_id, group_id) DO UPDATE SET manages_events = excluded.manages_events, manages_chat = excluded.manages_chat
                WHERE (a.manages_events, a.manages_chat) IS DISTINCT FROM (excluded.manages_events, excluded.manages_chat)
            RETURNING user_id)
        SELECT u.id, u.email, coalesce(array_agg(p.name) FILTER (WHERE m.user_id IS NOT NULL), '{}'), count(*)::int, o.manages_events, o.manages_chat
        FROM pair p JOIN users u ON u.id = p.id LEFT JOIN group_assignments o ON o.user_id = p.id AND o.group_id = p.group_id LEFT JOIN made m ON m.user_id = p.id
        GROUP BY u.id, u.email, o.manages_events, o.manages_chat
        """,
        users, [groupId], grant, (names, had) => (had is null ? null : Group(names, had), Group(names, grant)));

    /// <returns>How many assignments ended.</returns>
    public Task<int> UnassignGroupAsync(IReadOnlyCollection<Guid> users, long groupId, CancellationToken ct) => ChangeAsync(UnassigningGroup(users, groupId), ct);

    /// <summary>Takes a group from somebody, if they may still do what was seen.</summary>
    /// <inheritdoc cref="AssignAsync(Guid, long, Grant, Func{Grant, bool}, CancellationToken)" path="/param[@name='isAsSeen']"/>
    public Task<ChangeAssignment> UnassignGroupAsync(Guid userId, long groupId, Func<Grant?, bool> isAsSeen, CancellationToken ct) =>
        ChangeAsync(OfGroups, UnassigningGroup([userId], groupId), isAsSeen, ct);

    /// <summary>What to tell somebody whose change of a group's assignment comes too late.</summary>
    public Task<string> GroupChangedMeanwhileAsync(Guid userId, string group, CancellationToken ct) => audit.ChangedMeanwhileAsync(
        "subject_id = @user AND verb IN ('user.group_assigned', 'user.group_unassigned') AND coalesce(after, before) ->> 'group' = @group",
        [new NpgsqlParameter<string>("user", userId.ToString()), new NpgsqlParameter<string>("group", group)], ct);

    private static Change UnassigningGroup(IReadOnlyCollection<Guid> users, long groupId) => new(
        "user.group_unassigned", UnassignGroup("user_id = ANY (@users) AND group_id = ANY (@streamers)"), users, [groupId], Grant: null, (names, had) => (Group(names, had!), null));

    /// <summary>Everybody's to one group, in the transaction that the connection has open.</summary>
    internal Task<int> EndGroupAsync(NpgsqlConnection connection, long groupId, CancellationToken ct) => ChangeAsync(
        connection, new Change("user.group_unassigned", UnassignGroup("group_id = ANY (@streamers)"), [], [groupId], Grant: null, (names, had) => (Group(names, had!), null)), ct);

    private static string UnassignGroup(string which) =>
        $"""
        WITH gone AS (DELETE FROM group_assignments WHERE {which} RETURNING user_id, group_id, manages_events, manages_chat)
        SELECT u.id, u.email, array_agg(s.name), count(*)::int, g.manages_events, g.manages_chat
        FROM gone g JOIN users u ON u.id = g.user_id JOIN streamer_groups s ON s.id = g.group_id GROUP BY u.id, u.email, g.manages_events, g.manages_chat
        """;

    public async Task<AssignmentRow?> FindAsync(Guid userId, long broadcasterUserId, CancellationToken ct) =>
        (await ReadAsync("a.user_id = $1 AND a.broadcaster_user_id = $2", ct, userId, broadcasterUserId)).SingleOrDefault();

    public async Task<GroupAssignmentRow?> FindGroupAsync(Guid userId, long groupId, CancellationToken ct) =>
        (await ReadGroupsAsync("a.user_id = $1 AND a.group_id = $2", ct, userId, groupId)).SingleOrDefault();

    public Task<List<GroupAssignmentRow>> GroupsOfUserAsync(Guid userId, CancellationToken ct) => ReadGroupsAsync("a.user_id = $1", ct, userId);

    public Task<List<GroupAssignmentRow>> OfGroupAsync(long groupId, CancellationToken ct) => ReadGroupsAsync("a.group_id = $1", ct, groupId);

    /// <summary>Who sees a streamer by way of a group.</summary>
    public Task<List<GroupAssignmentRow>> GroupsOfStreamerAsync(long broadcasterUserId, CancellationToken ct) =>
        ReadGroupsAsync("EXISTS (SELECT FROM group_members m WHERE m.group_id = g.id AND m.broadcaster_user_id = $1)", ct, broadcasterUserId);

    public Task<List<AssignmentRow>> OfUserAsync(Guid userId, CancellationToken ct) => ReadAsync("a.user_id = $1", ct, userId);

    public Task<List<AssignmentRow>> OfStreamerAsync(long broadcasterUserId, CancellationToken ct) => ReadAsync("a.broadcaster_user_id = $1", ct, broadcasterUserId);

    private async Task<List<GroupAssignmentRow>> ReadGroupsAsync(string condition, CancellationToken ct, params object[] keys)
    {
        await using var command = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT a.user_id, coalesce(u.email, ''), u.role, g.id, g.name, (SELECT count(*)::int FROM group_members m WHERE m.group_id = g.id), a.manages_events, a.manages_chat, a.assigned_at
            FROM group_assignments a JOIN users u ON u.id = a.user_id JOIN streamer_groups g ON g.id = a.group_id
            WHERE {condition} ORDER BY g.name, u.normalized_email
            """));
        command.Parameters.AddRange(keys.Select(k => new NpgsqlParameter { Value = k }).ToArray());
        var rows = new List<GroupAssignmentRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new GroupAssignmentRow(
                reader.GetGuid(0), reader.GetString(1), SnakeCase<Role>.Parse(reader.GetString(2)), reader.GetInt64(3), reader.GetString(4), reader.GetInt32(5),
                new Grant(reader.GetBoolean(6), reader.GetBoolean(7)), reader.GetFieldValue<DateTimeOffset>(8)));
        }

        return rows;
    }

    private async Task<int> ChangeAsync(Change change, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        int pairs = await ChangeAsync(connection, change, ct);
        await transaction.CommitAsync(ct);
        return pairs;
    }

    /// <param name="which">The one row that it is about.</param>
    private async Task<ChangeAssignment> ChangeAsync(string which, Change change, Func<Grant?, bool> isAsSeen, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!isAsSeen(await LockAsync(connection, which, change.Users.Single(), change.Of.Single(), ct)))
        {
            return ChangeAssignment.Stale;
        }

        int pairs = await ChangeAsync(connection, change, ct);
        await transaction.CommitAsync(ct);
        return pairs > 0 ? ChangeAssignment.Done : ChangeAssignment.NotThere;
    }

    /// <returns>Null: there is no such row, and nothing to lock.</returns>
    private static async Task<Grant?> LockAsync(NpgsqlConnection connection, string which, Guid userId, long of, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"SELECT manages_events, manages_chat FROM {which} FOR UPDATE", connection) { Parameters = { new() { Value = userId }, new() { Value = of } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new Grant(reader.GetBoolean(0), reader.GetBoolean(1)) : null;
    }

    private async Task<int> ChangeAsync(NpgsqlConnection connection, Change change, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(change.Sql, connection);
        command.Parameters.AddWithValue("users", change.Users.ToArray());
        command.Parameters.AddWithValue("streamers", change.Of.ToArray());
        command.Parameters.AddWithValue("now", time.GetUtcNow());
        command.Parameters.AddWithValue("events", change.Grant?.ManagesEvents ?? false);
        command.Parameters.AddWithValue("chat", change.Grant?.ManagesChat ?? false);
        command.Parameters.AddWithValue("replaces", change.Grant is not null);
        int pairs = 0;
        await using var batch = new NpgsqlBatch(connection);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                pairs += reader.GetInt32(3);
                if (reader.GetFieldValue<string[]>(2) is { Length: > 0 } names)
                {
                    var (before, after) = change.Sides(names, reader.IsDBNull(4) ? null : new Grant(reader.GetBoolean(4), reader.GetBoolean(5)));
                    batch.BatchCommands.Add(audit.Command(new AuditEntry(change.Verb, reader.GetGuid(0).ToString(), reader.GetString(1), before, after)));
                }
            }
        }

        if (batch.BatchCommands.Count > 0)
        {
            batch.BatchCommands.Add(Bus.NoticeCommand(Rights.Topic));
            await batch.ExecuteNonQueryAsync(ct);
        }

        return pairs;
    }

    /// <param name="Sql">Tells of each person and what they could do before: id, address, of what that was changed, how many there were, and the rights.</param>
    /// <param name="Of">Streamers, or groups.</param>
    private sealed record Change(string Verb, string Sql, IReadOnlyCollection<Guid> Users, IReadOnlyCollection<long> Of, Grant? Grant, Sides Sides);

    private static object Streamers(string[] slugs, Grant grant) => new { streamers = slugs, grant.ManagesEvents, grant.ManagesChat };

    private static object Group(string[] names, Grant grant) => new { group = names[0], grant.ManagesEvents, grant.ManagesChat };

    /// <summary>What the audit log is told of one person.</summary>
    /// <param name="had">Their rights until now; null if they had none.</param>
    private delegate (object? Before, object? After) Sides(string[] names, Grant? had);

    private async Task<List<AssignmentRow>> ReadAsync(string condition, CancellationToken ct, params object[] keys)
    {
        await using var command = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT a.user_id, coalesce(u.email, ''), u.role, a.broadcaster_user_id, s.slug, s.display_name, a.manages_events, a.manages_chat, a.assigned_at
            FROM assignments a JOIN users u ON u.id = a.user_id JOIN streamers s ON s.broadcaster_user_id = a.broadcaster_user_id
            WHERE {condition} AND s.removed_at IS NULL ORDER BY s.slug, u.normalized_email
            """));
        command.Parameters.AddRange(keys.Select(k => new NpgsqlParameter { Value = k }).ToArray());
        var rows = new List<AssignmentRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new AssignmentRow(
                reader.GetGuid(0), reader.GetString(1), SnakeCase<Role>.Parse(reader.GetString(2)), reader.GetInt64(3), reader.GetString(4), reader.GetString(5),
                new Grant(reader.GetBoolean(6), reader.GetBoolean(7)), reader.GetFieldValue<DateTimeOffset>(8)));
        }

        return rows;
    }
}
