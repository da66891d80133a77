using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KickMonitor.Domain.Accounts;
using Npgsql;

namespace KickMonitor.Domain.Retention;

/// <summary>Somebody at Kick, by id, by name, or both.</summary>
public sealed record KickWho(long? UserId, string? Name)
{
    /// <param name="text">A number is an id; everything else a name, with or without its @.</param>
    public static KickWho? Parse(string text)
    {
        text = text.Trim().TrimStart('@');
        return text.Length is 0 or > 100 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? new KickWho(id, null)
            : new KickWho(null, text);
    }

    public override string ToString() => UserId?.ToString(CultureInfo.InvariantCulture) ?? Name ?? string.Empty;
}

/// <param name="Events">That name the person, other than as the broadcaster.</param>
/// <param name="Supports">Entries in lists of supporters.</param>
public sealed record Traces(int Events, int Supports);

/// <summary>Finds and erases, on request, what events tell of somebody. Counts that name nobody stay; what a streamer's own channel did stays too.</summary>
public sealed class Erasure(NpgsqlDataSource source, Audit audit)
{
    private const int AtOnce = 500;
    private static readonly string[] NameProperties = ["username", "channel_slug"];

    public Task<Traces> FindAsync(KickWho who, CancellationToken ct) => WalkAsync(who, erase: false, ct);

    /// <summary>There is no way back but a backup.</summary>
    public async Task<Traces> EraseAsync(KickWho who, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        var gone = await WalkAsync(who, erase: true, ct);
        // Whom, is what is erased: it stands nowhere any more.
        await audit.WriteAsync(new AuditEntry("person.erased", "kick", "somebody at Kick", new { gone.Events, gone.Supports }), ct);
        return gone;
    }

    private async Task<Traces> WalkAsync(KickWho who, bool erase, CancellationToken ct)
    {
        int events = 0;
        await using var connection = await source.OpenConnectionAsync(ct);
        string last = string.Empty;
        while (true)
        {
            var (seen, found) = await LookAsync(connection, last, who, ct);
            if (seen is null)
            {
                break;
            }

            last = seen;
            events += found.Count;
            if (erase && found.Count > 0)
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new("DELETE FROM action_ledger WHERE event_id = ANY($1)") { Parameters = { new() { Value = found.Select(f => f.Id).ToArray() } } });
                batch.BatchCommands.Add(new("DELETE FROM events WHERE message_id = ANY($1)") { Parameters = { new() { Value = found.Select(f => f.MessageId).ToArray() } } });
                await batch.ExecuteNonQueryAsync(ct);
            }
        }

        const string mine = "FROM supporters WHERE user_id = $1 OR lower(name) = lower($2)";
        await using var supports = new NpgsqlCommand(erase ? $"WITH gone AS (DELETE {mine} RETURNING 1) SELECT count(*)::int FROM gone" : $"SELECT count(*)::int {mine}", connection);
        supports.Parameters.Add(new NpgsqlParameter<long?> { TypedValue = who.UserId });
        supports.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = who.Name });
        return new Traces(events, (int)(await supports.ExecuteScalarAsync(ct))!);
    }

    /// <returns>The last event that was looked at, null if there are no more; and those that name the person.</returns>
    private static async Task<(string? Last, List<(long Id, string MessageId)> Found)> LookAsync(NpgsqlConnection connection, string after, KickWho who, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"SELECT id, message_id, body FROM events WHERE message_id > $1 ORDER BY message_id LIMIT {AtOnce}", connection);
        command.Parameters.AddWithValue(after);
        string? last = null;
        var found = new List<(long, string)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            last = reader.GetString(1);
            if (Names(reader.GetFieldValue<byte[]>(2), who))
            {
                found.Add((reader.GetInt64(0), last));
            }
        }

        return (last, found);
    }

    private static bool Names(byte[] body, KickWho who)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
            return Names(document.RootElement, null, who);
        }
        catch (JsonException)
        {
            return IsNamedIn(Encoding.UTF8.GetString(body), who);
        }
    }

    /// <summary>A body that is no JSON, or was cut short, is kept as it came, and can name somebody all the same.</summary>
    private static bool IsNamedIn(string broken, KickWho who) =>
        (who.UserId is { } id && Regex.IsMatch(broken, string.Create(CultureInfo.InvariantCulture, $"\"user_id\"\\s*:\\s*{id}(?![0-9])"), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))
        || (who.Name is { } name && broken.Contains($"\"{name}\"", StringComparison.OrdinalIgnoreCase));

    private static bool Names(JsonElement element, string? role, KickWho who) => element.ValueKind switch
    {
        JsonValueKind.Object => (role != "broadcaster" && IsMeant(element, who)) || element.EnumerateObject().Any(p => Names(p.Value, p.Name, who)),
        JsonValueKind.Array => element.EnumerateArray().Any(e => Names(e, role, who)),
        _ => false,
    };

    private static bool IsMeant(JsonElement person, KickWho who) =>
        (who.UserId is { } id && person.TryGetProperty("user_id", out var of) && of.ValueKind == JsonValueKind.Number && of.TryGetInt64(out long number) && number == id)
        || (who.Name is { } name && NameProperties.Any(p => person.TryGetProperty(p, out var text) && text.ValueKind == JsonValueKind.String && string.Equals(text.GetString(), name, StringComparison.OrdinalIgnoreCase)));
}
