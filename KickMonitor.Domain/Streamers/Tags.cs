using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Streamers;

/// <summary>One tag across all streamers. A tag is there while somebody has it.</summary>
public sealed class Tags(NpgsqlDataSource source, Audit audit)
{
    /// <summary>Gives a tag to streamers who do not have it and have room for one more.</summary>
    /// <returns>How many got it.</returns>
    public Task<int> PutAsync(string tag, IReadOnlyCollection<long> streamers, CancellationToken ct) => ChangeAsync(
        $"broadcaster_user_id = ANY (@streamers) AND NOT @tag = ANY (tags) AND cardinality(tags) < {Tag.Most}", "array_append(old.tags, @tag)", tag, null, streamers, ct);

    /// <param name="streamers">Null: from everybody, so that the tag is there no longer.</param>
    /// <returns>How many had it.</returns>
    public Task<int> TakeAsync(string tag, IReadOnlyCollection<long>? streamers, CancellationToken ct) => ChangeAsync(
        "@tag = ANY (tags) AND (@streamers IS NULL OR broadcaster_user_id = ANY (@streamers))", "array_remove(old.tags, @tag)", tag, null, streamers, ct);

    /// <summary>Puts another tag in the place of one; who has both keeps the other.</summary>
    /// <returns>How many had it.</returns>
    public Task<int> RenameAsync(string tag, string to, CancellationToken ct) => ChangeAsync("@tag = ANY (tags)", "array_replace(old.tags, @tag, @to)", tag, to, null, ct);

    private async Task<int> ChangeAsync(string which, string tags, string tag, string? to, IReadOnlyCollection<long>? streamers, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var turn = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Locks.Changes})", connection))
        {
            await turn.ExecuteNonQueryAsync(ct);
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

        return changed;
    }
}
