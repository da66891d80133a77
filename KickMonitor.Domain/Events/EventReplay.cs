using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>One handler's part in an event.</summary>
/// <param name="Does">What it would do, in words.</param>
/// <param name="IsDone">The ledger has it already.</param>
/// <param name="IsOff">The handler is switched off for this streamer.</param>
public sealed record ReplayEffect(string Handler, string Does, bool IsDone, bool IsOff)
{
    public bool ActsAnew => !IsDone && !IsOff;
}

/// <summary>What handling an event again would do.</summary>
/// <param name="Effects">Each handler's part; none if the event cannot be handled, or is about nobody who is watched.</param>
public sealed record ReplayStep(EventRow Event, IReadOnlyList<ReplayEffect> Effects)
{
    public bool ActsAnew => Effects.Any(e => e.ActsAnew);
}

/// <summary>
/// Has events handled again: late ones that somebody wants after all, failed ones after a fix, unknown ones after an upgrade. The
/// ledger keeps what was done from being done twice. It is for Admins, and for those who may manage the events of all streamers in it.
/// </summary>
public sealed class EventReplay(EventHistory history, NpgsqlDataSource source, Audit audit, IEnumerable<IEventHandler> handlers, Flags flags, TimeProvider time)
{
    public const int Most = 1000;

    private readonly IEventHandler[] _handlers = [.. handlers];

    /// <summary>Changes nothing.</summary>
    public async Task<List<ReplayStep>> TryAsync(EventQuery query, Say say, CancellationToken ct)
    {
        var rows = await history.ReadAsync(query with { Limit = Most, WithDuplicates = true }, ct);
        rows.Reverse();
        var done = await DoneAsync([.. rows.Select(FirstOf).Distinct()], ct);
        var ours = await OursAsync([.. rows.Select(r => r.Id)], ct);
        var plan = new List<ReplayStep>(rows.Count);
        foreach (var row in rows)
        {
            var effects = new List<ReplayEffect>();
            foreach (var handler in row.Read is ReadEvent.Known && ours.Contains(row.Id) ? _handlers : [])
            {
                var told = ((ReadEvent.Known)row.Read).Event;
                if (handler.WouldDo(told, say) is { } does)
                {
                    bool isOn = await flags.IsOnAsync(handler.Flag, told.Broadcaster.UserId!.Value);
                    effects.Add(new ReplayEffect(handler.Name, does, done.Contains((handler.Name, FirstOf(row))), !isOn));

                    // What an earlier one of them does is done when a later one tells the same.
                    if (isOn)
                    {
                        done.Add((handler.Name, FirstOf(row)));
                    }
                }
            }

            plan.Add(new ReplayStep(row, effects));
        }

        return plan;
    }

    /// <summary>Queues events anew: the ones that were tried, and not what has come since.</summary>
    /// <param name="query">By which they were chosen, for the record.</param>
    /// <returns>The replay's id, and how many events it takes; null if this person may not.</returns>
    public async Task<(long Id, int Events)?> RunAsync(IReadOnlyCollection<ReplayStep> plan, EventQuery query, UserRights person, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (!person.IsAdmin && !plan.All(s => s.Event.BroadcasterUserId is { } about && person.MayManageEvents(about)))
        {
            return null;
        }

        if (plan.Count == 0)
        {
            return (0, 0);
        }

        long[] ids = [.. plan.Select(s => s.Event.Id)];
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var record = new NpgsqlCommand("INSERT INTO replays (requested_by, requested_at, filter, events) SELECT coalesce(email, id::text), $2, $3, $4 FROM users WHERE id = $1 RETURNING id", connection);
        record.Parameters.AddWithValue(person.UserId);
        record.Parameters.AddWithValue(time.GetUtcNow());
        record.Parameters.AddWithValue(Words(query));
        record.Parameters.AddWithValue(ids.Length);
        long id = (long)(await record.ExecuteScalarAsync(ct))!;
        await using var queue = new NpgsqlCommand(
            "UPDATE events SET state = 'pending', attempts = 0, due_at = '-infinity', error = NULL, replay_id = $2 WHERE id = ANY($1) AND change IS NOT NULL AND state <> 'pending'", connection);
        queue.Parameters.AddWithValue(ids);
        queue.Parameters.AddWithValue(id);
        int events = await queue.ExecuteNonQueryAsync(ct);
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.BatchCommands.Add(audit.Command(new AuditEntry(
                "events.replayed", id.ToString(CultureInfo.InvariantCulture), $"replay {id.ToString(CultureInfo.InvariantCulture)}", After: new { filter = Words(query), events, first = ids.Min(), last = ids.Max() })));
            batch.BatchCommands.Add(Bus.NoticeCommand(Inbox.Topic));
            await batch.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
        return (id, events);
    }

    /// <returns>How many of a replay's events still wait, and how many failed.</returns>
    public async Task<(int Waiting, int Failed)> ProgressAsync(long id, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            "SELECT count(*) FILTER (WHERE state = 'pending')::int, count(*) FILTER (WHERE state = 'failed')::int FROM events WHERE replay_id = $1 AND state IN ('pending', 'failed')");
        command.Parameters.AddWithValue(id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt32(0), reader.GetInt32(1));
    }

    private static long FirstOf(EventRow row) => row.DuplicateOf ?? row.Id;

    private static string Words(EventQuery query) => string.Join(", ", new[]
    {
        query.Type,
        query.Id is { } one ? "event " + one.ToString(CultureInfo.InvariantCulture) : null,
        query.State?.ToString().ToLowerInvariant(),
        query.IsSkipped ? "skipped" : null,
        query.Broadcasters is { } b ? "broadcasters " + string.Join(' ', b.Take(20).Select(x => x.ToString(CultureInfo.InvariantCulture))) : null,
        query.Person is { } p ? $"by “{p}”" : null,
        query.From is { } from ? $"from {from:O}" : null,
        query.To is { } to ? $"until {to:O}" : null,
    }.OfType<string>()) is { Length: > 0 } words ? words : "everything";

    /// <summary>Those of which streamer or subscription is ours now; the others are acted on by nobody, however often they are handled.</summary>
    private async Task<HashSet<long>> OursAsync(long[] ids, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT e.id FROM events e WHERE e.change IS NOT NULL AND e.id = ANY($1)
                AND (EXISTS (SELECT FROM streamers s WHERE s.broadcaster_user_id = e.broadcaster_user_id AND s.removed_at IS NULL)
                    OR EXISTS (SELECT FROM event_subscriptions s WHERE s.id = e.subscription_id))
            """);
        command.Parameters.AddWithValue(ids);
        var ours = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            ours.Add(reader.GetInt64(0));
        }

        return ours;
    }

    private async Task<HashSet<(string, long)>> DoneAsync(long[] firstIds, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT effect, key FROM action_ledger WHERE effect = ANY($1) AND key = ANY($2)");
        command.Parameters.AddWithValue(_handlers.Select(h => h.Name).ToArray());
        command.Parameters.AddWithValue(firstIds.Select(Ledger.KeyOf).ToArray());
        var done = new HashSet<(string, long)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            done.Add((reader.GetString(0), long.Parse(reader.GetString(1), CultureInfo.InvariantCulture)));
        }

        return done;
    }
}
