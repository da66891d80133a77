using KickMonitor.Domain.Storage;

namespace KickMonitor.Domain.Events;

/// <summary>Passes what became of events on to everybody on this node who watches, a batch at a time, soon after it is committed anywhere.</summary>
public sealed class EventFeed(EventHistory history, Bus bus) : IDisposable
{
    private const int MostAtOnce = 500;
    private const long MostBytes = 8 * 1024 * 1024;
    private readonly Lock _watching = new();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private Action<IReadOnlyList<EventRow>>[] _watchers = [];
    private IDisposable? _subscription;
    private long? _last;

    /// <summary>Calls back with events that were handled; the call must be quick.</summary>
    public IDisposable Watch(Action<IReadOnlyList<EventRow>> watcher)
    {
        lock (_watching)
        {
            _watchers = [.. _watchers, watcher];
            _subscription ??= bus.Subscribe(Dispatch.Topic, ReadAsync);
        }

        return new Watching(this, watcher);
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _reading.Dispose();
    }

    public async Task ReadAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            if (_last is null)
            {
                // What came before anybody watched is history.
                _last = await history.LastChangeAsync(ct);
                return;
            }

            while (true)
            {
                var (rows, last) = await history.ChangedAsync(_last.Value, MostAtOnce, MostBytes, ct);
                _last = last;
                if (rows.Count == 0)
                {
                    return;
                }

                foreach (var watcher in Volatile.Read(ref _watchers))
                {
                    watcher(rows);
                }
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    private sealed class Watching(EventFeed feed, Action<IReadOnlyList<EventRow>> watcher) : IDisposable
    {
        public void Dispose()
        {
            lock (feed._watching)
            {
                feed._watchers = [.. feed._watchers.Where(w => w != watcher)];
            }
        }
    }
}
