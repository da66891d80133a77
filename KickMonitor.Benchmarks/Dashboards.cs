using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using KickMonitor.Benchmarks.Circuits;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Yardsticks;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Microsoft.Playwright;

namespace KickMonitor.Benchmarks;

/// <summary>
/// How late 100 and 1,000 open dashboards learn of a change while 50 of 1,000 streamers change every second, from just before the
/// change is committed to the render batch that carries it, and to the cell of one real browser among them; whether a last state
/// is ever missed; and what tabs cost that nobody sees.
/// </summary>
internal static class Dashboards
{
    private const int Seconds = 30;
    private const int HiddenSeconds = 10;

    private const string Observe = """
        () => {
          window.delays = [];
          const seen = new Set();
          new MutationObserver(() => {
            for (const cell of document.querySelectorAll('td.c-title')) {
              const sent = cell.textContent.match(/sent-(\d{13})/);
              const key = sent && cell.parentElement.dataset.slug + sent[1];
              if (sent && !seen.has(key)) {
                seen.add(key);
                window.delays.push(Date.now() - sent[1]);
              }
            }
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }
        """;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Monitor__Interval"] = "3600" };
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = BareBoard.Rows, Alive = false }, settings, ct);
        await stage.StartAsync(ct);
        await stage.Database.ScalarAsync<int>("WITH u AS (UPDATE streamers SET status = 'live', viewers = 100000 - (row_number)::int FROM (SELECT broadcaster_user_id AS id, row_number() OVER (ORDER BY broadcaster_user_id) FROM streamers) o WHERE id = broadcaster_user_id RETURNING 1) SELECT count(*)::int FROM u", ct);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"] });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1400, Height = 1400 } });
        await Latency.OpenDashboardAsync(page, stage.Server.Address);
        await page.EvaluateAsync(Observe);
        await using var crowd = await Crowd.EnterAsync(stage.Server.Address, signsIn: true, ct);
        foreach (var (open, goal) in new[] { (100, 250), (1000, 1000) })
        {
            await crowd.GrowAsync(open, "/", ct);
            await Task.Delay(TimeSpan.FromSeconds(3), ct);
            await MeasureAsync(report, stage, crowd, page, open, goal, ct);
        }

        await MeasureHiddenAsync(report, stage, crowd, ct);
    }

    private static async Task MeasureAsync(Report report, Stage stage, Crowd crowd, IPage page, int open, int goal, CancellationToken ct)
    {
        var delays = new ConcurrentBag<double>();
        await page.EvaluateAsync("() => { window.delays = []; }");
        crowd.OnBatch = batch => Note(batch, delays);
        for (int second = 0; second < Seconds; second++)
        {
            var next = Task.Delay(TimeSpan.FromSeconds(1), ct);
            await ChangeAsync(stage, $"sent-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}", second % (BareBoard.Rows / BareBoard.Changes), ct);
            await next;
        }

        await Task.Delay(TimeSpan.FromSeconds(2), ct);
        crowd.OnBatch = null;
        double[] cells = await page.EvaluateAsync<double[]>("() => window.delays");
        report.Add($"{open} dashboards: change to batch, p99", Median.Quantile(delays, 0.99), "ms", goal);
        report.Add("  p50", Median.Of(delays), "ms");
        report.Add("  batches with a change", delays.Count, "");
        report.Add($"{open} dashboards: change to cell in Chromium, p99", Median.Quantile(cells, 0.99), "ms", goal);
        report.Add("  p50", Median.Of(cells), "ms");
        report.Add("  cells", cells.Length, "");
        report.Add($"{open} dashboards: last states missed", await MissedAsync(stage, crowd, open, ct), "", 0);
    }

    /// <summary>Many changes of rows that can be seen, faster than pages are drawn: every page must end with the last.</summary>
    private static async Task<int> MissedAsync(Stage stage, Crowd crowd, int open, CancellationToken ct)
    {
        const int changes = 40;
        string last = $"last-{open}";
        byte[] wanted = Encoding.UTF8.GetBytes(last);
        int seen = 0;
        crowd.OnBatch = batch =>
        {
            if (batch.AsSpan().IndexOf(wanted) >= 0)
            {
                Interlocked.Increment(ref seen);
            }
        };
        for (int i = 1; i <= changes; i++)
        {
            await ChangeAsync(stage, i == changes ? last : $"burst-{i}", 0, ct);
        }

        for (int waited = 0; waited < 50 && Volatile.Read(ref seen) < open; waited++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
        }

        crowd.OnBatch = null;
        return Math.Max(0, open - seen);
    }

    private static async Task MeasureHiddenAsync(Report report, Stage stage, Crowd crowd, CancellationToken ct)
    {
        await crowd.HideAsync(hidden: true);
        await Task.Delay(TimeSpan.FromSeconds(2), ct);
        crowd.TakeBatches();
        double before = Readings.Cpu(stage.Server.ProcessId);
        for (int second = 0; second < HiddenSeconds; second++)
        {
            await ChangeAsync(stage, $"hidden-{second}", second, ct);
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }

        double cost = (Readings.Cpu(stage.Server.ProcessId) - before) / HiddenSeconds;
        report.Add("1,000 hidden tabs: batches sent", crowd.TakeBatches(), "", 0);
        report.Add("1,000 hidden tabs: CPU of the whole server a second, one open page and the database's news included", cost * 1000, "ms");
    }

    private static void Note(byte[] batch, ConcurrentBag<double> delays)
    {
        double now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        if (batch.AsSpan().LastIndexOf("sent-"u8) is >= 0 and var at && batch.Length >= at + 18
            && long.TryParse(batch.AsSpan(at + 5, 13), CultureInfo.InvariantCulture, out long sent))
        {
            delays.Add(now - sent);
        }
    }

    /// <summary>Fifty rows, evenly among those that can be seen and those that cannot, as the sweep would write them.</summary>
    private static async Task ChangeAsync(Stage stage, string title, int offset, CancellationToken ct)
    {
        await using var connection = await stage.Database.Source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new($"SELECT pg_advisory_xact_lock({Locks.Changes})"));
        batch.BatchCommands.Add(new(
            $"""
            UPDATE streamers s SET title = $1, version = nextval('{KickMonitorDb.Changes}')
            FROM (SELECT broadcaster_user_id, row_number() OVER (ORDER BY broadcaster_user_id) AS place FROM streamers) o
            WHERE o.broadcaster_user_id = s.broadcaster_user_id AND o.place % {BareBoard.Rows / BareBoard.Changes} = $2
            """)
        { Parameters = { new() { Value = title }, new() { Value = offset } } });
        batch.BatchCommands.Add(Bus.NoticeCommand(Domain.Monitoring.Merge.Topic));
        await batch.ExecuteNonQueryAsync(ct);
    }
}
