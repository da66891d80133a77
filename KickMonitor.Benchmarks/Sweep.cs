using System.Diagnostics;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Yardsticks;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks;

/// <summary>What it costs to know of 1,000 streamers every 15 seconds.</summary>
internal static class Sweep
{
    private const int Streamers = 1000;
    private const int Rounds = 8;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = Streamers }, new Dictionary<string, string>(StringComparer.Ordinal), ct);
        await stage.StartAsync(ct);
        Report.Say("warming up…");
        await using var bare = await BarePoll.StartAsync(new SandboxOptions { Streamers = Streamers }, ct);
        await WaitForProfilesAsync(stage, ct);
        long first = await stage.RoundsAsync(ct) + 1;
        await stage.WaitForRoundAsync(first, ct);

        Report.Say($"measuring {Rounds} rounds…");
        var before = Instant.Read(stage, bare);
        await stage.WaitForRoundAsync(first + Rounds, ct);
        var after = Instant.Read(stage, bare);

        double seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        double server = after.Server - before.Server, database = after.Database - before.Database, yardstick = after.Bare - before.Bare;
        report.Add("API calls a round", (after.Calls - before.Calls) / (double)Rounds, "calls", 12);
        report.Add("  what is left of the budget, for event subscriptions", (after.Spare - before.Spare) / (double)Rounds, "calls");
        report.Add("CPU, server and its PostgreSQL", 100 * (server + database) / seconds, "% of a core", 5);
        report.Add("  the server alone", 100 * server / seconds, "% of a core");
        report.Add("  its PostgreSQL", 100 * database / seconds, "% of a core");
        report.Add("  a bare poll: the same calls, parsed and forgotten", 100 * yardstick / seconds, "% of a core");
        report.Add("server and PostgreSQL, in bare polls", (server + database) / yardstick, "×");
        double median = await stage.Database.ScalarAsync<double>($"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FROM (SELECT duration_ms FROM sweep_rounds ORDER BY id DESC LIMIT {Rounds}) r", ct);
        report.Add("length of a round, by the budget of one call a second", median / 1000, "s");
    }

    /// <summary>Pictures and names are asked for once after the import, and then every six hours.</summary>
    private static async Task WaitForProfilesAsync(Stage stage, CancellationToken ct)
    {
        while (await stage.Database.ScalarAsync<long>("SELECT count(*) FROM checks WHERE checked_at IS NULL OR next_profile_at < now()", ct) > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }
    }

    private sealed record Instant(long At, double Server, double Database, double Bare, long Calls, long Spare)
    {
        private static readonly string[] Swept = ["/public/v1/users/livestreams", "/public/v1/channels", "/public/v1/users"];

        public static Instant Read(Stage stage, BarePoll bare)
        {
            long calls = Swept.Sum(stage.Kick.Requests.CountOf);
            return new Instant(
                Stopwatch.GetTimestamp(), Readings.Cpu(stage.Server.ProcessId), Readings.CpuWithChildren(stage.Database.ProcessId), Readings.Cpu(bare.ProcessId),
                calls, stage.Kick.Requests.Total - calls);
        }
    }
}
