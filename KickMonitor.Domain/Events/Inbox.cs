using System.Threading.Channels;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Where authentic deliveries become durable. One writer takes whatever waits and stores it by one statement and one commit, so
/// that a burst costs hardly more than a single delivery; whoever handed one in is told after that commit.
/// </summary>
public sealed partial class Inbox(NpgsqlDataSource source, EventPartitions partitions, InboxRepeats repeats, TimeProvider time, ILogger<Inbox> logger) : BackgroundService
{
    /// <summary>Says that something was stored.</summary>
    public const string Topic = "inbox";

    private const int MostWaiting = 8192;
    private const int MostWaitingBytes = 64 * 1024 * 1024;
    private const int MostRows = 512;
    private const int MostBytes = 8 * 1024 * 1024;
    private const int ToldTogether = 32;
    private const int PatienceSeconds = 3;

    /// <summary>More than anybody's channels tell: what comes faster than that for a while is a flood.</summary>
    private const int ManyASecond = 4000;
    private const int ManyAtOnce = 400;

    /// <summary>In a flood others need not hear of every commit.</summary>
    private static readonly TimeSpan NoticesApart = TimeSpan.FromMilliseconds(100);

    /// <summary>After a message came again, so many batches expect more of them.</summary>
    private const int BatchesOnGuard = 50;

    /// <summary>The 200 promises durability, also where the server was tuned to promise less.</summary>
    private static readonly string Begin =
        $"SELECT pg_advisory_xact_lock({Locks.Inbox}), CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END";

    private const string Insert =
        """
        INSERT INTO events (message_id, subscription_id, type, version, sent_at, received_at, due_at, broadcaster_user_id, body)
        SELECT m, s, t, v, sent, received, '-infinity', b, body
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bigint[], $8::bytea[])
            AS d(m, s, t, v, sent, received, b, body)
        """;

    /// <summary>Costs a fifth more than without the look for what is there already.</summary>
    private const string InsertNew = Insert + " ON CONFLICT (message_id) DO NOTHING RETURNING message_id";

    private readonly Channel<Delivery> _waiting = Channel.CreateBounded<Delivery>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private NpgsqlConnection? _connection;
    private bool _hasPartitions;
    private long _waitingBytes;
    private int _onGuard;
    private long _noticedAt;
    private double _flood;
    private long _floodAt;

    /// <summary>Deliveries that wait to be stored.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Deliveries pour in. Kick forgets what gets no answer within seconds; what is stored can be handled later.</summary>
    public bool IsPressed => Flood > ManyAtOnce;

    /// <summary>How many came beyond what is usual; it runs off with time.</summary>
    private double Flood => Volatile.Read(ref _flood) - (time.GetElapsedTime(Volatile.Read(ref _floodAt)).TotalSeconds * ManyASecond);

    /// <returns>True once it is durable, also when the message was there already; false if it could not be stored, so that Kick should try again.</returns>
    public ValueTask<bool> StoreAsync(Delivery delivery)
    {
        if (Interlocked.Add(ref _waitingBytes, delivery.Body.Length) > MostWaitingBytes || !_waiting.Writer.TryWrite(delivery))
        {
            Interlocked.Add(ref _waitingBytes, -delivery.Body.Length);
            return ValueTask.FromResult(false);
        }

        return delivery.Stored;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was handed in is still stored.
        _waiting.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Delivery>(MostRows);
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            int bytes = 0;
            while (batch.Count < MostRows && bytes < MostBytes && _waiting.Reader.TryRead(out var delivery))
            {
                batch.Add(delivery);
                bytes += delivery.Body.Length;
            }

            Volatile.Write(ref _flood, Math.Clamp(Flood, 0, 2 * ManyAtOnce) + batch.Count);
            Volatile.Write(ref _floodAt, time.GetTimestamp());
            await StoreAsync(batch);
            Interlocked.Add(ref _waitingBytes, -bytes);
            batch.Clear();
        }
    }

    /// <summary>A few at a time on other threads: each goes on to its answer where it is told, and the next batch should not wait for that.</summary>
    private static void Tell(List<Delivery> batch, bool stored)
    {
        foreach (var some in batch.Chunk(ToldTogether))
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static told =>
                {
                    foreach (var delivery in told.Some)
                    {
                        delivery.Tell(told.Stored);
                    }
                },
                (Some: some, Stored: stored),
                preferLocal: false);
        }
    }

    private async Task StoreAsync(List<Delivery> batch)
    {
        try
        {
            var added = await WriteWithSecondTryAsync(batch);
            Tell(batch, true);
            if (added is not null && added.Count < batch.Count)
            {
                // Not here and now: their rows may be held by whoever handles them, and others wait for their 200.
                _onGuard = BatchesOnGuard;
                repeats.Add(batch.Where(d => !added.Remove(d.MessageId)));
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && _onGuard == 0)
        {
            _onGuard = BatchesOnGuard;
            await StoreAsync(batch);
        }
        catch (PostgresException e) when (IsAboutData(e))
        {
            BadRow(e.MessageText);
            if (batch.Count == 1)
            {
                Tell(batch, false);
                return;
            }

            foreach (var delivery in batch)
            {
                await StoreAsync([delivery]);
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException or TimeoutException or OperationCanceledException)
        {
            NotStored(batch.Count, e.Message);
            await ForgetConnectionAsync();
            Tell(batch, false);
            RefuseWaiting();
        }
    }

    private static bool IsAboutData(PostgresException e) => e.SqlState is ['2', '2' or '3', ..] or ['5', '4', ..];

    /// <summary>A connection that died while it was idle is noticed only now; the statement may be repeated without harm.</summary>
    private async Task<HashSet<string>?> WriteWithSecondTryAsync(List<Delivery> batch)
    {
        try
        {
            return await WriteAsync(batch);
        }
        catch (NpgsqlException e) when (_connection is null or { State: not System.Data.ConnectionState.Open } || (e is PostgresException { SqlState: ['5', '7', ..] }))
        {
            await ForgetConnectionAsync();
            return await WriteAsync(batch);
        }
    }

    /// <returns>The ids of those that were not there yet; null: all.</returns>
    private async Task<HashSet<string>?> WriteAsync(List<Delivery> batch)
    {
        if (_connection is null)
        {
            await ConnectAsync();
        }

        await using var command = new NpgsqlBatch(_connection) { Timeout = PatienceSeconds };
        command.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
        bool isOnGuard = _onGuard > 0;
        var insert = new NpgsqlBatchCommand(isOnGuard ? InsertNew : Insert);
        Add(insert, NpgsqlDbType.Text, batch, d => d.MessageId);
        Add(insert, NpgsqlDbType.Text, batch, d => d.SubscriptionId);
        Add(insert, NpgsqlDbType.Text, batch, d => d.Type);
        Add(insert, NpgsqlDbType.Text, batch, d => d.Version);
        Add(insert, NpgsqlDbType.TimestampTz, batch, d => d.SentAt);
        Add(insert, NpgsqlDbType.TimestampTz, batch, d => d.ReceivedAt);
        Add(insert, NpgsqlDbType.Bigint, batch, d => d.BroadcasterUserId);
        Add(insert, NpgsqlDbType.Bytea, batch, d => d.Body);
        command.BatchCommands.Add(insert);
        if (!IsPressed || time.GetElapsedTime(_noticedAt) > NoticesApart)
        {
            command.BatchCommands.Add(Bus.NoticeCommand(Topic));
            _noticedAt = time.GetTimestamp();
        }

        await command.PrepareAsync();
        if (!isOnGuard)
        {
            await command.ExecuteNonQueryAsync();
            return null;
        }

        _onGuard--;
        var added = new HashSet<string>(batch.Count, StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            added.Add(reader.GetString(0));
        }

        while (await reader.NextResultAsync())
        {
            // An error in a later command of the batch, or of the commit, would surface here.
        }

        return added;
    }

    private async Task ConnectAsync()
    {
        _connection = await source.OpenConnectionAsync();
        if (!_hasPartitions)
        {
            await partitions.EnsureAsync(CancellationToken.None);
            _hasPartitions = true;
        }
    }

    private async Task ForgetConnectionAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }

        // Its neighbours in the pool have most likely died with it.
        source.Clear();
    }

    /// <summary>While the database is away nobody should wait for a turn that fails: Kick gives up after seconds.</summary>
    private void RefuseWaiting()
    {
        while (_waiting.Reader.TryRead(out var delivery))
        {
            Interlocked.Add(ref _waitingBytes, -delivery.Body.Length);
            Tell([delivery], false);
        }
    }

    private static void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, List<Delivery> batch, Func<Delivery, T> value)
    {
        var values = new T[batch.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(batch[i]);
        }

        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} deliveries could not be stored ({Reason}); Kick was asked to send them again")]
    private partial void NotStored(int count, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A delivery does not fit into the database ({Reason}); storing its batch one by one")]
    private partial void BadRow(string reason);
}
