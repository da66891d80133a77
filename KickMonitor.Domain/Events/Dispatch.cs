using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Takes stored events and has them handled. Any node takes any lane; a lane is some of the broadcasters, and one at a time works
/// on it, so that one broadcaster's events are handled in their order. What is done about events and that it was done commit together.
/// </summary>
public sealed partial class Dispatch(
    NpgsqlDataSource source, Merge merge, SourceLog sources, EventOptions options, IEnumerable<IEventHandler> handlers, Flags flags, TimeProvider time, ILogger<Dispatch> logger)
{
    /// <summary>Says that something became of events.</summary>
    public const string Topic = "events";

    public const int MostAttempts = 8;

    private const int MostAtOnce = 64;
    private const string Columns = "id, message_id, type, subscription_id, sent_at, received_at, broadcaster_user_id, body, attempts, replay_id";

    /// <summary>For one batch; a handler that takes longer has failed, and stops nobody else.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan[] Pauses = [.. new[] { 1, 5, 30, 120, 600, 1800, 7200 }.Select(s => TimeSpan.FromSeconds(s))];
    private readonly IEventHandler[] _handlers = [.. handlers];

    /// <summary>Handles what is due in one lane.</summary>
    /// <returns>How many events were taken; 0 if nothing is due that nobody else works on.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        List<Taken> taken;
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            taken = await TakeAsync(connection, ct);
            if (taken.Count == 0)
            {
                return 0;
            }

            try
            {
                await HandleInTimeAsync(connection, taken, ct);
                await transaction.CommitAsync(ct);
            }
            catch (Exception e) when (IsHandlers(e, connection, ct))
            {
                await transaction.RollbackAsync(ct);
                foreach (var one in taken)
                {
                    await HandleAloneAsync(connection, one, ct);
                }
            }
        }

        await sources.SucceededAsync(SourceLog.KickWebhooks, "deliveries", ct);
        return taken.Count;
    }

    /// <summary>A failure of a handler, and not of the database or of a server that stops.</summary>
    private static bool IsHandlers(Exception e, NpgsqlConnection connection, CancellationToken ct) =>
        !ct.IsCancellationRequested && connection.State == System.Data.ConnectionState.Open && e switch
        {
            PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => true,
            PostgresException p => p.SqlState is not (['5', '7' or '3', ..] or ['0', '8', ..]),
            NpgsqlException n => n.InnerException is TimeoutException,
            _ => true,
        };

    private async Task<List<Taken>> TakeAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH busy AS MATERIALIZED (
                SELECT lane FROM generate_series(0, 7) lane
                WHERE EXISTS (SELECT FROM events WHERE state = 'pending' AND coalesce(broadcaster_user_id, 0) & 7 = lane AND due_at <= $1)
                ORDER BY random()),
            mine AS MATERIALIZED (SELECT lane FROM busy WHERE pg_try_advisory_xact_lock({Locks.EventLane}, lane) LIMIT 1),
            fresh AS MATERIALIZED (
                SELECT {Columns} FROM events WHERE state = 'pending' AND coalesce(broadcaster_user_id, 0) & 7 = (SELECT lane FROM mine) AND due_at = '-infinity'
                ORDER BY id LIMIT {MostAtOnce} FOR UPDATE SKIP LOCKED),
            again AS MATERIALIZED (
                SELECT {Columns} FROM events WHERE state = 'pending' AND coalesce(broadcaster_user_id, 0) & 7 = (SELECT lane FROM mine) AND due_at > '-infinity' AND due_at <= $1
                ORDER BY due_at LIMIT {MostAtOnce} FOR UPDATE SKIP LOCKED)
            SELECT * FROM fresh UNION ALL SELECT * FROM again ORDER BY id
            """, connection);
        command.Parameters.AddWithValue(time.GetUtcNow());
        return await ReadAsync(command, ct);
    }

    private static async Task<List<Taken>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var taken = new List<Taken>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            string type = reader.GetString(2);
            byte[] body = reader.GetFieldValue<byte[]>(7);
            taken.Add(new Taken(
                reader.GetInt64(0), reader.GetString(1), type, reader.IsDBNull(3) ? null : reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetFieldValue<DateTimeOffset>(5),
                reader.IsDBNull(6) ? null : reader.GetInt64(6), KickEventReader.Read(type, body), reader.GetInt32(8), !reader.IsDBNull(9)));
        }

        return taken;
    }

    private async Task HandleInTimeAsync(NpgsqlConnection connection, List<Taken> taken, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        await HandleAsync(connection, taken, either.Token);
    }

    private async Task HandleAsync(NpgsqlConnection connection, List<Taken> taken, CancellationToken ct)
    {
        var ours = await OursAsync(connection, taken, ct);
        var observations = new List<Observation>();
        foreach (var one in taken)
        {
            one.Mark = MarkOf(one, ours);
            if (one.Told is { } told && one.Mark is null or EventMark.Late)
            {
                one.First = await Ledger.FirstAsync(connection, one.Id, one.SaidAt, told, ct);
            }

            if (one.Mark is null)
            {
                await ActAsync(connection, one, observations, ct);
            }
        }

        if (observations.Count > 0)
        {
            await merge.ApplyAsync(observations, null, ct);
        }

        await FinishAsync(connection, taken, ct);
    }

    private async Task ActAsync(NpgsqlConnection connection, Taken one, List<Observation> observations, CancellationToken ct)
    {
        var told = one.Told!;
        var wanted = new List<IEventHandler>();
        foreach (var handler in _handlers.Where(h => h.WouldDo(told, Speech.English) is not null))
        {
            if (await flags.IsOnAsync(handler.Flag, told.Broadcaster.UserId!.Value))
            {
                wanted.Add(handler);
            }
            else
            {
                one.Skipped.Add(handler.Name);
            }
        }

        if (wanted.Count == 0)
        {
            return;
        }

        var work = new EventWork(one.Id, one.Type, one.SaidAt, one.ReceivedAt, one.OccurredAt, connection, observations);
        var claimed = await Ledger.ClaimAsync(connection, [.. wanted.Select(h => h.Name)], one.First, one.Id, one.SaidAt, ct);
        foreach (var handler in wanted.Where(h => claimed.Contains(h.Name) || (one.IsDuplicate && h.IsRenewedBy(told))))
        {
            await handler.ActAsync(work, told, ct);
        }
    }

    /// <summary>Kick signs the deliveries of all apps alike: only those count whose subscription or broadcaster is ours.</summary>
    private static async Task<(HashSet<long> Broadcasters, HashSet<string> Subscriptions)> OursAsync(NpgsqlConnection connection, List<Taken> taken, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new("SELECT broadcaster_user_id FROM streamers WHERE removed_at IS NULL AND broadcaster_user_id = ANY($1)")
        {
            Parameters = { new() { Value = taken.Select(t => t.Told?.Broadcaster.UserId).OfType<long>().Distinct().ToArray() } },
        });
        batch.BatchCommands.Add(new("SELECT id FROM event_subscriptions WHERE id = ANY($1)")
        {
            Parameters = { new() { Value = taken.Select(t => t.SubscriptionId).OfType<string>().Distinct().ToArray() } },
        });
        var (broadcasters, subscriptions) = (new HashSet<long>(), new HashSet<string>(StringComparer.Ordinal));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            broadcasters.Add(reader.GetInt64(0));
        }

        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            subscriptions.Add(reader.GetString(0));
        }

        return (broadcasters, subscriptions);
    }

    private EventMark? MarkOf(Taken one, (HashSet<long> Broadcasters, HashSet<string> Subscriptions) ours) => one.Read switch
    {
        ReadEvent.Unreadable => EventMark.Unreadable,
        ReadEvent.UnknownType => EventMark.UnknownType,
        ReadEvent.Mismatch => EventMark.Mismatch,
        _ when !ours.Broadcasters.Contains(one.Told!.Broadcaster.UserId!.Value) && (one.SubscriptionId is null || !ours.Subscriptions.Contains(one.SubscriptionId)) => EventMark.Foreign,
        _ when !one.IsReplay && one.ReceivedAt - one.SentAt > options.AcceptSpan => EventMark.Late,
        _ when !one.IsReplay && one.SentAt - one.ReceivedAt > options.AcceptSpan => EventMark.Future,
        _ => null,
    };

    private async Task FinishAsync(NpgsqlConnection connection, List<Taken> taken, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (EventStats.Command(taken.Where(t => !t.IsReplay).Select(t => t.Measure())) is { } stats)
        {
            batch.BatchCommands.Add(stats);
        }

        batch.BatchCommands.Add(new($"SELECT pg_advisory_xact_lock({Locks.Events})"));
        var update = new NpgsqlBatchCommand(
            """
            UPDATE events e SET state = CASE WHEN u.mark IS NULL THEN 'done' ELSE 'held' END, mark = u.mark, error = NULL, handled_at = $6,
                occurred_at = u.occurred, duplicate_of = u.first, broadcaster_user_id = coalesce(u.broadcaster, e.broadcaster_user_id), actor = u.actor,
                skipped = string_to_array(u.skipped, ' '), change = nextval('event_changes')
            FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $7::text[], $8::text[]) AS u(m, mark, occurred, first, broadcaster, actor, skipped)
            WHERE e.message_id = u.m
            """);
        Add(update, NpgsqlDbType.Text, taken, t => t.MessageId);
        Add(update, NpgsqlDbType.Text, taken, t => t.Mark is { } mark ? SnakeCase<EventMark>.Of(mark) : null);
        Add(update, NpgsqlDbType.TimestampTz, taken, t => t.OccurredAt);
        Add(update, NpgsqlDbType.Bigint, taken, t => t.IsDuplicate ? t.First : (long?)null);
        Add(update, NpgsqlDbType.Bigint, taken, t => t.Told?.Broadcaster.UserId);
        update.Parameters.Add(new() { Value = time.GetUtcNow() });
        Add(update, NpgsqlDbType.Text, taken, t => t.Told is { } told ? EventSentence.Actor(told)?.Name?.ToLowerInvariant() : null);
        Add(update, NpgsqlDbType.Text, taken, t => t.Skipped.Count > 0 ? string.Join(' ', t.Skipped) : null);
        batch.BatchCommands.Add(update);
        batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>One of a batch failed: each gets a transaction of its own, so that it stops nobody else.</summary>
    private async Task HandleAloneAsync(NpgsqlConnection connection, Taken one, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            // Whoever has the lane in between goes on with it, so that one at a time still works on a broadcaster's events.
            await using (var mine = new NpgsqlCommand($"SELECT pg_try_advisory_xact_lock({Locks.EventLane}, {(one.BroadcasterUserId ?? 0) & 7})", connection))
            {
                if (!(bool)(await mine.ExecuteScalarAsync(ct))!)
                {
                    return;
                }
            }

            await using var take = new NpgsqlCommand(
                $"""
                SELECT {Columns}
                FROM events WHERE message_id = $1 AND state = 'pending' FOR UPDATE SKIP LOCKED
                """, connection);
            take.Parameters.AddWithValue(one.MessageId);
            var taken = await ReadAsync(take, ct);
            if (taken.Count > 0)
            {
                await HandleInTimeAsync(connection, taken, ct);
                await transaction.CommitAsync(ct);
            }
        }
        catch (Exception e) when (IsHandlers(e, connection, ct))
        {
            await transaction.RollbackAsync(ct);
            Failed(e, one.Id, one.Type, one.Attempts + 1);
            await PutOffAsync(connection, one, e, ct);
        }
    }

    private async Task PutOffAsync(NpgsqlConnection connection, Taken one, Exception e, CancellationToken ct)
    {
        bool isLast = one.Attempts + 1 >= MostAttempts;
        var now = time.GetUtcNow();
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection);
        if (isLast && EventStats.Command([one.Measure() with { IsFailed = true }]) is { } stats && !one.IsReplay)
        {
            batch.BatchCommands.Add(stats);
        }

        batch.BatchCommands.Add(new($"SELECT pg_advisory_xact_lock({Locks.Events})"));
        batch.BatchCommands.Add(new(
            """
            UPDATE events SET attempts = attempts + 1, due_at = $2, error = $3, occurred_at = $5, state = CASE WHEN $4 THEN 'failed' ELSE state END, change = nextval('event_changes')
            WHERE message_id = $1 AND state = 'pending'
            """)
        {
            Parameters =
            {
                new() { Value = one.MessageId },
                new() { Value = now + Pauses[Math.Min(one.Attempts, Pauses.Length - 1)] },
                new() { Value = LenientJson.Storable($"{e.GetType().Name}: {e.Message}", 500) ?? "no message" },
                new() { Value = isLast },
                new() { Value = one.OccurredAt },
            },
        });
        batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
        await batch.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    private static void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, List<Taken> taken, Func<Taken, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. taken.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {Id} ({Type}) could not be handled, attempt {Attempt}")]
    private partial void Failed(Exception exception, long id, string type, int attempt);

    private sealed record Taken(
        long Id, string MessageId, string Type, string? SubscriptionId, DateTimeOffset SentAt, DateTimeOffset ReceivedAt, long? BroadcasterUserId, ReadEvent Read, int Attempts, bool IsReplay)
    {
        /// <summary>A body that claims to come from the future is not believed about when.</summary>
        private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(10);

        public KickEvent? Told { get; } = (Read as ReadEvent.Known)?.Event;

        public DateTimeOffset OccurredAt => Told?.At is { } at && at <= SentAt + Ahead ? at : SentAt;

        /// <summary>When its word was true at the latest: a sender's clock that is ahead must not outlast what others say later.</summary>
        public DateTimeOffset SaidAt => SentAt < ReceivedAt ? SentAt : ReceivedAt;

        public EventMark? Mark { get; set; }

        public long First { get; set; } = Id;

        /// <summary>The handlers that were switched off.</summary>
        public List<string> Skipped { get; } = [];

        public bool IsDuplicate => First != Id;

        public EventMeasure Measure() => new(Type, Told?.Broadcaster.UserId ?? BroadcasterUserId ?? 0, ReceivedAt, ReceivedAt - SentAt)
        {
            IsDuplicate = IsDuplicate,
            IsLate = Mark == EventMark.Late,
            IsHeld = Mark is not null and not EventMark.Late,
        };
    }
}
