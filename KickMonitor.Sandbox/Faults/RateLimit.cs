namespace KickMonitor.Sandbox;

/// <summary>The limit nobody is told about: so many requests in any minute, then 429.</summary>
public sealed class RateLimit(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock _counting = new();
    private readonly Queue<DateTimeOffset> _admitted = new();

    /// <summary>Null is no limit.</summary>
    public int? PerMinute { get; set; }

    public bool Admits()
    {
        if (PerMinute is not { } most)
        {
            return true;
        }

        lock (_counting)
        {
            var now = time.GetUtcNow();
            while (_admitted.TryPeek(out var oldest) && now - oldest >= Window)
            {
                _admitted.Dequeue();
            }

            if (_admitted.Count >= most)
            {
                return false;
            }

            _admitted.Enqueue(now);
            return true;
        }
    }

    public void Reset()
    {
        lock (_counting)
        {
            PerMinute = null;
            _admitted.Clear();
        }
    }
}
