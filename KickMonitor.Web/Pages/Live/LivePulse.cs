using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Pages.Live;

/// <summary>What changed since the last beat.</summary>
/// <param name="Changed">Streamers of which people see something new.</param>
/// <param name="OnlyChecks">Nothing but the time of the last check is new.</param>
public sealed record Beat(BoardSnapshot Snapshot, IReadOnlySet<long> Changed, bool OnlyChecks);

/// <summary>
/// Gathers the board's changes and passes them on at most four times a second, one timer for all open pages. Changes that are
/// nothing but a later check wait longer: the age of a check is no news.
/// </summary>
public sealed class LivePulse : IDisposable
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CheckRhythm = TimeSpan.FromSeconds(5);
    private readonly LiveBoard _board;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly IDisposable _watch;
    private readonly ITimer _timer;
    private Action<Beat>[] _pages = [];
    private HashSet<long> _changed = [];
    private bool _armed;
    private DateTimeOffset _lastBeat = DateTimeOffset.MinValue;
    private DateTimeOffset _dueAt = DateTimeOffset.MaxValue;

    public LivePulse(LiveBoard board, TimeProvider time)
    {
        (_board, _time) = (board, time);
        _timer = time.CreateTimer(_ => Pass(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _watch = board.Watch(Gather);
    }

    public IDisposable Watch(Action<Beat> page)
    {
        page = Languages.Keep(page);
        lock (_gate)
        {
            _pages = [.. _pages, page];
        }

        return new Watching(this, page);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _timer.Dispose();
    }

    private void Gather(BoardChange change)
    {
        lock (_gate)
        {
            if (_pages.Length == 0)
            {
                return;
            }

            bool isNews = change.Changed.Count > 0 || change.Removed.Count > 0;
            foreach (var row in change.Changed)
            {
                _changed.Add(row.BroadcasterUserId);
            }

            foreach (long id in change.Removed)
            {
                _changed.Add(id);
            }

            Arm(isNews ? Rhythm : CheckRhythm);
        }
    }

    /// <summary>The first change after a quiet time passes at once; those that follow wait for the rhythm.</summary>
    private void Arm(TimeSpan rhythm)
    {
        var now = _time.GetUtcNow();
        var due = _lastBeat + rhythm;
        due = due < now ? now : due;
        if (_armed && due >= _dueAt)
        {
            return;
        }

        (_armed, _dueAt) = (true, due);
        _timer.Change(due - now, Timeout.InfiniteTimeSpan);
    }

    private void Pass()
    {
        Beat beat;
        Action<Beat>[] pages;
        lock (_gate)
        {
            if (!_armed)
            {
                return;
            }

            beat = new Beat(_board.Snapshot, _changed, _changed.Count == 0);
            pages = _pages;
            (_changed, _armed, _dueAt, _lastBeat) = ([], false, DateTimeOffset.MaxValue, _time.GetUtcNow());
        }

        foreach (var page in pages)
        {
            page(beat);
        }
    }

    private sealed class Watching(LivePulse pulse, Action<Beat> page) : IDisposable
    {
        public void Dispose()
        {
            lock (pulse._gate)
            {
                pulse._pages = [.. pulse._pages.Where(p => p != page)];
            }
        }
    }
}
