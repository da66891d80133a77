using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.SignalR;

namespace KickMonitor.Benchmarks.Yardsticks;

public sealed record BareRow(int Id, string Name, string Status, int Viewers, DateTimeOffset Since, string Title, string Category, DateTimeOffset CheckedAt);

/// <summary>1,000 rows in memory, of which 50 change every second while somebody looks.</summary>
public sealed class BareBoard : IDisposable
{
    public const int Rows = 1000;
    public const int Changes = 50;

    private readonly IHubContext<BareHub> _hub;
    private readonly IHubContext<BareBroadcast> _broadcast;
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private readonly Random _random = new(1);
    private BareRow[] _rows = [.. Enumerable.Range(0, Rows).Select(i => new BareRow(i, $"streamer_{i}", "live", 1000 - i, DateTimeOffset.UnixEpoch, $"The title of broadcast number {i}", "Just Chatting", DateTimeOffset.UnixEpoch))];
    private Action[] _pages = [];

    public BareBoard(IHubContext<BareHub> hub, IHubContext<BareBroadcast> broadcast)
    {
        (_hub, _broadcast) = (hub, broadcast);
        _timer = new Timer(_ => Change(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public BareRow[] Snapshot => Volatile.Read(ref _rows);

    public IDisposable Watch(Action page)
    {
        lock (_gate)
        {
            _pages = [.. _pages, page];
        }

        return new Watching(this, page);
    }

    public void Dispose() => _timer.Dispose();

    private void Change()
    {
        var next = (BareRow[])_rows.Clone();
        var changed = new List<BareRow>(Changes);
        for (int i = 0; i < Changes; i++)
        {
            // Every twentieth row: as large a share of those that can be seen as of all.
            int place = ((i * (Rows / Changes)) + _random.Next(Rows / Changes)) % Rows;
            next[place] = next[place] with { Viewers = _random.Next(100_000), CheckedAt = DateTimeOffset.UtcNow };
            changed.Add(next[place]);
        }

        // As the dashboard does: those with most viewers first.
        Array.Sort(next, (a, b) => b.Viewers.CompareTo(a.Viewers));

        // The first row tells when it changed, for a page to measure how late it shows that.
        next[0] = next[0] with { Title = string.Create(CultureInfo.InvariantCulture, $"sent-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}") };
        Volatile.Write(ref _rows, next);
        foreach (var page in Volatile.Read(ref _pages))
        {
            page();
        }

        foreach (string listener in BareHub.Listeners.Keys)
        {
            _ = _hub.Clients.Client(listener).SendAsync("Changed", changed);
        }

        _ = _broadcast.Clients.All.SendAsync("Changed", changed);
    }

    private sealed class Watching(BareBoard board, Action page) : IDisposable
    {
        public void Dispose()
        {
            lock (board._gate)
            {
                board._pages = [.. board._pages.Where(p => p != page)];
            }
        }
    }
}

/// <summary>
/// What a program would do that shows each person what that person may see, as the dashboard does: a message a listener. It sends
/// the rows that changed, with what a row shows.
/// </summary>
public sealed class BareHub : Hub
{
    public static readonly ConcurrentDictionary<string, bool> Listeners = new(StringComparer.Ordinal);

    public override Task OnConnectedAsync()
    {
        Listeners[Context.ConnectionId] = true;
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        Listeners.TryRemove(Context.ConnectionId, out _);
        return Task.CompletedTask;
    }
}

/// <summary>The same to everybody, whoever they are: written once, and sent as it is.</summary>
public sealed class BareBroadcast : Hub;
