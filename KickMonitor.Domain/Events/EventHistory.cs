using System.Globalization;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>Which events somebody asks for.</summary>
/// <param name="Broadcasters">Null: everybody's, also those of nobody who is watched.</param>
public sealed record EventQuery(IReadOnlyCollection<long>? Broadcasters)
{
    public string? Type { get; init; }

    /// <summary>Every type but this.</summary>
    public string? TypeLeftOut { get; init; }

    /// <summary>Whose private events are among them; null: everybody's.</summary>
    public IReadOnlyCollection<long>? PrivateOf { get; init; }

    /// <summary>Only events older than this one.</summary>
    public long? Before { get; init; }

    public bool WithDuplicates { get; init; }

    /// <summary>How the name of whoever did it begins, in any case.</summary>
    public string? Person { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public EventState? State { get; init; }

    /// <summary>Only events of which a handler that was switched off did not do its part.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>Only this one.</summary>
    public long? Id { get; init; }

    public int Limit { get; init; } = 50;
}

/// <summary>One event, as people and programs see it.</summary>
public sealed record EventRow(
    long Id, string MessageId, string Type, long? BroadcasterUserId, DateTimeOffset SentAt, DateTimeOffset ReceivedAt, DateTimeOffset OccurredAt,
    EventState State, EventMark? Mark, long? DuplicateOf, int Repeats, int Attempts, string? Error, string? Actor, byte[] Body)
{
    private ReadEvent? _read;

    /// <summary>The handlers that were switched off when it was handled.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    public ReadEvent Read => _read ??= KickEventReader.Read(Type, Body);

    public bool IsReadable => Read is not ReadEvent.Unreadable;

    public string Summary => EventSentence.Of(Read, Type);

    public bool IsLate => Mark == EventMark.Late;

    /// <summary>Milliseconds from happening to receipt; never negative, whatever the clocks say.</summary>
    public long DelayMs => Math.Max(0, (long)(ReceivedAt - OccurredAt).TotalMilliseconds);
}

/// <summary>Reads events back, newest first by receipt.</summary>
public sealed class EventHistory(NpgsqlDataSource source)
{
    /// <summary>A search that finds little reads much.</summary>
    private const int PatienceSeconds = 8;
    private static readonly string PublicTypes = string.Join(", ", EventSight.PublicTypes.Select(t => $"'{t}'"));

    private const string Columns = "id, message_id, type, broadcaster_user_id, sent_at, received_at, coalesce(occurred_at, sent_at), state, mark, duplicate_of, repeats, attempts, error, actor, body, skipped";

    public async Task<List<EventRow>> ReadAsync(EventQuery query, CancellationToken ct)
    {
        await using var command = source.CreateCommand();
        command.CommandTimeout = PatienceSeconds;
        var conditions = new List<string>();
        Add(query.Broadcasters is { } who ? who.ToArray() : null, "broadcaster_user_id = ANY({0})");
        Add(query.Before, "id < {0}");
        Add(query.PrivateOf?.ToArray(), "(broadcaster_user_id = ANY({0}) OR ((mark IS NULL OR mark IN ('late', 'future')) AND (state <> 'pending' OR attempts > 0) AND type IN (" + PublicTypes + ")))");
        Add(query.Type, "type = {0}");
        Add(query.TypeLeftOut, "type <> {0}");
        Add(query.From?.ToUniversalTime(), "received_at >= {0}");
        Add(query.To?.ToUniversalTime(), "received_at < {0}");
        Add(query.State is { } state ? SnakeCase<EventState>.Of(state) : null, "state = {0}");
        Add(query.Person is { Length: > 0 } person ? Escaped(person.ToLowerInvariant()) + "%" : null, "actor LIKE {0}");
        Add(query.Id, "id = {0}");
        if (query.IsSkipped)
        {
            conditions.Add("skipped IS NOT NULL");
        }

        if (!query.WithDuplicates)
        {
            conditions.Add("duplicate_of IS NULL");
        }

        command.CommandText = Select(conditions, Math.Clamp(query.Limit, 1, 1000));
        return await ReadAsync(command, ct);

        void Add(object? value, string condition)
        {
            if (value is not null)
            {
                command.Parameters.Add(new() { Value = value });
                conditions.Add(string.Format(CultureInfo.InvariantCulture, condition, "$" + command.Parameters.Count));
            }
        }
    }

    public async Task<EventRow?> FindAsync(long id, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Select(["id = $1"], 1));
        command.Parameters.AddWithValue(id);
        return (await ReadAsync(command, ct)).SingleOrDefault();
    }

    /// <summary>These, as they are now; what is no longer kept is missing.</summary>
    public async Task<List<EventRow>> FindAsync(long[] ids, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Select(["id = ANY($1)"], ids.Length));
        command.Parameters.AddWithValue(ids);
        var rows = await ReadAsync(command, ct);
        rows.Reverse();
        return rows;
    }

    /// <summary>What became of events after a change, oldest change first.</summary>
    /// <param name="mostBytes">The bodies of one answer together take hardly more.</param>
    public async Task<(List<EventRow> Rows, long Last)> ChangedAsync(long after, int limit, long mostBytes, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            SELECT {Columns}, change FROM (
                SELECT *, sum(octet_length(body)) OVER (ORDER BY change) - octet_length(body) AS before FROM (SELECT * FROM events WHERE change > $1 ORDER BY change LIMIT $2) changed) e
            WHERE before <= $3 ORDER BY change
            """);
        command.Parameters.AddWithValue(after);
        command.Parameters.AddWithValue(limit);
        command.Parameters.AddWithValue(mostBytes);
        long last = after;
        var rows = new List<EventRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(Row(reader));
            last = reader.GetInt64(16);
        }

        return (rows, last);
    }

    public async Task<long> LastChangeAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT coalesce(max(change), 0) FROM events");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>
    /// Newest first. What nothing has become of yet is in no index but that of what is pending, since it has to be stored fast;
    /// there are few of them, or they wait for little longer.
    /// </summary>
    private static string Select(IEnumerable<string> conditions, int limit)
    {
        string where = string.Concat(conditions.Select(c => " AND " + c)), order = string.Create(CultureInfo.InvariantCulture, $"ORDER BY id DESC LIMIT {limit}");
        return $"(SELECT {Columns} FROM events WHERE change IS NOT NULL{where} {order}) UNION ALL (SELECT {Columns} FROM events WHERE change IS NULL AND state = 'pending'{where} {order}) {order}";
    }

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);

    private static async Task<List<EventRow>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var rows = new List<EventRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            rows.Add(Row(reader));
        }

        return rows;
    }

    private static EventRow Row(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetInt64(3),
        reader.GetFieldValue<DateTimeOffset>(4), reader.GetFieldValue<DateTimeOffset>(5), reader.GetFieldValue<DateTimeOffset>(6),
        SnakeCase<EventState>.Parse(reader.GetString(7)), reader.IsDBNull(8) ? null : SnakeCase<EventMark>.Parse(reader.GetString(8)),
        reader.IsDBNull(9) ? null : reader.GetInt64(9), reader.GetInt32(10), reader.GetInt32(11), reader.IsDBNull(12) ? null : reader.GetString(12),
        reader.IsDBNull(13) ? null : reader.GetString(13), reader.GetFieldValue<byte[]>(14))
    {
        Skipped = reader.IsDBNull(15) ? [] : reader.GetFieldValue<string[]>(15),
    };
}
