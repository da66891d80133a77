using KickMonitor.Domain.Storage;
using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Accounts;

/// <summary>A person as lists show them.</summary>
/// <param name="IsInvited">They have not chosen a password yet.</param>
/// <param name="Links">The providers of their linked accounts.</param>
public sealed record PersonRow(
    Guid Id, string Email, string? DisplayName, Role Role, bool IsDisabled, bool TwoFactor, bool IsInvited, DateTimeOffset? LastSignInAt, DateTimeOffset CreatedAt, string[] Links);

public enum PeopleOrder
{
    Email,
    LastSignIn,
    Newest,
}

/// <summary>Which people, in which order. What is null does not narrow.</summary>
/// <param name="Search">Part of the address or the name.</param>
public sealed record PeopleQuery(string? Search = null, Role? Role = null, bool? Disabled = null, PeopleOrder Order = PeopleOrder.Email, int Skip = 0, int Limit = 50);

/// <summary>Lists people a page at a time, so that ten thousand are as quick as ten.</summary>
public sealed class PeopleList(NpgsqlDataSource source)
{
    private const string Columns =
        """
        u.id, u.email, u.display_name, u.role, u.disabled_at IS NOT NULL, u.two_factor_enabled, u.password_hash IS NULL, u.last_sign_in_at, u.created_at,
        ARRAY(SELECT l.provider FROM account_links l WHERE l.user_id = u.id ORDER BY 1)
        """;

    /// <returns>The page, and how many there are in all.</returns>
    public async Task<(List<PersonRow> Rows, int Total)> ReadAsync(PeopleQuery query, CancellationToken ct)
    {
        string order = query.Order switch
        {
            PeopleOrder.LastSignIn => "last_sign_in_at DESC NULLS LAST, normalized_email",
            PeopleOrder.Newest => "created_at DESC, normalized_email",
            _ => "normalized_email",
        };
        await using var command = source.CreateCommand(
            $"""
            WITH found AS MATERIALIZED (
                SELECT * FROM users
                WHERE ($1::text IS NULL OR email ILIKE $1 OR display_name ILIKE $1) AND ($2::text IS NULL OR role = $2) AND ($3::boolean IS NULL OR (disabled_at IS NOT NULL) = $3)),
            page AS (SELECT * FROM found ORDER BY {order} OFFSET $4 LIMIT $5)
            SELECT {Columns}, (SELECT count(*)::int FROM found) FROM page u ORDER BY {order}
            """);
        command.Parameters.Add(new() { Value = (object?)Pattern(query.Search) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = query.Role is { } role ? SnakeCase<Role>.Of(role) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)query.Disabled ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean });
        command.Parameters.AddWithValue(query.Skip);
        command.Parameters.AddWithValue(query.Limit);
        var rows = new List<PersonRow>();
        int total = 0;
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(Row(reader));
            total = reader.GetInt32(10);
        }

        return (rows, total);
    }

    /// <summary>In the order of their ids, which never change: nobody is repeated or left out between two pages.</summary>
    public async Task<List<PersonRow>> AfterAsync(Guid? last, string? search, Role? role, int limit, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            SELECT {Columns} FROM users u
            WHERE ($1::uuid IS NULL OR u.id > $1) AND ($2::text IS NULL OR u.email ILIKE $2 OR u.display_name ILIKE $2) AND ($3::text IS NULL OR u.role = $3)
            ORDER BY u.id LIMIT $4
            """);
        command.Parameters.Add(new() { Value = (object?)last ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = (object?)Pattern(search) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = role is { } wanted ? SnakeCase<Role>.Of(wanted) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.AddWithValue(limit);
        var rows = new List<PersonRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(Row(reader));
        }

        return rows;
    }

    private static PersonRow Row(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.IsDBNull(1) ? string.Empty : reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), SnakeCase<Role>.Parse(reader.GetString(3)),
        reader.GetBoolean(4), reader.GetBoolean(5), reader.GetBoolean(6), reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<DateTimeOffset>(8),
        reader.GetFieldValue<string[]>(9));

    private static string? Pattern(string? text) => string.IsNullOrWhiteSpace(text) ? null : Like.Contains(text.Trim());
}
