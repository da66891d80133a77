using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Streamers;

/// <summary>What became of a tag.</summary>
/// <param name="Streamers">How many had it.</param>
/// <param name="IsStale">Others have it by now than those who were seen, so nothing was changed.</param>
public sealed record ChangeTag(int Streamers, bool IsStale = false);

/// <summary>One tag across all streamers. A tag is there while somebody has it.</summary>
public sealed class Tags(NpgsqlDataSource source, Audit audit)
{
    /// <summary>Gives a tag to streamers who do not have it and have room for one more.</summary>
    /// <returns>How many got it.</returns>
    public async Task<int> PutAsync(string tag, IReadOnlyCollection<long> streamers, CancellationToken ct) => (await ChangeAsync(
        $"broadcaster_user_id = ANY (@streamers) AND NOT @tag = ANY (tags) AND cardinality(tags) < {Tag.Most}", "array_append(old.tags, @tag)", tag, null, streamers, ct)).Streamers;

    /// <returns>How many had it.</returns>
    public async Task<int> TakeAsync(string tag, IReadOnlyCollection<long> streamers, CancellationToken ct) =>
        (await ChangeAsync("@tag = ANY (tags) AND broadcaster_user_id = ANY (@streamers)", "array_remove(old.tags, @tag)", tag, null, streamers, ct)).Streamers;

    /// <summary>Takes a tag from everybody, so that it is there no longer.</summary>
    /// <param name="isAsSeen">Whether the <see cref="Tag.StampOf(string, IEnumerable{long})"/> is the one that the change was decided by; null: it does not matter.</param>
    public Task<ChangeTag> RemoveAsync(string tag, CancellationToken ct, Func<string, bool>? isAsSeen = null) =>
        ChangeAsync("@tag = ANY (tags)", "array_remove(old.tags, @tag)", tag, null, null, ct, isAsSeen);

    /// <summary>Puts another tag in the place of one; who has both keeps the other.</summary>
    /// <inheritdoc cref="RemoveAsync" path="/param"/>
    public Task<ChangeTag> RenameAsync(string tag, string to, CancellationToken ct, Func<string, bool>? isAsSeen = null) =>
        ChangeAsync("@tag = ANY (tags)", "array_replace(old.tags, @tag, @to)", tag, to, null, ct, isAsSeen);

    /// <summary>What to tell somebody whose change of a tag comes too late: who was the last to give it to somebody or to take it.</summary>
    public Task<string> ChangedMeanwhileAsync(string tag, CancellationToken ct) => audit.ChangedMeanwhileAsync(
        $"""
        verb IN ('streamer.tagged', 'streamer.removed') AND {HadIt("before")} <> {HadIt("after")}
            OR verb = 'streamer.added' AND EXISTS (SELECT FROM streamers s WHERE s.broadcaster_user_id::text = subject_id AND s.removed_at IS NULL AND @tag = ANY (s.tags))
        """,
        [new NpgsqlParameter<string>("tag", tag)], ct);

    private static string HadIt(string side) => $"coalesce(@tag = ANY (string_to_array({side} ->> 'tags', ' ')) AND ({side} ->> 'removed') IS DISTINCT FROM 'true', false)";

    private async Task<ChangeTag> ChangeAsync(
        string which, string tags, string tag, string? to, IReadOnlyCollection<long>? streamers, CancellationToken ct, Func<string, bool>? isAsSeen = null)
    {
        Actor.ThrowIfReadOnly();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var turn = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Locks.Changes})", connection))
        {
            await turn.ExecuteNonQueryAsync(ct);
        }

        if (isAsSeen is not null && await HoldersAsync(connection, tag, ct) is { Count: > 0 } holders && !isAsSeen(Tag.StampOf(tag, holders)))
        {
            return new ChangeTag(holders.Count, IsStale: true);
        }

        if (tag == to)
        {
            return new ChangeTag((await HoldersAsync(connection, tag, ct)).Count);
        }

        await using var command = new NpgsqlCommand(
            $"""
            WITH old AS MATERIALIZED (SELECT broadcaster_user_id, tags FROM streamers WHERE removed_at IS NULL AND {which} FOR UPDATE)
            UPDATE streamers s SET tags = ARRAY(SELECT DISTINCT t COLLATE "C" FROM unnest({tags}) t ORDER BY 1), version = nextval('changes')
            FROM old WHERE s.broadcaster_user_id = old.broadcaster_user_id
            RETURNING s.broadcaster_user_id, s.slug, array_to_string(old.tags, ' '), array_to_string(s.tags, ' ')
            """, connection);
        command.Parameters.AddWithValue("tag", tag);
        command.Parameters.Add(new NpgsqlParameter<string?>("to", to));
        command.Parameters.Add(new NpgsqlParameter<long[]?>("streamers", streamers?.ToArray()));
        await using var batch = new NpgsqlBatch(connection);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                batch.BatchCommands.Add(audit.Command(new AuditEntry(
                    "streamer.tagged", reader.GetInt64(0).ToString(CultureInfo.InvariantCulture), reader.GetString(1), new { tags = reader.GetString(2) }, new { tags = reader.GetString(3) })));
            }
        }

        int changed = batch.BatchCommands.Count;
        if (changed > 0)
        {
            batch.BatchCommands.Add(Bus.NoticeCommand(Merge.Topic));
            await batch.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }

        return new ChangeTag(changed);
    }

    private static async Task<List<long>> HoldersAsync(NpgsqlConnection connection, string tag, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT broadcaster_user_id FROM streamers WHERE removed_at IS NULL AND $1 = ANY (tags)", connection) { Parameters = { new() { Value = tag } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var holders = new List<long>();
        while (await reader.ReadAsync(ct))
        {
            holders.Add(reader.GetInt64(0));
        }

        return holders;
    }
}
