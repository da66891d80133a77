using System.Collections.Frozen;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Monitoring;

/// <summary>One streamer as people see it now. Never changed, only replaced.</summary>
public sealed record BoardRow(
    long BroadcasterUserId, string Slug, string DisplayName, string? AvatarUrl,
    StreamerStatus Status, DateTimeOffset Since, int? Viewers, ViewerQuality ViewerQuality,
    string? Title, string? Category, string? Language, string? ThumbnailUrl,
    DateTimeOffset AddedAt, DateTimeOffset? PausedAt, DateTimeOffset? CheckedAt, Source CheckedBy)
{
    /// <summary>In the order of the alphabet, with a space between: one text, so that rows compare by what they say.</summary>
    public string Tags { get; init; } = string.Empty;

    /// <summary>When it got its slug. Two can have the same one while Kick gives it from one to the other.</summary>
    public DateTimeOffset SlugSince { get; init; }

    public bool IsPaused => PausedAt is not null;

    public bool IsLive => Status == StreamerStatus.Live;

    public bool HasTag(string tag)
    {
        foreach (var at in Tags.AsSpan().Split(' '))
        {
            if (Tags.AsSpan(at).SequenceEqual(tag))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The board at one instant.</summary>
public sealed class BoardSnapshot(FrozenDictionary<long, int> places, BoardRow[] rows)
{
    public static readonly BoardSnapshot Empty = new(FrozenDictionary<long, int>.Empty, []);

    public ReadOnlySpan<BoardRow> Rows => rows;

    public IReadOnlyList<BoardRow> All => rows;

    public BoardRow? Find(long id) => places.TryGetValue(id, out int place) ? rows[place] : null;

    /// <summary>The streamer who has this slug now: of two, the one who got it last.</summary>
    public BoardRow? Find(string slug)
    {
        BoardRow? found = null;
        foreach (var row in rows)
        {
            if (row.Slug.Equals(slug, StringComparison.OrdinalIgnoreCase) && (found is null || row.SlugSince > found.SlugSince))
            {
                found = row;
            }
        }

        return found;
    }

    internal BoardSnapshot With(IReadOnlyCollection<BoardRow> changed, IReadOnlyCollection<long> removed)
    {
        if (removed.Count == 0 && changed.All(r => places.ContainsKey(r.BroadcasterUserId)))
        {
            var copy = (BoardRow[])rows.Clone();
            foreach (var row in changed)
            {
                copy[places[row.BroadcasterUserId]] = row;
            }

            return new BoardSnapshot(places, copy);
        }

        var all = rows.ToDictionary(r => r.BroadcasterUserId);
        foreach (var row in changed)
        {
            all[row.BroadcasterUserId] = row;
        }

        foreach (long id in removed)
        {
            all.Remove(id);
        }

        BoardRow[] next = [.. all.Values];
        return new BoardSnapshot(next.Select((r, i) => (r.BroadcasterUserId, i)).ToFrozenDictionary(p => p.BroadcasterUserId, p => p.i), next);
    }
}

/// <summary>What one reading of the database brought.</summary>
/// <param name="Changed">Rows of which people see something new; a mere check is not among them.</param>
/// <param name="Checked">Rows that were looked at and found as they were.</param>
/// <param name="ReadAt">When this node learned it.</param>
public sealed record BoardChange(
    BoardSnapshot Snapshot, IReadOnlyList<BoardRow> Changed, IReadOnlyList<long> Removed, IReadOnlyList<BoardRow> Checked,
    IReadOnlyList<StatusEvent> Events, DateTimeOffset ReadAt);

/// <summary>
/// This node's picture of all streamers: read from the database at start and whenever the bus says that there is news, by a
/// cursor over versions, so that a node that was cut off catches up. Readers get immutable snapshots.
/// </summary>
public sealed partial class LiveBoard(NpgsqlDataSource source, Bus bus, TimeProvider time, ILogger<LiveBoard> logger) : IDisposable
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Lock _watching = new();
    private BoardSnapshot _snapshot = BoardSnapshot.Empty;
    private Action<BoardChange>[] _watchers = [];
    private IDisposable? _subscription;
    private long _version = -1;
    private long _event = -1;

    public BoardSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Reads the whole board and follows it from then on.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await CatchUpAsync(ct);
        _subscription ??= bus.Subscribe(Merge.Topic, CatchUpAsync);
    }

    /// <summary>Calls back after each change, one call at a time; the call must be quick.</summary>
    public IDisposable Watch(Action<BoardChange> watcher)
    {
        lock (_watching)
        {
            _watchers = [.. _watchers, watcher];
        }

        return new Watching(this, watcher);
    }

    /// <summary>Reads what is new. Others do so too, so what it reads may be nothing.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            var change = await ReadAsync(ct);
            if (change is null)
            {
                return;
            }

            Volatile.Write(ref _snapshot, change.Snapshot);
            foreach (var watcher in Volatile.Read(ref _watchers))
            {
                try
                {
                    watcher(change);
                }
                catch (Exception e)
                {
                    WatcherFailed(e);
                }
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _reading.Dispose();
    }

    private async Task<BoardChange?> ReadAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();

        // One snapshot for all three, or a row could come without the check that made it.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            SELECT s.version, s.broadcaster_user_id, s.removed_at IS NOT NULL, s.slug, s.display_name, s.avatar_url, s.status, s.since, s.viewers,
                s.viewer_quality, s.title, s.category, s.language, s.thumbnail_url, s.added_at, s.paused_at, c.checked_at, c.checked_by, array_to_string(s.tags, ' '), s.slug_since
            FROM streamers s JOIN checks c USING (broadcaster_user_id)
            WHERE s.version > $1 AND ($1 >= 0 OR s.removed_at IS NULL)
            """)
        { Parameters = { new() { Value = _version } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT version, broadcaster_user_id, checked_at, checked_by FROM checks WHERE version > $1 AND checked_at IS NOT NULL")
        { Parameters = { new() { Value = _version } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            SELECT id, broadcaster_user_id, kind, occurred_at, observed_at, source, delay_ms, broadcast_id, viewers, title, category, previous, value
            FROM status_events WHERE id > $1 AND $1 >= 0 ORDER BY id
            """)
        { Parameters = { new() { Value = _event } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT coalesce(max(id), 0) FROM status_events WHERE $1 < 0") { Parameters = { new() { Value = _event } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        await using var reader = await batch.ExecuteReaderAsync(ct);

        var changed = new Dictionary<long, BoardRow>();
        var removed = new List<long>();
        long version = Math.Max(_version, 0);
        while (await reader.ReadAsync(ct))
        {
            version = Math.Max(version, reader.GetInt64(0));
            if (reader.GetBoolean(2))
            {
                removed.Add(reader.GetInt64(1));
                continue;
            }

            var row = ReadRow(reader);
            changed[row.BroadcasterUserId] = row;
        }

        await reader.NextResultAsync(ct);
        var snapshot = Snapshot;
        var looked = new List<BoardRow>();
        while (await reader.ReadAsync(ct))
        {
            version = Math.Max(version, reader.GetInt64(0));
            long id = reader.GetInt64(1);
            if (!changed.ContainsKey(id) && snapshot.Find(id) is { } known)
            {
                looked.Add(known with { CheckedAt = Time(reader, 2), CheckedBy = SnakeCase<Source>.Parse(reader.GetString(3)) });
            }
        }

        await reader.NextResultAsync(ct);
        var events = new List<StatusEvent>();
        long newest = _event;
        while (await reader.ReadAsync(ct))
        {
            var told = ReadEvent(reader);
            newest = told.Id;
            events.Add(told);
        }

        await reader.NextResultAsync(ct);
        if (_event < 0 && await reader.ReadAsync(ct))
        {
            newest = reader.GetInt64(0);
        }

        await reader.CloseAsync();
        bool isFirst = _version < 0;
        (_version, _event) = (version, newest);
        if (!isFirst && changed.Count == 0 && removed.Count == 0 && looked.Count == 0 && events.Count == 0)
        {
            return null;
        }

        return new BoardChange(snapshot.With([.. changed.Values, .. looked], removed), [.. changed.Values], removed, looked, events, time.GetUtcNow());
    }

    private static BoardRow ReadRow(NpgsqlDataReader r) => new(
        r.GetInt64(1), r.GetString(3), r.GetString(4), Text(r, 5),
        SnakeCase<StreamerStatus>.Parse(r.GetString(6)), Time(r, 7)!.Value, r.IsDBNull(8) ? null : r.GetInt32(8), SnakeCase<ViewerQuality>.Parse(r.GetString(9)),
        Text(r, 10), Text(r, 11), Text(r, 12), Text(r, 13),
        Time(r, 14)!.Value, Time(r, 15), Time(r, 16), SnakeCase<Source>.Parse(r.GetString(17)))
    { Tags = r.GetString(18), SlugSince = Time(r, 19)!.Value };

    private static StatusEvent ReadEvent(NpgsqlDataReader r) => new()
    {
        Id = r.GetInt64(0),
        BroadcasterUserId = r.GetInt64(1),
        Kind = SnakeCase<StatusEventKind>.Parse(r.GetString(2)),
        OccurredAt = Time(r, 3)!.Value,
        ObservedAt = Time(r, 4)!.Value,
        Source = SnakeCase<Source>.Parse(r.GetString(5)),
        DelayMs = r.IsDBNull(6) ? null : r.GetInt64(6),
        BroadcastId = r.IsDBNull(7) ? null : r.GetInt64(7),
        Viewers = r.IsDBNull(8) ? null : r.GetInt32(8),
        Title = Text(r, 9),
        Category = Text(r, 10),
        Previous = Text(r, 11),
        Value = Text(r, 12),
    };

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetFieldValue<DateTimeOffset>(column);

    [LoggerMessage(Level = LogLevel.Error, Message = "A watcher of the board failed")]
    private partial void WatcherFailed(Exception exception);

    private sealed class Watching(LiveBoard board, Action<BoardChange> watcher) : IDisposable
    {
        public void Dispose()
        {
            lock (board._watching)
            {
                board._watchers = [.. board._watchers.Where(w => w != watcher)];
            }
        }
    }
}
