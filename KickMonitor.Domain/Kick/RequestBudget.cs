namespace KickMonitor.Domain.Kick;

/// <summary>Who goes before whom when calls wait for the budget.</summary>
public enum CallPriority
{
    /// <summary>When nobody else has called for a while, or after waiting for long.</summary>
    Spare,
    Usual,

    /// <summary>Somebody waits for the answer.</summary>
    Urgent,
}

/// <summary>
/// How fast this process may call Kick, which publishes no limits: a steady rate that halves on a 429, down to an eighth, and
/// recovers within a minute or two.
/// People who wait for an answer go first and are paid for by the sweep; what is not about who is live takes what is left.
/// </summary>
public sealed class RequestBudget
{
    private const double Least = 1.0 / 8;
    private const double Recovery = 1.5;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OneRefusal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RecoveryStep = TimeSpan.FromSeconds(15);

    /// <summary>So that a sweep that needs the whole budget does not shut everything else out.</summary>
    private const int MostPlacesForgone = 30;
    private const int MostPlacesTaken = 10;
    private readonly Lock _gate = new();
    private readonly Func<double> _fullRate;
    private readonly TimeProvider _time;
    private double _part = 1;
    private DateTimeOffset _next = DateTimeOffset.MinValue;
    private DateTimeOffset _pausedUntil = DateTimeOffset.MinValue;
    private DateTimeOffset _slowedAt = DateTimeOffset.MinValue;
    private int _share = 1;

    /// <param name="requestsPerSecond">Asked each time: it can be changed while the program runs.</param>
    public RequestBudget(Func<double> requestsPerSecond, TimeProvider time) => (_fullRate, _time) = (requestsPerSecond, time);

    /// <summary>Requests a second that are allowed now.</summary>
    public double Rate
    {
        get
        {
            lock (_gate)
            {
                return _part * _fullRate() / _share;
            }
        }
    }

    /// <summary>How many nodes share the app's budget.</summary>
    public void ShareAmong(int nodes)
    {
        lock (_gate)
        {
            _share = Math.Max(1, nodes);
        }
    }

    /// <summary>Waits for the next free place. Urgent calls do not wait for the rate, but do for a pause that Kick asked for.</summary>
    /// <returns>False if Kick asked for a pause longer than <paramref name="patience"/>.</returns>
    public async ValueTask<bool> EnterAsync(CallPriority priority, TimeSpan patience, CancellationToken ct)
    {
        if (priority == CallPriority.Spare)
        {
            await WaitForQuietAsync(ct);
        }

        TimeSpan wait;
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_pausedUntil - now > patience)
            {
                return false;
            }

            Recover(now);
            var place = _next > now ? _next : now;

            // However many people wait for answers, the sweep stands still for a few places and no longer.
            var one = TimeSpan.FromSeconds(_share / (_part * _fullRate()));
            if (priority != CallPriority.Urgent || place - now < MostPlacesTaken * one)
            {
                _next = place + one;
            }

            var start = priority == CallPriority.Urgent ? now : place;
            if (_pausedUntil > start)
            {
                start = _pausedUntil;
            }

            wait = start - now;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _time, ct);
        }

        return true;
    }

    /// <summary>Kick answered 429.</summary>
    public void SlowDown(TimeSpan? retryAfter)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();

            // Calls that were on their way together are refused together, and tell one thing.
            if (now - _slowedAt >= OneRefusal || _slowedAt > now)
            {
                _part = Math.Max(Least, _part / 2);
                _slowedAt = now;
            }

            if (retryAfter is { } pause && pause > TimeSpan.Zero)
            {
                var until = now + (pause < LongestPause ? pause : LongestPause);
                _pausedUntil = until > _pausedUntil ? until : _pausedUntil;
            }
        }
    }

    /// <summary>Waits until a place has gone by unused, which in the middle of a round it does not.</summary>
    private async Task WaitForQuietAsync(CancellationToken ct)
    {
        var since = _time.GetUtcNow();
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                var now = _time.GetUtcNow();
                var place = TimeSpan.FromSeconds(_share / (_part * _fullRate()));
                wait = _next + place - now;
                if (wait <= TimeSpan.Zero || now - since >= MostPlacesForgone * place)
                {
                    return;
                }
            }

            await Task.Delay(wait, _time, ct);
        }
    }

    private void Recover(DateTimeOffset now)
    {
        if (_part >= 1 || now - _slowedAt < RecoveryStep)
        {
            return;
        }

        _part = Math.Min(1, _part * Recovery);
        _slowedAt = now;
    }
}
