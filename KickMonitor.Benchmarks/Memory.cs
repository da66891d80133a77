using System.Globalization;
using KickMonitor.Benchmarks.Circuits;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks;

/// <summary>What the server keeps for itself with 1,000 streamers, and with dashboards open.</summary>
internal static class Memory
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(24);
    private static readonly int[] Dashboards = [0, 1, 100];

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = 1000 }, new Dictionary<string, string>(StringComparer.Ordinal), ct, asInstalled: true);
        await stage.StartAsync(ct);
        await stage.WaitForRoundAsync(3, ct);
        await using var crowd = await Crowd.EnterAsync(stage.Server.Address, signsIn: true, ct);
        foreach (int dashboards in Dashboards)
        {
            await crowd.GrowAsync(dashboards, "/", ct);
            var (unreclaimable, resident) = await ReadAsync(stage.Server.ProcessId, ct);
            string name = dashboards switch { 0 => "no page open", 1 => "1 dashboard open", _ => $"{dashboards} dashboards open" };
            report.Add($"unreclaimable memory, {name}", unreclaimable, "MiB", 100);
            report.Add("  resident, files of the framework included", resident, "MiB");
            report.Add("  managed heap after its last collection", await HeapAsync(stage.Server.Address, ct), "MiB");
            if (dashboards > 0)
            {
                report.Add("  render batches a dashboard while measured", crowd.TakeBatches() / (double)dashboards, "");
            }
        }
    }

    private static async Task<double> HeapAsync(Uri server, CancellationToken ct)
    {
        const string name = "dotnet_gc_last_collection_heap_size_bytes{";
        using var http = new HttpClient { BaseAddress = server };
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), ct);
        return metrics.Split('\n').Where(l => l.StartsWith(name, StringComparison.Ordinal)).Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)) / (1024 * 1024);
    }

    /// <summary>The median of what is there once a second, so that no single collection decides.</summary>
    private static async Task<(double Unreclaimable, double Resident)> ReadAsync(int processId, CancellationToken ct)
    {
        var readings = new List<(double Unreclaimable, double Resident)>();
        for (var until = DateTime.UtcNow + Warm; DateTime.UtcNow < until;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
            readings.Add(Readings.Memory(processId));
        }

        var last = readings[(readings.Count / 2)..];
        return (Median.Of(last.Select(r => r.Unreclaimable)), Median.Of(last.Select(r => r.Resident)));
    }
}
