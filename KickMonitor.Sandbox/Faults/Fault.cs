namespace KickMonitor.Sandbox;

public sealed record Fault(FaultKind Kind)
{
    public int Id { get; init; }

    public EndpointGroup Group { get; init; } = EndpointGroup.All;

    /// <summary>How likely one request is hit, 0 to 1.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>How many requests are hit before it is over; null goes on until it is removed.</summary>
    public int? Count { get; init; }

    /// <summary>How long a slow answer takes.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Sent with 429 exactly as written: seconds, a date, or nonsense. Null sends none.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>How large a huge body is, in bytes.</summary>
    public long Size { get; init; } = 64L * 1024 * 1024;
}
