using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Kick;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Knows which facts were told before and which effects were performed. What is written here commits with the effects themselves.
/// </summary>
internal static class Ledger
{
    /// <summary>The effect of a fact being told at all; its entry names the first event that did.</summary>
    private const string Told = "told";
    private static readonly TimeSpan SameFollow = TimeSpan.FromMinutes(1);

    /// <returns>The first event that told the same, perhaps this one.</returns>
    public static Task<long> FirstAsync(NpgsqlConnection connection, long eventId, DateTimeOffset sentAt, KickEvent told, CancellationToken ct) => told switch
    {
        StreamMetadataChanged snapshot => FirstSnapshotAsync(connection, eventId, sentAt, snapshot, ct),
        Followed { NaturalKey: { } pair } => FirstFollowAsync(connection, eventId, sentAt, pair, ct),
        { NaturalKey: { } key } => EnterAsync(connection, eventId, sentAt, $"{Kind(told)}:{key}", ct),
        _ => Task.FromResult(eventId),
    };

    /// <summary>Enters the effects that are to be performed now.</summary>
    /// <returns>Those that nobody performed before.</returns>
    public static async Task<HashSet<string>> ClaimAsync(NpgsqlConnection connection, string[] effects, long firstId, long eventId, DateTimeOffset sentAt, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO action_ledger (effect, key, event_id, at) SELECT e, $2, $3, $4 FROM unnest($1) e ON CONFLICT DO NOTHING RETURNING effect", connection);
        command.Parameters.AddWithValue(effects);
        command.Parameters.AddWithValue(KeyOf(firstId));
        command.Parameters.AddWithValue(eventId);
        command.Parameters.AddWithValue(sentAt);
        var claimed = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add(reader.GetString(0));
        }

        return claimed;
    }

    public static string KeyOf(long firstId) => firstId.ToString(CultureInfo.InvariantCulture);

    private static string Kind(KickEvent told) => told switch
    {
        StreamStatusChanged => "status",
        Subscribed => "subscription",
        SubscriptionsGifted => "gifts",
        KicksGifted => "kicks",
        ChatMessage => "chat",
        Banned => "ban",
        RewardRedeemed => "redemption",
        _ => "other",
    };

    private static async Task<long> EnterAsync(NpgsqlConnection connection, long eventId, DateTimeOffset sentAt, string key, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO action_ledger (effect, key, event_id, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (effect, key) DO UPDATE SET effect = excluded.effect RETURNING event_id
            """, connection);
        command.Parameters.AddWithValue(Told);
        command.Parameters.AddWithValue(key);
        command.Parameters.AddWithValue(eventId);
        command.Parameters.AddWithValue(sentAt);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>A follow has neither id nor time; within a minute it is the same one. Events of one broadcaster are handled one after the other.</summary>
    private static async Task<long> FirstFollowAsync(NpgsqlConnection connection, long eventId, DateTimeOffset sentAt, string pair, CancellationToken ct)
    {
        long minute = sentAt.ToUnixTimeSeconds() / 60;
        string[] keys = [.. new[] { minute - 1, minute, minute + 1 }.Select(m => string.Create(CultureInfo.InvariantCulture, $"follow:{pair}:{m}"))];
        await using (var find = new NpgsqlCommand("SELECT event_id FROM action_ledger WHERE effect = $1 AND key = ANY($2) AND at BETWEEN $3 AND $4 ORDER BY event_id LIMIT 1", connection))
        {
            find.Parameters.AddWithValue(Told);
            find.Parameters.AddWithValue(keys);
            find.Parameters.AddWithValue(sentAt - SameFollow);
            find.Parameters.AddWithValue(sentAt + SameFollow);
            if (await find.ExecuteScalarAsync(ct) is long first)
            {
                return first;
            }
        }

        return await EnterAsync(connection, eventId, sentAt, keys[1], ct);
    }

    private static async Task<long> FirstSnapshotAsync(NpgsqlConnection connection, long eventId, DateTimeOffset sentAt, StreamMetadataChanged told, CancellationToken ct)
    {
        string text = string.Join('\u001f', told.Title, told.Language, told.CategoryId?.ToString(CultureInfo.InvariantCulture), told.Category, told.HasMatureContent?.ToString());
        string digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
        await using var command = new NpgsqlCommand(
            """
            WITH before AS (SELECT digest, event_id FROM metadata_snapshots WHERE broadcaster_user_id = $1),
            kept AS (
                INSERT INTO metadata_snapshots (broadcaster_user_id, digest, event_id, sent_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (broadcaster_user_id) DO UPDATE SET digest = $2, event_id = $3, sent_at = $4
                WHERE metadata_snapshots.digest <> $2 AND metadata_snapshots.sent_at <= $4)
            SELECT event_id FROM before WHERE digest = $2 AND event_id <= $3
            """, connection);
        command.Parameters.AddWithValue(told.Broadcaster.UserId!.Value);
        command.Parameters.AddWithValue(digest);
        command.Parameters.AddWithValue(eventId);
        command.Parameters.AddWithValue(sentAt);
        return await command.ExecuteScalarAsync(ct) is long first ? first : eventId;
    }
}
