using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Components;

/// <summary>How the sources are doing, read once per node and change, and shown on every page.</summary>
public sealed class SourceStates(StatusReport report, Bus bus, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private Action[] _watchers = [];
    private IDisposable[] _subscriptions = [];

    public IReadOnlyList<StatusSource> Failing { get; private set; } = [];

    /// <summary>Since when the database does not answer; null while it does.</summary>
    public DateTimeOffset? DatabaseGoneSince { get; private set; }

    public IDisposable Watch(Action watcher)
    {
        watcher = Languages.Keep(watcher);
        lock (_gate)
        {
            _watchers = [.. _watchers, watcher];
            if (_subscriptions.Length == 0)
            {
                _subscriptions = [bus.Subscribe(SourceLog.Topic, ReadAsync), bus.Subscribe(Bus.Connection, _ => CheckDatabaseAsync())];
            }
        }

        return new Watching(this, watcher);
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }

    private Task CheckDatabaseAsync()
    {
        if (DatabaseGoneSince != bus.DisconnectedSince)
        {
            DatabaseGoneSince = bus.DisconnectedSince;
            Tell();
        }

        return Task.CompletedTask;
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        var failing = (await report.SourcesAsync(ct)).Where(IsWorthABanner).ToList();
        if (failing.Select(s => (s.Name, s.Since, s.LastError)).SequenceEqual(Failing.Select(s => (s.Name, s.Since, s.LastError))))
        {
            return;
        }

        Failing = failing;
        Tell();
    }

    /// <summary>Single failures are Kick's daily life; a banner that comes and goes would only teach people not to read it.</summary>
    private bool IsWorthABanner(StatusSource source) =>
        source.State == SourceState.Failing || (source.State == SourceState.Degraded && source.Since < time.GetUtcNow() - Patience);

    private void Tell()
    {
        foreach (var watcher in Volatile.Read(ref _watchers))
        {
            watcher();
        }
    }

    private sealed class Watching(SourceStates states, Action watcher) : IDisposable
    {
        public void Dispose()
        {
            lock (states._gate)
            {
                states._watchers = [.. states._watchers.Where(w => w != watcher)];
            }
        }
    }
}
