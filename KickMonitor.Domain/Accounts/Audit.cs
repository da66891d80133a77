using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Accounts;

/// <summary>
/// Who changed what, when, from where. Entries are added, with the change itself where that has a transaction, and the database
/// refuses to alter them, or to delete one before its time. Only the names of people whose account is gone leave them.
/// </summary>
public sealed class Audit(NpgsqlDataSource source, TimeProvider time)
{
    private const int LongestSide = 64 * 1024;
    private const string Insert =
        """
        INSERT INTO audit (at, actor_id, actor, via, address, verb, subject_id, subject, before, after)
        VALUES (@at, @actor_id, coalesce(@actor, (SELECT email FROM users WHERE id = @actor_id), @actor_id::text), @via,
            coalesce(@address, (SELECT address FROM sign_ins WHERE id = @session)), @verb, @subject_id, @subject, @before, @after)
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private static readonly string[] SecretNames = ["password", "secret", "hash", "accesstoken", "refreshtoken", "apikey", "privatekey", "masterkey"];

    /// <summary>Writes an entry by itself.</summary>
    public async Task WriteAsync(AuditEntry entry, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(Command(entry));
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Writes an entry in the transaction that the context has open, if any.</summary>
    public Task WriteAsync(KickMonitorDb db, AuditEntry entry, CancellationToken ct) =>
        db.Database.ExecuteSqlRawAsync(Insert, Parameters(entry).Cast<object>(), ct);

    /// <summary>
    /// Takes the name of somebody whose account is gone out of what was written down. The database lets nothing else of an entry
    /// change, and works out itself what is left of it.
    /// </summary>
    internal static async Task ForgetAsync(KickMonitorDb db, User gone, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE audit SET (actor, address, subject, before, after) = (SELECT w.actor, w.address, w.subject, w.before, w.after FROM without_the_gone(audit) w)
            WHERE actor_id = {gone.Id} OR subject_id = {gone.Id.ToString()} OR audit_owner(audit) = {gone.Id}
            """, ct);
        await db.Database.ExecuteSqlAsync($"UPDATE setting_changes SET by = pseudonym({gone.Id}) WHERE by = {gone.Email}", ct);
        await db.Database.ExecuteSqlAsync($"UPDATE feature_flags SET changed_by = pseudonym({gone.Id}) WHERE changed_by = {gone.Email}", ct);
        await db.Database.ExecuteSqlAsync($"UPDATE replays SET requested_by = pseudonym({gone.Id}) WHERE requested_by = {gone.Email}", ct);
    }

    /// <summary>The entry as part of a batch.</summary>
    public NpgsqlBatchCommand Command(AuditEntry entry)
    {
        var command = new NpgsqlBatchCommand(Insert);
        command.Parameters.AddRange(Parameters(entry));
        return command;
    }

    /// <summary>Newest first.</summary>
    public async IAsyncEnumerable<AuditRow> ReadAsync(AuditQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT id, at, actor_id, actor, via, address, verb, subject_id, subject, before::text, after::text FROM audit
            WHERE ($1::bigint IS NULL OR id < $1)
              AND ($2::text IS NULL OR actor ILIKE $2 OR actor_id::text = $3)
              AND ($4::text IS NULL OR verb = $4 OR starts_with(verb, $4 || '.'))
              AND ($5::text IS NULL OR subject ILIKE $5 OR subject_id = $6)
              AND ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)
            ORDER BY id DESC LIMIT $9
            """);
        command.Parameters.AddRange(new[]
        {
            Of(query.Before, NpgsqlDbType.Bigint),
            Of(Pattern(query.Person), NpgsqlDbType.Text), Of(Clean(query.Person), NpgsqlDbType.Text),
            Of(Clean(query.Verb)?.ToLowerInvariant(), NpgsqlDbType.Text),
            Of(Pattern(query.Subject), NpgsqlDbType.Text), Of(Clean(query.Subject), NpgsqlDbType.Text),
            Of(query.From?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Of(query.To?.ToUniversalTime(), NpgsqlDbType.TimestampTz),
            Of(query.Limit, NpgsqlDbType.Integer),
        });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            yield return new AuditRow
            {
                Id = reader.GetInt64(0),
                At = reader.GetFieldValue<DateTimeOffset>(1),
                ActorId = reader.IsDBNull(2) ? null : reader.GetGuid(2),
                Actor = reader.GetString(3),
                Via = reader.GetString(4),
                Address = Text(5),
                Verb = reader.GetString(6),
                SubjectId = reader.GetString(7),
                Subject = reader.GetString(8),
                Before = Text(9),
                After = Text(10),
            };
        }

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    /// <summary>What to tell somebody whose change comes too late: who was first, when, and with what.</summary>
    /// <param name="verbs">Those that change what it is about; a word without a dot stands for all that begin with it.</param>
    public Task<string> ChangedMeanwhileAsync(string subjectId, string[] verbs, CancellationToken ct) => ChangedMeanwhileAsync(
        "subject_id = @subject_id AND (verb = ANY (@verbs) OR split_part(verb, '.', 1) = ANY (@verbs))",
        [new NpgsqlParameter<string>("subject_id", subjectId), new NpgsqlParameter<string[]>("verbs", verbs)], ct);

    /// <inheritdoc cref="ChangedMeanwhileAsync(string, string[], CancellationToken)"/>
    /// <param name="which">The entries that tell of such changes, as SQL.</param>
    internal async Task<string> ChangedMeanwhileAsync(string which, NpgsqlParameter[] parameters, CancellationToken ct)
    {
        await using var command = source.CreateCommand($"SELECT actor, verb, at FROM audit WHERE {which} ORDER BY id DESC LIMIT 1");
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{reader.GetString(0)} changed this meanwhile ({reader.GetString(1)}, {reader.GetDateTime(2):yyyy-MM-dd HH:mm:ss} UTC). Nothing was overwritten: look at it again.")
            : "Somebody changed this meanwhile. Nothing was overwritten: look at it again.";
    }

    private NpgsqlParameter[] Parameters(AuditEntry entry)
    {
        var actor = Actor.Current is { IsReadOnly: false } one ? one : throw new ReadOnlyException();
        return
        [
            Of(time.GetUtcNow(), NpgsqlDbType.TimestampTz, "at"),
            Of(actor.UserId, NpgsqlDbType.Uuid, "actor_id"),
            Of(actor.Name, NpgsqlDbType.Text, "actor"),
            Of(actor.Via, NpgsqlDbType.Text, "via"),
            Of(actor.Address, NpgsqlDbType.Text, "address"),
            Of(actor.Session, NpgsqlDbType.Uuid, "session"),
            Of(entry.Verb, NpgsqlDbType.Text, "verb"),
            Of(LenientJson.Storable(entry.SubjectId, AuditRow.NameLength) ?? string.Empty, NpgsqlDbType.Text, "subject_id"),
            Of(LenientJson.Storable(entry.Subject, AuditRow.NameLength) ?? string.Empty, NpgsqlDbType.Text, "subject"),
            Of(Written(entry.Before), NpgsqlDbType.Jsonb, "before"),
            Of(Written(entry.After), NpgsqlDbType.Jsonb, "after"),
        ];
    }

    private static NpgsqlParameter Of(object? value, NpgsqlDbType type, string? name = null) => new() { ParameterName = name ?? string.Empty, Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static string? Written(object? side)
    {
        if (side is null)
        {
            return null;
        }

        var node = JsonSerializer.SerializeToNode(side, Json);
        Mask(node);
        string text = (node?.ToJsonString(Json) ?? "null").Replace("\\u0000", "\\uFFFD", StringComparison.OrdinalIgnoreCase);
        return text.Length <= LongestSide ? text : JsonSerializer.Serialize(new { tooLong = text.Length, begins = text[..1000] }, Json);
    }

    /// <summary>The last guard: callers name what they write, and what is named like a secret is not written.</summary>
    private static void Mask(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject properties:
                foreach (string name in properties.Select(p => p.Key).ToList())
                {
                    if (properties[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String && SecretNames.Any(s => name.Contains(s, StringComparison.OrdinalIgnoreCase)))
                    {
                        properties[name] = "•••";
                    }
                    else
                    {
                        Mask(properties[name]);
                    }
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Mask(item);
                }

                break;
        }
    }

    private static string? Clean(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim().Replace("\0", string.Empty, StringComparison.Ordinal);

    private static string? Pattern(string? text) => Clean(text) is { } wanted ? Like.Contains(wanted) : null;
}

/// <summary>Which entries. What is null does not narrow.</summary>
/// <param name="Person">Part of a name, or an id.</param>
/// <param name="Verb">A verb, or what verbs begin with up to the dot.</param>
/// <param name="Subject">Part of a name, or an id.</param>
/// <param name="Before">Only those with smaller ids.</param>
public sealed record AuditQuery(
    string? Person = null, string? Verb = null, string? Subject = null, DateTimeOffset? From = null, DateTimeOffset? To = null, long? Before = null, int Limit = 50);
