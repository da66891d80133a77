using System.Diagnostics;
using KickMonitor.Benchmarks.Circuits;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Yardsticks;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Npgsql;

namespace KickMonitor.Benchmarks;

/// <summary>
/// What an open dashboard costs while 50 of 1,000 streamers change every second. The product, a minimal page of the same shape,
/// a bare hub and a hub that broadcasts run at the same time, each with as many listeners, so that whatever disturbs one disturbs all.
/// </summary>
internal static class CircuitCost
{
    private const int Listeners = 1000;
    private const int Windows = 5;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(12);

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        string bare = await Build.PublishAsync("KickMonitor.Benchmarks", ct);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Monitor__Interval"] = "3600", ["Monitor__RequestsPerSecond"] = "100" };
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = BareBoard.Rows, Alive = false }, settings, ct);
        await stage.StartAsync(ct);
        await stage.WaitForRoundAsync(1, ct);
        string[] args = [BareStack.Name, await stage.Database.CreateAsync("bare", ct)];
        await using var page = Server.Start(bare, args, new Dictionary<string, string>(StringComparer.Ordinal));
        await page.AnswersAsync("/healthz", ct);
        await using var hub = Server.Start(bare, args, new Dictionary<string, string>(StringComparer.Ordinal));
        await hub.AnswersAsync("/healthz", ct);
        await using var sender = Server.Start(bare, args, new Dictionary<string, string>(StringComparer.Ordinal));
        await sender.AnswersAsync("/healthz", ct);

        await using var dashboards = await Crowd.EnterAsync(stage.Server.Address, signsIn: true, ct);
        await using var pages = await Crowd.EnterAsync(page.Address, signsIn: false, ct);
        await using var listeners = await Crowd.EnterAsync(hub.Address, signsIn: false, ct);
        await using var audience = await Crowd.EnterAsync(sender.Address, signsIn: false, ct);
        Server[] servers = [stage.Server, page, hub, sender];
        Crowd[] crowds = [dashboards, pages, listeners, audience];
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var changing = ChangeAsync(stage.Database.Source, done.Token);

        // One look at each wakes the pulse and the timers; the rest of the process then costs the same with and without a crowd.
        await OpenAsync(1);
        await Task.Delay(Window, ct);
        double[] idle = await CpuAsync();
        double[] empty = [.. servers.Select(s => Readings.Memory(s.ProcessId).Unreclaimable)];
        await OpenAsync(Listeners);
        await Task.Delay(Window, ct);
        var costs = new List<double[]>();
        for (int i = 0; i < Windows; i++)
        {
            foreach (var crowd in crowds)
            {
                crowd.TakeBatches();
            }

            double[] busy = await CpuAsync();
            costs.Add([.. busy.Select((b, s) => 1e6 * (b - idle[s]) / (Listeners - 1))]);
            Report.Say($"  CPU-µs a listener and second: dashboard {costs[^1][0]:N0}, minimal page {costs[^1][1]:N0}, hub {costs[^1][2]:N0}, broadcast {costs[^1][3]:N0}");
        }

        double[] updates = [.. crowds.Select(c => c.TakeBatches() / (double)Listeners / Window.TotalSeconds)];
        double[] memory = [.. servers.Select((s, i) => 1024 * (Readings.Memory(s.ProcessId).Unreclaimable - empty[i]) / (Listeners - 1))];
        await done.CancelAsync();
        await changing;
        report.Add("a dashboard's second, in minimal pages", Median.Of(costs.Select(c => c[0] / c[1])), "×", 1.5);
        report.Add("a dashboard's second, in bare hubs", Median.Of(costs.Select(c => c[0] / c[2])), "×", 2.5);
        report.Add("  in a hub's broadcasts, which know no rights", Median.Of(costs.Select(c => c[0] / c[3])), "×");
        string[] names = ["dashboard", "minimal page", "bare hub", "broadcast"];
        for (int i = 0; i < names.Length; i++)
        {
            report.Add($"  {names[i]}: CPU a listener and second", Median.Of(costs.Select(c => c[i])), "µs");
            report.Add($"  {names[i]}: updates a listener and second", updates[i], "");
            report.Add($"  {names[i]}: unreclaimable memory a listener, compression offered", memory[i], "KiB", i == 0 ? 270 : null);
        }

        async Task OpenAsync(int count)
        {
            await dashboards.GrowAsync(count, "/", ct);
            await pages.GrowAsync(count, "/board", ct);
            await listeners.ListenAsync(count, "/hub", ct);
            await audience.ListenAsync(count, "/broadcast", ct);
        }

        // CPU seconds a second, of each server.
        async Task<double[]> CpuAsync()
        {
            long startedAt = Stopwatch.GetTimestamp();
            double[] before = [.. servers.Select(s => Readings.Cpu(s.ProcessId))];
            await Task.Delay(Window, ct);
            double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
            return [.. servers.Select((s, i) => (Readings.Cpu(s.ProcessId) - before[i]) / seconds)];
        }
    }

    /// <summary>Every twentieth row each second, as the yardsticks do: written as the sweep would, in one transaction with its notice.</summary>
    private static async Task ChangeAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            for (int second = 0; await timer.WaitForNextTickAsync(ct); second++)
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                await using var batch = connection.CreateBatch();
                batch.BatchCommands.Add(new($"SELECT pg_advisory_xact_lock({Locks.Changes})"));
                batch.BatchCommands.Add(new(
                    $"""
                    UPDATE streamers s SET viewers = (random() * 100000)::int, status = 'live', version = nextval('{KickMonitorDb.Changes}')
                    FROM (SELECT broadcaster_user_id, row_number() OVER (ORDER BY broadcaster_user_id) AS place FROM streamers) o
                    WHERE o.broadcaster_user_id = s.broadcaster_user_id AND o.place % {BareBoard.Rows / BareBoard.Changes} = {second % (BareBoard.Rows / BareBoard.Changes)}
                    """));
                batch.BatchCommands.Add(Bus.NoticeCommand(Domain.Monitoring.Merge.Topic));
                await batch.ExecuteNonQueryAsync(ct);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
