using System.Diagnostics.Metrics;

namespace KickMonitor.Web.Webhooks;

/// <summary>What deliveries were answered on this node since it started.</summary>
public sealed class WebhookCounts : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Meter _meter = new("KickMonitor");
    private readonly Counter<long> _answers;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<int, long> _byStatus = new();

    public WebhookCounts(TimeProvider time)
    {
        _time = time;
        _answers = _meter.CreateCounter<long>("kickmonitor.webhook.deliveries", description: "Webhook deliveries by the status they were answered with");
    }

    /// <summary>The last answer that was not 200, and when.</summary>
    public (int Status, DateTimeOffset At)? LastRefusal { get; private set; }

    public IReadOnlyDictionary<int, long> ByStatus => _byStatus;

    public void Count(int status)
    {
        _answers.Add(1, new KeyValuePair<string, object?>("status", status));
        _byStatus.AddOrUpdate(status, 1, static (_, count) => count + 1);
        if (status != StatusCodes.Status200OK)
        {
            LastRefusal = (status, _time.GetUtcNow());
        }
    }

    public void Dispose() => _meter.Dispose();
}
