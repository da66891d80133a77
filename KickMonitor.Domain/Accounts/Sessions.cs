using System.Collections.Concurrent;
using System.Collections.Frozen;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

/// <summary>
/// Who is signed in where. Each cookie names its session, so that ending the session ends every copy of the cookie. The living
/// ones are in memory on each node and read again when the bus says so.
/// </summary>
public sealed class Sessions(IDbContextFactory<KickMonitorDb> databases, Bus bus, TimeProvider time) : IDisposable
{
    public const string Topic = "sessions";

    /// <summary>The claim that names the session.</summary>
    public const string Claim = "session";

    private static readonly TimeSpan SeenWrittenEvery = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _seen = new();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Lock _subscribing = new();
    private volatile FrozenSet<Guid> _living = [];
    private volatile Action[] _watchers = [];
    private IDisposable? _subscription;

    public async Task<Guid> BeginAsync(Guid userId, string? address, string? agent, CancellationToken ct) =>
        (await NoteAsync(userId, SignInOutcome.SignedIn, address, agent, ct)).Id;

    public Task FailedAsync(Guid userId, SignInOutcome outcome, string? address, string? agent, CancellationToken ct) =>
        NoteAsync(userId, outcome, address, agent, ct);

    /// <summary>Whether the session still lives; its use is noted.</summary>
    public async ValueTask<bool> LivesAsync(Guid id, CancellationToken ct)
    {
        Subscribe();
        if (!_living.Contains(id))
        {
            // It may have begun a moment ago, on another node. Who repeats one that is over makes nobody read all the others.
            if (!await IsAliveAsync(id, ct))
            {
                return false;
            }

            await ReadAsync(ct);
            if (!_living.Contains(id))
            {
                return false;
            }
        }

        var now = time.GetUtcNow();
        if (!_seen.TryGetValue(id, out var seen) || now - seen >= SeenWrittenEvery)
        {
            _seen[id] = now;
            await using var db = await databases.CreateDbContextAsync(ct);
            await db.SignIns.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeenAt, now), ct);
        }

        return true;
    }

    /// <summary>Whether the session began no longer ago than this.</summary>
    public async Task<bool> IsYoungerAsync(Guid id, TimeSpan age, CancellationToken ct)
    {
        var since = time.GetUtcNow() - age;
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.SignIns.AnyAsync(s => s.Id == id && s.At >= since, ct);
    }

    /// <summary>Whether it lived when this node last looked.</summary>
    public bool IsKnown(Guid id) => _living.Contains(id);

    public IDisposable Watch(Action watcher)
    {
        lock (_subscribing)
        {
            _watchers = [.. _watchers, watcher];
        }

        return new Watching(this, watcher);
    }

    public async Task<List<SignIn>> ActiveAsync(Guid userId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await Living(db).AsNoTracking().Where(s => s.UserId == userId).OrderByDescending(s => s.LastSeenAt).ToListAsync(ct);
    }

    public async Task<List<SignIn>> RecentAsync(Guid userId, int most, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.SignIns.AsNoTracking().Where(s => s.UserId == userId).OrderByDescending(s => s.At).Take(most).ToListAsync(ct);
    }

    /// <param name="owner">Only if it is this person's.</param>
    public Task EndAsync(Guid id, Guid owner, CancellationToken ct) => EndAsync(s => s.Id == id && s.UserId == owner, ct);

    public Task EndOthersAsync(Guid owner, Guid? keep, CancellationToken ct) => EndAsync(s => s.UserId == owner && s.Id != keep, ct);

    public void Dispose()
    {
        _subscription?.Dispose();
        _reading.Dispose();
    }

    private async Task<bool> IsAliveAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await Living(db).AnyAsync(s => s.Id == id, ct);
    }

    private IQueryable<SignIn> Living(KickMonitorDb db)
    {
        var since = time.GetUtcNow() - SignIn.Idle;
        return db.SignIns.Where(s => s.Outcome == SignInOutcome.SignedIn && s.EndedAt == null && s.LastSeenAt > since);
    }

    private async Task EndAsync(System.Linq.Expressions.Expression<Func<SignIn, bool>> which, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            await db.SignIns.Where(which).Where(s => s.EndedAt == null && s.Outcome == SignInOutcome.SignedIn)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), ct);
        }

        await ReadAsync(ct);
        await bus.PublishAsync(Topic, ct);
    }

    private async Task<SignIn> NoteAsync(Guid userId, SignInOutcome outcome, string? address, string? agent, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var entry = new SignIn
        {
            Id = Guid.NewGuid(),
            UserId = userId,
            At = now,
            Outcome = outcome,
            Address = LenientJson.Storable(address, SignIn.AddressLength),
            Agent = LenientJson.Storable(agent, SignIn.AgentLength),
            LastSeenAt = now,
        };
        await using var db = await databases.CreateDbContextAsync(ct);
        db.SignIns.Add(entry);
        await db.SaveChangesAsync(ct);
        return entry;
    }

    private void Subscribe()
    {
        if (_subscription is null)
        {
            lock (_subscribing)
            {
                _subscription ??= bus.Subscribe(Topic, ReadAsync);
            }
        }
    }

    private async Task ReadAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        FrozenSet<Guid> before;
        try
        {
            await using var db = await databases.CreateDbContextAsync(ct);
            before = _living;
            _living = (await Living(db).Select(s => s.Id).ToListAsync(ct)).ToFrozenSet();
        }
        finally
        {
            _reading.Release();
        }

        if (before.Any(id => !_living.Contains(id)))
        {
            foreach (var watcher in _watchers)
            {
                watcher();
            }
        }
    }

    private sealed class Watching(Sessions sessions, Action watcher) : IDisposable
    {
        public void Dispose()
        {
            lock (sessions._subscribing)
            {
                sessions._watchers = [.. sessions._watchers.Where(w => w != watcher)];
            }
        }
    }
}
