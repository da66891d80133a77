using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Webhooks;

namespace KickMonitor.Benchmarks;

/// <summary>Whether memory stays where it is while deliveries pour in for minutes.</summary>
internal static class Flood
{
    private const int Rate = 500;
    private const int Connections = 64;
    private const int Streamers = 64;

    public static async Task RunAsync(Report report, TimeSpan length, CancellationToken ct)
    {
        using var deliveries = new SignedDeliveries();
        await using var stage = await WebhookStage.SetAsync(deliveries, Streamers, ct);
        var memory = new List<double>();
        var queue = new List<double>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = ReadAsync(stage, memory, queue, done.Token);
        var met = await Load.PaceAsync(stage.Server.Address, i => deliveries.Request(i, stage.Broadcasters[i % stage.Broadcasters.Length]), Rate, Connections, length, ct);
        await done.CancelAsync();
        await reading;
        await stage.HandledAsync(ct);

        // The first fifth warms up; then each end of what is left speaks for itself.
        var steady = memory[(memory.Count / 5)..];
        double early = Median.Of(steady.Take(steady.Count / 4)), late = Median.Of(steady.TakeLast(steady.Count / 4));
        report.Add($"growth of unreclaimable memory over {length.TotalMinutes:N0} min at {Rate}/s", late - early, "MiB", 5);
        report.Add("  early", early, "MiB");
        report.Add("  late", late, "MiB");
        report.Add("  most", memory.Max(), "MiB");
        report.Add("events that waited to be handled, at most", queue.Max(), "");
        report.Add("receipt to 200, p99", Median.Quantile(met.Milliseconds, 0.99), "ms", 1000);
        report.Add("refused", met.Bad, "", 0);
        report.Add("answered 200 and not stored", met.Good - await stage.StoredAsync(ct), "", 0);
    }

    private static async Task ReadAsync(WebhookStage stage, List<double> memory, List<double> queue, CancellationToken ct)
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (await timer.WaitForNextTickAsync(ct))
            {
                memory.Add(Readings.Memory(stage.Server.ProcessId).Unreclaimable);
                queue.Add(await stage.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE state = 'pending'", ct));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
