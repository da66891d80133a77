using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks;

/// <summary>Whether one node keeps up with 10,000 streamers.</summary>
internal static class ManyStreamers
{
    private const int Interval = 60;
    private const int Rounds = 3;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Monitor__Interval"] = Interval.ToString(CultureInfo.InvariantCulture),
            ["Monitor__RequestsPerSecond"] = "4",
        };
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = 10_000 }, settings, ct);
        string token = await stage.CommandAsync(["tokens", "create", "--user", await AdminAsync(stage, ct), "--name", "benchmark"], ct);
        await stage.StartAsync(ct);
        using var http = new HttpClient { BaseAddress = stage.Server.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

        await stage.WaitForRoundAsync(1, ct);
        double cpu = Readings.Cpu(stage.Server.ProcessId), database = Readings.CpuWithChildren(stage.Database.ProcessId);
        int overdue = 0;
        Report.Say($"measuring {Rounds} rounds of {Interval} s…");
        long calls = stage.Kick.Requests.Total;
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(Interval * Rounds); DateTime.UtcNow < until;)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), ct);
            using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), ct));
            overdue = Math.Max(overdue, status.RootElement.GetProperty("sweep").GetProperty("overdue").GetInt32());
        }

        double seconds = Interval * Rounds;
        int longest = await stage.Database.ScalarAsync<int>($"SELECT max(duration_ms) FROM (SELECT duration_ms FROM sweep_rounds ORDER BY id DESC LIMIT {Rounds}) r", ct);
        report.Add("overdue streamers, the most that any look found", overdue, "", 0);
        report.Add("length of the longest round, at 4 calls a second", longest / 1000d, "s", Interval);
        report.Add("API calls a minute", (stage.Kick.Requests.Total - calls) / (double)Rounds, "calls");
        report.Add("CPU, the server alone", 100 * (Readings.Cpu(stage.Server.ProcessId) - cpu) / seconds, "% of a core");
        report.Add("CPU, its PostgreSQL", 100 * (Readings.CpuWithChildren(stage.Database.ProcessId) - database) / seconds, "% of a core");
        report.Add("unreclaimable memory", Readings.Memory(stage.Server.ProcessId).Unreclaimable, "MiB");
    }

    private static async Task<string> AdminAsync(Stage stage, CancellationToken ct)
    {
        const string email = "program@benchmark.example";
        await stage.CommandAsync(["users", "create", "--email", email, "--role", "admin", "--password", Stage.Password], ct);
        return email;
    }
}
