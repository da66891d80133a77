using System.Diagnostics.Metrics;

namespace KickMonitor.Web.Webhooks;

/// <summary>What deliveries were answered on this node since it started.</summary>
public sealed class WebhookCounts : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Meter _meter = new("KickMonitor");
    private readonly long[] _byStatus = new long[600];

    public WebhookCounts(TimeProvider time)
    {
        _time = time;
        _meter.CreateObservableCounter(
            "kickmonitor.webhook.deliveries",
            () => ByStatus.Select(s => new Measurement<long>(s.Value, new KeyValuePair<string, object?>("status", s.Key))),
            description: "Webhook deliveries by the status they were answered with");
    }

    /// <summary>The last answer that was not 200, and when.</summary>
    public (int Status, DateTimeOffset At)? LastRefusal { get; private set; }

    public IReadOnlyDictionary<int, long> ByStatus =>
        Enumerable.Range(0, _byStatus.Length).Where(status => Volatile.Read(ref _byStatus[status]) > 0).ToDictionary(status => status, status => Volatile.Read(ref _byStatus[status]));

    public void Count(int status)
    {
        Interlocked.Increment(ref _byStatus[status]);
        if (status != StatusCodes.Status200OK)
        {
            LastRefusal = (status, _time.GetUtcNow());
        }
    }

    public void Dispose() => _meter.Dispose();
}
