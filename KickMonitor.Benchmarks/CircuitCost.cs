namespace KickMonitor.Benchmarks;

internal static class CircuitCost
{
    public static Task RunAsync(Report report, CancellationToken ct) => Task.CompletedTask;
}
