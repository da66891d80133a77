namespace KickMonitor.Sandbox;

/// <summary>What was asked of Kick: the last requests, and how many there were of each kind.</summary>
public sealed class RequestHistory(TimeProvider time)
{
    /// <summary>Counts what was asked in vain, under no route.</summary>
    public const string Unknown = "unknown";

    private const int Kept = 1000;
    private readonly Lock _writing = new();
    private readonly Queue<ReceivedRequest> _recent = new();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public IReadOnlyList<ReceivedRequest> Recent
    {
        get
        {
            lock (_writing)
            {
                return [.. _recent];
            }
        }
    }

    public IReadOnlyDictionary<string, long> Counts
    {
        get
        {
            lock (_writing)
            {
                return new SortedDictionary<string, long>(_counts, StringComparer.Ordinal);
            }
        }
    }

    public long Total
    {
        get
        {
            lock (_writing)
            {
                return _counts.Values.Sum();
            }
        }
    }

    /// <summary>How often an endpoint was asked, by its route: "/public/v1/channels", "/api/v2/channels/{slug}".</summary>
    public long CountOf(string endpoint)
    {
        lock (_writing)
        {
            return _counts.GetValueOrDefault(endpoint);
        }
    }

    public void Clear()
    {
        lock (_writing)
        {
            _recent.Clear();
            _counts.Clear();
        }
    }

    internal ReceivedRequest Add(HttpContext context)
    {
        var endpoint = context.GetEndpoint() is RouteEndpoint { DisplayName: not Unknown } known ? known.RoutePattern.RawText! : Unknown;
        var request = new ReceivedRequest(
            context.Request.Method, context.Request.Path, context.Request.QueryString.Value ?? "", endpoint, time.GetUtcNow());
        lock (_writing)
        {
            if (_recent.Count == Kept)
            {
                _recent.Dequeue();
            }

            _recent.Enqueue(request);
            _counts[endpoint] = _counts.GetValueOrDefault(endpoint) + 1;
        }

        return request;
    }
}
