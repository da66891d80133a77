using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>
/// Tells every node that something changed, over one PostgreSQL connection per node. A notice names a topic and nothing else:
/// whoever listens reads what is new by its own cursor, so notices may be lost, doubled or late without harm. Every topic is
/// signalled after each (re)connection, and every <see cref="Heartbeat"/> anyway.
/// </summary>
public sealed partial class Bus(NpgsqlDataSource source, TimeProvider time, ILogger<Bus> logger) : BackgroundService
{
    /// <summary>A topic of this node alone: the connection came or went.</summary>
    public const string Connection = "connection";

    private const string Channel = "kickmonitor";
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Subscription, string> _subscriptions = new();

    /// <summary>Whoever missed a notice waits no longer than this.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Null while connected; else since when not.</summary>
    public DateTimeOffset? DisconnectedSince { get; private set; } = time.GetUtcNow();

    public bool IsConnected => DisconnectedSince is null;

    private TimeProvider Time => time;

    /// <summary>Calls back, one call at a time, whenever the topic may have news.</summary>
    public IDisposable Subscribe(string topic, Func<CancellationToken, Task> react)
    {
        var subscription = new Subscription(this, react);
        _subscriptions[subscription] = topic;
        return subscription;
    }

    /// <summary>A command that notifies all nodes when the transaction it is part of commits.</summary>
    public static NpgsqlBatchCommand NoticeCommand(string topic) =>
        new("SELECT pg_notify('" + Channel + "', $1)") { Parameters = { new() { Value = topic } } };

    public async Task PublishAsync(string topic, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT pg_notify('" + Channel + "', $1)");
        command.Parameters.Add(new() { Value = topic });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Signals the subscribers of this node only.</summary>
    public void Signal(string topic)
    {
        foreach (var (subscription, of) in _subscriptions)
        {
            if (of == topic)
            {
                subscription.Signal();
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, time, stoppingToken);
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException or IOException or InvalidOperationException)
            {
                if (IsConnected || pause == TimeSpan.Zero)
                {
                    LostConnection(e.Message);
                }

                DisconnectedSince ??= time.GetUtcNow();
                Signal(Connection);
                pause = TimeSpan.FromSeconds(1);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        connection.Notification += (_, notice) => Signal(notice.Payload);
        await using (var listen = new NpgsqlCommand("LISTEN " + Channel, connection))
        {
            await listen.ExecuteNonQueryAsync(ct);
        }

        DisconnectedSince = null;
        SignalAll();
        var last = Stopwatch.GetTimestamp();
        while (true)
        {
            var noticed = await connection.WaitAsync(Heartbeat, ct);
            if (!noticed || Stopwatch.GetElapsedTime(last) > Heartbeat)
            {
                // Proves that the connection is alive: a cut cable makes no noise.
                await using var ping = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = 5 };
                await ping.ExecuteNonQueryAsync(ct);
                SignalAll();
                last = Stopwatch.GetTimestamp();
            }
        }
    }

    private void SignalAll()
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            subscription.Signal();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The notification connection is down ({Reason}); trying again every second")]
    private partial void LostConnection(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A subscriber could not read what is new; it will try again")]
    private partial void ReactionFailed(Exception exception);

    private sealed class Subscription : IDisposable
    {
        private readonly Bus _bus;
        private readonly Func<CancellationToken, Task> _react;
        private readonly CancellationTokenSource _stop = new();
        private int _signals;

        public Subscription(Bus bus, Func<CancellationToken, Task> react) => (_bus, _react) = (bus, react);

        public void Signal()
        {
            if (Interlocked.Increment(ref _signals) == 1)
            {
                _ = Task.Run(ReactAsync);
            }
        }

        public void Dispose()
        {
            _bus._subscriptions.TryRemove(this, out _);
            _stop.Cancel();
        }

        private async Task ReactAsync()
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref _signals);
                try
                {
                    await _react(_stop.Token);
                }
                catch (OperationCanceledException) when (_stop.IsCancellationRequested)
                {
                }
                catch (Exception e)
                {
                    _bus.ReactionFailed(e);
                    _ = SignalAgainAsync();
                }
            }
            while (Interlocked.CompareExchange(ref _signals, 0, seen) != seen);
        }

        /// <summary>While the connection is down nobody is asked: its return signals everybody.</summary>
        private async Task SignalAgainAsync()
        {
            await Task.Delay(RetryPause, _bus.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_bus.IsConnected && !_stop.IsCancellationRequested)
            {
                Signal();
            }
        }
    }
}
