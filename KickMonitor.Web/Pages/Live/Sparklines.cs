using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using KickMonitor.Domain.Monitoring;
using Npgsql;

namespace KickMonitor.Web.Pages.Live;

/// <summary>
/// The last hour's viewers of everybody, as lines to draw. Counted and drawn once per node for all who look; begins with the
/// first who looks, from what is stored.
/// </summary>
public sealed partial class Sparklines : IDisposable
{
    public const int Width = (Slots * 2) - 2;
    public const int Height = 20;
    private const int Slots = 30;
    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<long, Ring> _rings = new();
    private readonly LiveBoard _board;
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger<Sparklines> _logger;
    private readonly IDisposable _watch;
    private readonly Lazy<Task> _loaded;

    public Sparklines(LiveBoard board, NpgsqlDataSource source, TimeProvider time, ILogger<Sparklines> logger)
    {
        (_board, _source, _time, _logger) = (board, source, time, logger);
        _watch = board.Watch(Note);
        _loaded = new Lazy<Task>(LoadAsync);
    }

    /// <summary>Completed when the stored hour has been read.</summary>
    public Task Loaded => _loaded.Value;

    /// <summary>The line as an SVG path; null if there are not two points to draw it between.</summary>
    public string? Of(long id) => _rings.TryGetValue(id, out var ring) ? ring.Path(SlotOf(_time.GetUtcNow())) : null;

    public void Dispose() => _watch.Dispose();

    private static long SlotOf(DateTimeOffset at) => at.UtcTicks / Slot.Ticks;

    private void Note(BoardChange change)
    {
        long slot = SlotOf(change.ReadAt);
        Note(change.Changed, slot);
        Note(change.Checked, slot);
        foreach (long id in change.Removed)
        {
            _rings.TryRemove(id, out _);
        }
    }

    private void Note(IReadOnlyList<BoardRow> rows, long slot)
    {
        foreach (var row in rows)
        {
            if (row is { IsLive: true, Viewers: { } viewers, ViewerQuality: ViewerQuality.Ok or ViewerQuality.Frozen })
            {
                _rings.GetOrAdd(row.BroadcasterUserId, _ => new Ring()).Set(slot, viewers);
            }
        }
    }

    private async Task LoadAsync()
    {
        var now = _time.GetUtcNow();
        try
        {
            await using var command = _source.CreateCommand(
                """
                SELECT id, bin, viewers FROM unnest($1) AS id, LATERAL (
                    SELECT date_bin($2, at, '2000-01-01'::timestamptz) AS bin, avg(viewers)::int AS viewers
                    FROM viewer_samples WHERE broadcaster_user_id = id AND at > $3 AND quality IN ('ok', 'frozen') GROUP BY bin) AS samples
                """);
            command.Parameters.AddWithValue(_board.Snapshot.All.Select(r => r.BroadcasterUserId).ToArray());
            command.Parameters.AddWithValue(Slot);
            command.Parameters.AddWithValue(now - (Slot * Slots));
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                long slot = SlotOf(reader.GetFieldValue<DateTimeOffset>(1));
                _rings.GetOrAdd(reader.GetInt64(0), _ => new Ring()).SetIfEmpty(slot, reader.GetInt32(2));
            }
        }
        catch (NpgsqlException e)
        {
            NotLoaded(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last hour's viewers were not read, so the lines begin now: {Reason}")]
    private partial void NotLoaded(string reason);

    /// <summary>One streamer's hour: a count for each slot, and the line that was drawn last.</summary>
    private sealed class Ring
    {
        private readonly int[] _counts = [.. Enumerable.Repeat(-1, Slots)];
        private long _newest = long.MinValue;
        private (long Slot, int Count, string? Path) _drawn = (-1, -1, null);

        public void Set(long slot, int count)
        {
            lock (_counts)
            {
                Advance(slot);
                if (slot > _newest - Slots)
                {
                    _counts[slot % Slots] = count;
                }
            }
        }

        public void SetIfEmpty(long slot, int count)
        {
            lock (_counts)
            {
                Advance(slot);
                if (slot > _newest - Slots && _counts[slot % Slots] < 0)
                {
                    _counts[slot % Slots] = count;
                    _drawn = (-1, -1, null);
                }
            }
        }

        public string? Path(long now)
        {
            lock (_counts)
            {
                Advance(now);
                int last = _counts[now % Slots];
                if (_drawn.Slot != now || _drawn.Count != last)
                {
                    _drawn = (now, last, Draw(now));
                }

                return _drawn.Path;
            }
        }

        private void Advance(long slot)
        {
            if (slot <= _newest)
            {
                return;
            }

            for (long empty = Math.Max(_newest + 1, slot - Slots + 1); empty <= slot; empty++)
            {
                _counts[empty % Slots] = -1;
            }

            _newest = slot;
        }

        /// <summary>Short, because it travels to every page that shows the row: whole numbers, and each step from the one before.</summary>
        private string? Draw(long now)
        {
            int low = int.MaxValue, high = 0, known = 0;
            foreach (int count in _counts)
            {
                if (count >= 0)
                {
                    (low, high, known) = (Math.Min(low, count), Math.Max(high, count), known + 1);
                }
            }

            if (known < 2)
            {
                return null;
            }

            // A tenth of the audience coming and going is no mountain.
            int span = Math.Max(high - low, Math.Max(1, high / 5));
            int ground = Math.Max(0, ((high + low) / 2) - (span / 2));
            var path = new StringBuilder();
            int? before = null;
            int gap = 0;
            for (int i = 0; i < Slots; i++)
            {
                int count = _counts[(now - Slots + 1 + i) % Slots];
                if (count < 0)
                {
                    gap++;
                    continue;
                }

                int y = Height - 2 - (int)Math.Round((double)(count - ground) * (Height - 4) / span);

                // A missed sample or two is bridged; a longer silence is one.
                path.Append(before is null || gap > 2
                    ? string.Create(CultureInfo.InvariantCulture, $"M{i * 2} {y}")
                    : string.Create(CultureInfo.InvariantCulture, $"l{(gap + 1) * 2} {y - before}"));
                (before, gap) = (y, 0);
            }

            return path.ToString();
        }
    }
}
