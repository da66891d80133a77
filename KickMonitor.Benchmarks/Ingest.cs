using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Webhooks;
using KickMonitor.Benchmarks.Yardsticks;
using Npgsql;

namespace KickMonitor.Benchmarks;

/// <summary>
/// How many deliveries a second are acknowledged durably, beside an endpoint that only verifies and one that inserts each by
/// itself. The three get the same requests and take turns, so that whatever slows the machine slows all.
/// </summary>
internal static class Ingest
{
    private const int Rounds = 5;
    private const int Connections = 256;
    private const int Streamers = 64;
    private const int Deliveries = 150_000;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(8);

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        using var deliveries = new SignedDeliveries();
        await using var stage = await WebhookStage.SetAsync(deliveries, Streamers, ct);
        string program = await Build.PublishAsync("KickMonitor.Benchmarks", ct);
        string insertDatabase = await stage.Database.CreateAsync("bare", ct);
        await using var verify = Server.Start(program, [BareWebhooks.Name, stage.KeyFile], new Dictionary<string, string>(StringComparer.Ordinal));
        await verify.AnswersAsync("/healthz", ct);
        await using var insert = Server.Start(program, [BareWebhooks.Name, stage.KeyFile, insertDatabase], new Dictionary<string, string>(StringComparer.Ordinal));
        await insert.AnswersAsync("/healthz", ct);
        await using var inserted = NpgsqlDataSource.Create(insertDatabase);

        Report.Say($"  signing {Deliveries:N0} deliveries…");
        byte[][] requests = deliveries.Requests(0, Deliveries, stage.Broadcasters);
        (string Name, Server Server)[] ways = [("verify only", verify), ("one INSERT each", insert), ("KickMonitor", stage.Server)];
        var rates = ways.Select(_ => new List<double>()).ToArray();
        long missing = 0;
        double[] cpu = [0, 0, 0];
        int counted = 0;

        // The first round warms all up.
        for (int round = 0; round <= Rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                await using (var forget = inserted.CreateCommand("TRUNCATE inbox"))
                {
                    await forget.ExecuteNonQueryAsync(ct);
                }

                await stage.ForgetAsync(ct);
                GC.Collect();
                await Task.Delay(TimeSpan.FromMilliseconds(500), ct);
                double[] before = Cpu(stage);
                var met = await Load.FloodAsync(ways[way].Server.Address, requests, Connections, Turn, ct);
                missing += ways[way].Server == stage.Server ? met.Good - await stage.StoredAsync(ct) : 0;
                Report.Say($"  {(round == 0 ? "warm-up" : $"round {round}")}: {ways[way].Name} {met.Rate:N0}/s{(met.Bad > 0 ? $", {met.Bad} refused" : "")}");
                if (round > 0)
                {
                    rates[way].Add(met.Rate);
                    if (ways[way].Server == stage.Server)
                    {
                        cpu = [.. cpu.Zip(Cpu(stage).Zip(before, (now, then) => now - then), (sum, more) => sum + more)];
                        counted += met.Good;
                    }
                }
            }
        }

        double product = Median.Of(rates[2]);
        report.AddLeast("durable acknowledgement, in verify-only endpoints", Median.Of(rates[2].Zip(rates[0], (p, v) => p / v)), "×", 0.65);
        report.AddLeast("durable acknowledgement, in one INSERT each", Median.Of(rates[2].Zip(rates[1], (p, i) => p / i)), "×", 1.8);
        report.Add("  KickMonitor", product, "/s");
        report.Add("  verify only", Median.Of(rates[0]), "/s");
        report.Add("  one INSERT each", Median.Of(rates[1]), "/s");
        report.Add("  CPU a delivery, KickMonitor", 1e6 * cpu[0] / counted, "µs");
        report.Add("  CPU a delivery, its PostgreSQL", 1e6 * cpu[1] / counted, "µs");
        report.Add("  CPU a delivery, the sender", 1e6 * cpu[2] / counted, "µs");
        report.Add("answered 200 and not stored", missing, "", 0);

        double half = Math.Min(product / 2, Deliveries / Calm.TotalSeconds);
        await stage.ForgetAsync(ct);

        // What the sender's own collector takes for all those requests would count as waiting.
        GC.Collect();
        var calm = await Load.PaceAsync(stage.Server.Address, i => requests[i], half, Connections, Calm, ct);
        report.Add("at half of that rate, due to 200, p99", Median.Quantile(calm.Milliseconds, 0.99), "ms", 50);
        report.Add("  p50", Median.Of(calm.Milliseconds), "ms");
        report.Add("  rate", calm.Rate, "/s");
        report.Add("  refused", calm.Bad, "", 0);
    }

    private static double[] Cpu(WebhookStage stage) =>
        [Readings.Cpu(stage.Server.ProcessId), Readings.CpuWithChildren(stage.Database.ProcessId), Readings.Cpu(Environment.ProcessId)];
}
