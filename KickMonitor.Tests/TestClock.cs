namespace KickMonitor.Tests;

/// <summary>Time that moves when it is told to, and takes its timers along.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock _moving = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 10, 5, 18, 0, 0, TimeSpan.Zero);

    /// <summary>Somebody waits for something that is not this clock, and gives up at a time of this clock.</summary>
    public bool IsTimingOut
    {
        get
        {
            lock (_moving)
            {
                return _timers.Any(t => t.IsTimeout);
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_moving)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;
        while (NextDue(until) is { } timer)
        {
            timer.Fire();
        }

        lock (_moving)
        {
            _now = until;
        }
    }

    public void Advance(int seconds) => Advance(TimeSpan.FromSeconds(seconds));

    private Timer? NextDue(DateTimeOffset until)
    {
        lock (_moving)
        {
            var next = _timers.Where(t => t.Due <= until).MinBy(t => t.Due);
            if (next is not null)
            {
                _now = next.Due > _now ? next.Due : _now;
                next.Plan();
            }

            return next;
        }
    }

    private sealed class Timer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public bool IsTimeout => state is CancellationTokenSource;

        public void Fire() => callback(state);

        public void Plan()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                clock._timers.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._moving)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime;
                    _period = period;
                    clock._timers.Add(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._moving)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
