using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Texts;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Web.Linking;

/// <summary>Which links wait for somebody, read once per node and notice, and shown on every page.</summary>
public sealed class LinkStates(IDbContextFactory<KickMonitorDb> databases, Bus bus) : IDisposable
{
    private readonly Lock _gate = new();
    private volatile List<(Guid User, string Provider)> _ended = [];
    private volatile List<string> _refusing = [];
    private Action[] _watchers = [];
    private IDisposable? _subscription;

    /// <summary>The providers at which the person has to sign in again.</summary>
    public IReadOnlyList<string> EndedOf(Guid userId)
    {
        Subscribe();
        return [.. _ended.Where(l => l.User == userId).Select(l => l.Provider)];
    }

    /// <summary>The providers that do not take this installation's client id or secret.</summary>
    public IReadOnlyList<string> Refusing
    {
        get
        {
            Subscribe();
            return _refusing;
        }
    }

    public IDisposable Watch(Action watcher)
    {
        watcher = Languages.Keep(watcher);
        lock (_gate)
        {
            _watchers = [.. _watchers, watcher];
        }

        return new Watching(this, watcher);
    }

    public async Task ReadAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var links = await db.AccountLinks
            .Where(l => l.State == LinkState.SignInAgain || (l.State == LinkState.Retrying && l.LastError!.StartsWith(TokenVault.CredentialsRefused)))
            .OrderBy(l => l.Provider).ThenBy(l => l.UserId).Select(l => new { l.UserId, l.Provider, l.State }).ToListAsync(ct);
        var ended = links.Where(l => l.State == LinkState.SignInAgain).Select(l => (l.UserId, l.Provider)).ToList();
        var refusing = links.Where(l => l.State == LinkState.Retrying).Select(l => l.Provider).Distinct(StringComparer.Ordinal).ToList();
        if (ended.SequenceEqual(_ended) && refusing.SequenceEqual(_refusing, StringComparer.Ordinal))
        {
            return;
        }

        (_ended, _refusing) = (ended, refusing);
        foreach (var watcher in Volatile.Read(ref _watchers))
        {
            watcher();
        }
    }

    public void Dispose() => _subscription?.Dispose();

    /// <summary>Links have no notices of their own; those of the sources, and the beat of the bus, are often enough.</summary>
    private void Subscribe()
    {
        if (_subscription is null)
        {
            lock (_gate)
            {
                _subscription ??= bus.Subscribe(SourceLog.Topic, ReadAsync);
            }
        }
    }

    private sealed class Watching(LinkStates states, Action watcher) : IDisposable
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
