using System.Collections.Concurrent;
using System.Collections.Frozen;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using Npgsql;

namespace KickMonitor.Domain.Accounts;

/// <summary>What one person may do and see at this moment.</summary>
/// <param name="Owned">Channels that the person proved to own, by linking their Kick account.</param>
public sealed record UserRights(Guid UserId, Role Role, bool IsDisabled, string? SecurityStamp, FrozenSet<long> Assigned, FrozenSet<long> Owned)
{
    /// <summary>Of those assigned, the ones whose events they may act on.</summary>
    public FrozenSet<long> EventsManaged { get; init; } = [];

    /// <summary>Of those assigned, the ones whose chat they may change.</summary>
    public FrozenSet<long> ChatManaged { get; init; } = [];

    /// <summary>Nothing opens but the page where they choose a password.</summary>
    public bool MustChangePassword { get; init; }

    public bool IsAdmin => Role == Role.Admin && !IsDisabled;

    /// <summary>What pages are written in for them, like es; null: as the browser says.</summary>
    public string? Language { get; init; }

    public bool MaySee(long broadcasterUserId) => !IsDisabled && (Role == Role.Admin || Assigned.Contains(broadcasterUserId));

    public bool Owns(long broadcasterUserId) => !IsDisabled && Owned.Contains(broadcasterUserId);

    /// <summary>Viewers change nothing, whatever was assigned to them.</summary>
    public bool MayManageEvents(long broadcasterUserId) => IsAdmin || (!IsDisabled && Role == Role.User && EventsManaged.Contains(broadcasterUserId));

    /// <inheritdoc cref="MayManageEvents"/>
    public bool MayManageChat(long broadcasterUserId) => IsAdmin || (!IsDisabled && Role == Role.User && ChatManaged.Contains(broadcasterUserId));
}

/// <summary>
/// Everybody's rights, in memory on each node and read again whenever the bus says that some changed, so that asking costs
/// nothing and a change acts at once: on requests, open circuits, the hub and tokens.
/// </summary>
public sealed class Rights(NpgsqlDataSource source, Bus bus, TimeProvider time) : IDisposable
{
    public const string Topic = "rights";

    private const int MostLooks = 1000;
    private static readonly TimeSpan LookedFor = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(Guid User, string Stamp), Look> _looks = new();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Lock _watching = new();
    private Action[] _watchers = [];
    private FrozenDictionary<Guid, UserRights> _all = FrozenDictionary<Guid, UserRights>.Empty;
    private IDisposable? _subscription;
    private IDisposable? _groups;

    /// <summary>Calls back after rights changed; the call must be quick.</summary>
    public IDisposable Watch(Action watcher)
    {
        lock (_watching)
        {
            _watchers = [.. _watchers, watcher];
        }

        return new Watching(this, watcher);
    }

    public async Task StartAsync(CancellationToken ct)
    {
        await ReadAsync(ct);
        _subscription ??= bus.Subscribe(Topic, ReadAsync);

        // Who comes into a group that is assigned comes into sight.
        _groups ??= bus.Subscribe(Groups.Topic, ReadAsync);
    }

    /// <returns>Null if there is no such person.</returns>
    public UserRights? Of(Guid userId) => _all.GetValueOrDefault(userId);

    /// <summary>
    /// The rights of somebody who brings this stamp. If it is not the one that is known here, the news of theirs may still be on its way,
    /// so they are read once; not again for the same stamp before long, whoever repeats it.
    /// </summary>
    /// <returns>Null if there is no such person, or the stamp is not theirs.</returns>
    public async ValueTask<UserRights?> OfAsync(Guid userId, string stamp, CancellationToken ct)
    {
        if (Current() is null)
        {
            await LookAsync(userId, stamp).WaitAsync(ct);
        }

        return Current();

        UserRights? Current() => Of(userId) is { IsDisabled: false } person && person.SecurityStamp == stamp ? person : null;
    }

    public async Task ReadAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            var before = _all;
            _all = (await ReadAllAsync(ct)).ToFrozenDictionary(u => u.UserId);
            if (IsSame(before, _all))
            {
                return;
            }
        }
        finally
        {
            _reading.Release();
        }

        foreach (var watcher in Volatile.Read(ref _watchers))
        {
            watcher();
        }
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _groups?.Dispose();
        _reading.Dispose();
    }

    /// <summary>Whoever brings the same stamp at the same moment waits for the same look.</summary>
    private Task LookAsync(Guid userId, string stamp)
    {
        if (_looks.Count >= MostLooks)
        {
            _looks.Clear();
        }

        var now = time.GetUtcNow();
        return _looks.AddOrUpdate((userId, stamp), _ => Anew(), (_, last) => now - last.At < LookedFor && !last.HasFailed ? last : Anew()).Reading.Value;

        Look Anew() => new(now, new Lazy<Task>(() => ReadAsync(CancellationToken.None)));
    }

    private async Task<List<UserRights>> ReadAllAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT u.id, u.role, u.disabled_at IS NOT NULL, u.security_stamp, coalesce(a.all, '{}'), coalesce(a.events, '{}'), coalesce(a.chat, '{}'), u.must_change_password, u.language,
                ARRAY(SELECT l.external_id::bigint FROM account_links l WHERE l.user_id = u.id AND l.provider = 'kick' AND l.external_id ~ '^[0-9]{1,18}$')
            FROM users u LEFT JOIN (
                SELECT user_id, array_agg(broadcaster_user_id) AS all, array_agg(broadcaster_user_id) FILTER (WHERE manages_events) AS events,
                    array_agg(broadcaster_user_id) FILTER (WHERE manages_chat) AS chat
                FROM (
                    SELECT user_id, broadcaster_user_id, manages_events, manages_chat FROM assignments UNION ALL
                    SELECT g.user_id, m.broadcaster_user_id, g.manages_events, g.manages_chat FROM group_assignments g JOIN group_members m USING (group_id)) both_ways
                GROUP BY user_id) a ON a.user_id = u.id
            """);
        var all = new List<UserRights>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            all.Add(new UserRights(
                reader.GetGuid(0), SnakeCase<Role>.Parse(reader.GetString(1)), reader.GetBoolean(2), reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.GetFieldValue<long[]>(4).ToFrozenSet(), reader.GetFieldValue<long[]>(9).ToFrozenSet())
            {
                EventsManaged = reader.GetFieldValue<long[]>(5).ToFrozenSet(),
                ChatManaged = reader.GetFieldValue<long[]>(6).ToFrozenSet(),
                MustChangePassword = reader.GetBoolean(7),
                Language = reader.IsDBNull(8) ? null : reader.GetString(8),
            });
        }

        return all;
    }

    private static bool IsSame(FrozenDictionary<Guid, UserRights> before, FrozenDictionary<Guid, UserRights> after) =>
        before.Count == after.Count && after.All(p => before.TryGetValue(p.Key, out var old)
            && old.Role == p.Value.Role && old.IsDisabled == p.Value.IsDisabled && old.SecurityStamp == p.Value.SecurityStamp && old.Language == p.Value.Language
            && old.MustChangePassword == p.Value.MustChangePassword
            && old.Assigned.SetEquals(p.Value.Assigned) && old.Owned.SetEquals(p.Value.Owned)
            && old.EventsManaged.SetEquals(p.Value.EventsManaged) && old.ChatManaged.SetEquals(p.Value.ChatManaged));

    private sealed record Look(DateTimeOffset At, Lazy<Task> Reading)
    {
        public bool HasFailed => Reading is { IsValueCreated: true, Value.IsFaulted: true };
    }

    private sealed class Watching(Rights rights, Action watcher) : IDisposable
    {
        public void Dispose()
        {
            lock (rights._watching)
            {
                rights._watchers = [.. rights._watchers.Where(w => w != watcher)];
            }
        }
    }
}
