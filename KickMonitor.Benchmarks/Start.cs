using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Yardsticks;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks;

/// <summary>From the start of the process to its first answers, beside a program of the same packages that does nothing.</summary>
internal static class Start
{
    private const int Rounds = 9;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        string bare = await Build.PublishAsync("KickMonitor.Benchmarks", ct, asInstalled: true);
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = 100 }, new Dictionary<string, string>(StringComparer.Ordinal), ct, asInstalled: true);
        string empty = await stage.Database.CreateAsync("bare", ct);
        var alive = new List<(double Product, double Bare)>();
        var page = new List<(double Product, double Bare)>();
        for (int round = 0; round <= Rounds; round++)
        {
            var product = await MeasureAsync(stage.Launch, "/signin", ct);
            var yardstick = await MeasureAsync(() => Server.Start(bare, [BareStack.Name, empty], new Dictionary<string, string>(StringComparer.Ordinal)), "/", ct);
            Report.Say($"  product {product.Alive:N0} and {product.Page:N0} ms, bare stack {yardstick.Alive:N0} and {yardstick.Page:N0} ms");
            if (round > 0)
            {
                // The first one fills the disk cache.
                alive.Add((product.Alive, yardstick.Alive));
                page.Add((product.Page, yardstick.Page));
            }
        }

        report.Add("start to /healthz, in bare stacks", Median.Of(alive.Select(a => a.Product / a.Bare)), "×", 1.3);
        report.Add("start to the first page, in bare stacks", Median.Of(page.Select(a => a.Product / a.Bare)), "×", 1.3);
        report.Add("  product, /healthz", Median.Of(alive.Select(a => a.Product)), "ms");
        report.Add("  bare stack, /healthz", Median.Of(alive.Select(a => a.Bare)), "ms");
        report.Add("  product, first page", Median.Of(page.Select(a => a.Product)), "ms");
        report.Add("  bare stack, first page", Median.Of(page.Select(a => a.Bare)), "ms");
    }

    private static async Task<(double Alive, double Page)> MeasureAsync(Func<Server> start, string path, CancellationToken ct)
    {
        await using var server = start();
        double alive = (await server.AnswersAsync("/healthz", ct)).TotalMilliseconds;
        return (alive, (await server.AnswersAsync(path, ct)).TotalMilliseconds);
    }
}
