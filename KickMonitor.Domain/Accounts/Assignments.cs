using System.Globalization;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Accounts;

/// <summary>What an assignment allows besides watching.</summary>
public sealed record Grant(bool ManagesEvents = false, bool ManagesChat = false);

/// <summary>A person's right to a streamer, seen from either side.</summary>
public sealed record AssignmentRow(Guid UserId, string Email, Role Role, long BroadcasterUserId, string Slug, string DisplayName, Grant Grant, DateTimeOffset AssignedAt);

/// <summary>A person's right to whoever is in a group, seen from either side.</summary>
public sealed record GroupAssignmentRow(Guid UserId, string Email, Role Role, long GroupId, string Name, int Members, Grant Grant, DateTimeOffset AssignedAt);

/// <summary>Who may see, and manage, which streamers. What changes acts at once on all nodes.</summary>
public sealed class Assignments(NpgsqlDataSource source, Audit audit, TimeProvider time)
{
    /// <summary>What the audit log calls a change of what people may do.</summary>
    public static readonly string[] Verbs = ["user.assigned", "user.unassigned"];

    /// <summary>Lets one person watch one streamer; more rights that they have already stay. The assignment outlives a link that made it before.</summary>
    /// <returns>False if there is no such person or streamer.</returns>
    public async Task<bool> AssignAsync(Guid userId, long broadcasterUserId, CancellationToken ct) =>
        await AssignAsync([userId], [broadcasterUserId], grant: null, ct) > 0;

    /// <summary>Gives each of the people each of the streamers.</summary>
    /// <param name="grant">Null: watching; what they may do already stays.</param>
    /// <returns>How many pairs of known people and streamers that is.</returns>
    public Task<int> AssignAsync(IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, Grant? grant, CancellationToken ct) => ChangeAsync(
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
        users, streamers, grant, (slugs, had) => (had is null ? null : Streamers(slugs, had), Streamers(slugs, grant ?? new Grant())), ct);

    /// <summary>Changes what somebody may do with one streamer, if they may still do what was seen.</summary>
    /// <returns>False if somebody else changed it meanwhile.</returns>
    public async Task<bool> RegrantAsync(Guid userId, long broadcasterUserId, Grant seen, Grant grant, CancellationToken ct) => await ChangeAsync(
        "user.assigned",
        """
        WITH made AS (
            UPDATE assignments SET manages_events = @events, manages_chat = @chat
            WHERE user_id = ANY (@users) AND broadcaster_user_id = ANY (@streamers) AND (manages_events, manages_chat) = (@seen_events, @seen_chat)
            RETURNING user_id, broadcaster_user_id),
        kept AS (
            UPDATE account_links l SET made_assignment = false FROM made m
            WHERE l.provider = 'kick' AND l.user_id = m.user_id AND l.external_id = m.broadcaster_user_id::text AND l.made_assignment)
        SELECT u.id, u.email, ARRAY[s.slug], 1, @seen_events, @seen_chat
        FROM made m JOIN users u ON u.id = m.user_id JOIN streamers s ON s.broadcaster_user_id = m.broadcaster_user_id
        """,
        [userId], [broadcasterUserId], grant, (slugs, had) => (Streamers(slugs, had!), Streamers(slugs, grant)), ct, seen) > 0;

    /// <returns>False if it was not assigned.</returns>
    public async Task<bool> UnassignAsync(Guid userId, long broadcasterUserId, CancellationToken ct) => await UnassignAsync([userId], [broadcasterUserId], ct) > 0;

    /// <returns>How many assignments ended.</returns>
    public Task<int> UnassignAsync(IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, CancellationToken ct) => ChangeAsync(
        "user.unassigned", Unassign("user_id = ANY (@users) AND broadcaster_user_id = ANY (@streamers)"), users, streamers, grant: null, (slugs, had) => (Streamers(slugs, had!), null), ct);

    /// <summary>Everybody's to one streamer, in the transaction that the connection has open.</summary>
    internal Task<int> EndAsync(NpgsqlConnection connection, long broadcasterUserId, CancellationToken ct) =>
        ChangeAsync(connection, "user.unassigned", Unassign("broadcaster_user_id = ANY (@streamers)"), [], [broadcasterUserId], grant: null, (slugs, had) => (Streamers(slugs, had!), null), ct);

    private static string Unassign(string which) =>
        $"""
        WITH gone AS (DELETE FROM assignments WHERE {which} RETURNING user_id, broadcaster_user_id, manages_events, manages_chat)
        SELECT u.id, u.email, array_agg(s.slug ORDER BY s.slug), count(*)::int, g.manages_events, g.manages_chat
        FROM gone g JOIN users u ON u.id = g.user_id JOIN streamers s ON s.broadcaster_user_id = g.broadcaster_user_id GROUP BY u.id, u.email, g.manages_events, g.manages_chat
        """;

    /// <summary>Gives each of the people whoever is in the group, now or later.</summary>
    /// <param name="groupId">A group of the Admins', not of one person.</param>
    /// <returns>How many known people that is; none if there is no such group.</returns>
    public Task<int> AssignGroupAsync(IReadOnlyCollection<Guid> users, long groupId, Grant grant, CancellationToken ct) => ChangeAsync(
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
        users, [groupId], grant, (names, had) => (had is null ? null : Group(names, had), Group(names, grant)), ct);

    /// <returns>How many assignments ended.</returns>
    public Task<int> UnassignGroupAsync(IReadOnlyCollection<Guid> users, long groupId, CancellationToken ct) =>
        ChangeAsync("user.group_unassigned", UnassignGroup("user_id = ANY (@users) AND group_id = ANY (@streamers)"), users, [groupId], grant: null, (names, had) => (Group(names, had!), null), ct);

    /// <summary>Everybody's to one group, in the transaction that the connection has open.</summary>
    internal Task<int> EndGroupAsync(NpgsqlConnection connection, long groupId, CancellationToken ct) =>
        ChangeAsync(connection, "user.group_unassigned", UnassignGroup("group_id = ANY (@streamers)"), [], [groupId], grant: null, (names, had) => (Group(names, had!), null), ct);

    private static string UnassignGroup(string which) =>
        $"""
        WITH gone AS (DELETE FROM group_assignments WHERE {which} RETURNING user_id, group_id, manages_events, manages_chat)
        SELECT u.id, u.email, array_agg(s.name), count(*)::int, g.manages_events, g.manages_chat
        FROM gone g JOIN users u ON u.id = g.user_id JOIN streamer_groups s ON s.id = g.group_id GROUP BY u.id, u.email, g.manages_events, g.manages_chat
        """;

    public Task<List<GroupAssignmentRow>> GroupsOfUserAsync(Guid userId, CancellationToken ct) => ReadGroupsAsync("a.user_id = $1", userId, ct);

    public Task<List<GroupAssignmentRow>> OfGroupAsync(long groupId, CancellationToken ct) => ReadGroupsAsync("a.group_id = $1", groupId, ct);

    /// <summary>Who sees a streamer by way of a group.</summary>
    public Task<List<GroupAssignmentRow>> GroupsOfStreamerAsync(long broadcasterUserId, CancellationToken ct) =>
        ReadGroupsAsync("EXISTS (SELECT FROM group_members m WHERE m.group_id = g.id AND m.broadcaster_user_id = $1)", broadcasterUserId, ct);

    public Task<List<AssignmentRow>> OfUserAsync(Guid userId, CancellationToken ct) => ReadAsync("a.user_id = $1", userId, ct);

    public Task<List<AssignmentRow>> OfStreamerAsync(long broadcasterUserId, CancellationToken ct) => ReadAsync("a.broadcaster_user_id = $1", broadcasterUserId, ct);

    private async Task<List<GroupAssignmentRow>> ReadGroupsAsync(string condition, object key, CancellationToken ct)
    {
        await using var command = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT a.user_id, coalesce(u.email, ''), u.role, g.id, g.name, (SELECT count(*)::int FROM group_members m WHERE m.group_id = g.id), a.manages_events, a.manages_chat, a.assigned_at
            FROM group_assignments a JOIN users u ON u.id = a.user_id JOIN streamer_groups g ON g.id = a.group_id
            WHERE {condition} ORDER BY g.name, u.normalized_email
            """));
        command.Parameters.AddWithValue(key);
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

    private async Task<int> ChangeAsync(
        string verb, string sql, IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, Grant? grant, Sides sides, CancellationToken ct, Grant? seen = null)
    {
        Actor.ThrowIfReadOnly();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        int pairs = await ChangeAsync(connection, verb, sql, users, streamers, grant, sides, ct, seen);
        await transaction.CommitAsync(ct);
        return pairs;
    }

    /// <param name="sql">Tells of each person and what they could do before: id, address, of what that was changed, how many there were, and the rights.</param>
    private async Task<int> ChangeAsync(
        NpgsqlConnection connection, string verb, string sql, IReadOnlyCollection<Guid> users, IReadOnlyCollection<long> streamers, Grant? grant, Sides sides, CancellationToken ct, Grant? seen = null)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("users", users.ToArray());
        command.Parameters.AddWithValue("streamers", streamers.ToArray());
        command.Parameters.AddWithValue("now", time.GetUtcNow());
        command.Parameters.AddWithValue("events", grant?.ManagesEvents ?? false);
        command.Parameters.AddWithValue("chat", grant?.ManagesChat ?? false);
        command.Parameters.AddWithValue("replaces", grant is not null);
        command.Parameters.AddWithValue("seen_events", seen?.ManagesEvents ?? false);
        command.Parameters.AddWithValue("seen_chat", seen?.ManagesChat ?? false);
        int pairs = 0;
        await using var batch = new NpgsqlBatch(connection);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                pairs += reader.GetInt32(3);
                if (reader.GetFieldValue<string[]>(2) is { Length: > 0 } names)
                {
                    var (before, after) = sides(names, reader.IsDBNull(4) ? null : new Grant(reader.GetBoolean(4), reader.GetBoolean(5)));
                    batch.BatchCommands.Add(audit.Command(new AuditEntry(verb, reader.GetGuid(0).ToString(), reader.GetString(1), before, after)));
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

    private static object Streamers(string[] slugs, Grant grant) => new { streamers = slugs, grant.ManagesEvents, grant.ManagesChat };

    private static object Group(string[] names, Grant grant) => new { group = names[0], grant.ManagesEvents, grant.ManagesChat };

    /// <summary>What the audit log is told of one person.</summary>
    /// <param name="had">Their rights until now; null if they had none.</param>
    private delegate (object? Before, object? After) Sides(string[] names, Grant? had);

    private async Task<List<AssignmentRow>> ReadAsync(string condition, object key, CancellationToken ct)
    {
        await using var command = source.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT a.user_id, coalesce(u.email, ''), u.role, a.broadcaster_user_id, s.slug, s.display_name, a.manages_events, a.manages_chat, a.assigned_at
            FROM assignments a JOIN users u ON u.id = a.user_id JOIN streamers s ON s.broadcaster_user_id = a.broadcaster_user_id
            WHERE {condition} AND s.removed_at IS NULL ORDER BY s.slug, u.normalized_email
            """));
        command.Parameters.AddWithValue(key);
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
