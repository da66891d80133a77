using System.Text.Json;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Benchmarks.Yardsticks;
using KickMonitor.Sandbox;
using Microsoft.Playwright;

namespace KickMonitor.Benchmarks;

/// <summary>
/// From the moment that Kick's answer leaves to the frame in which a browser shows what it says, at the pace of a call a second
/// that the product keeps by itself.
/// </summary>
internal static class Latency
{
    private const int Streamers = 1000;
    private const int Watched = 40;
    private const int Rounds = 8;

    /// <summary>Of those, not counted: the first changes of a process meet code that has not been compiled.</summary>
    private const int WarmUp = 2;

    // A frame later than the change in the document is when a person can see it: noted after that frame was drawn.
    private const string Observe = """
        () => {
          window.seen = {};
          const look = () => {
            const marks = [...document.querySelectorAll('td.c-title')].map(c => c.textContent.match(/mark-(\d{6})/)).filter(m => m).map(m => +m[1]).filter(m => !(m in window.seen));
            if (marks.length === 0) return;
            marks.forEach(m => window.seen[m] = 0);
            requestAnimationFrame(() => setTimeout(() => { const now = Date.now(); marks.forEach(m => window.seen[m] = now); }));
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
        }
        """;

    private const string ObserveBare = """
        () => {
          window.delays = [];
          let last = '';
          new MutationObserver(() => {
            const sent = document.body.textContent.match(/sent-(\d+)/);
            if (!sent || sent[1] === last) return;
            last = sent[1];
            requestAnimationFrame(() => setTimeout(() => window.delays.push(Date.now() - sent[1])));
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }
        """;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Monitor__Interval"] = "2", ["Monitor__RequestsPerSecond"] = "1" };
        string bareProgram = await Build.PublishAsync("KickMonitor.Benchmarks", ct);
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = Streamers, Alive = false }, settings, ct);
        await using var relay = await Relay.StartAsync(stage.Kick.BaseAddress, ct);
        stage.Redirect(relay.Address);
        long[] watched = Choose(stage.Kick.World);
        await stage.StartAsync(ct);
        await stage.WaitForRoundAsync(1, ct);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1400, Height = 2200 } });
        await OpenDashboardAsync(page, stage.Server.Address);
        await page.EvaluateAsync(Observe);
        await using var bare = Server.Start(bareProgram, [BareStack.Name, await stage.Database.CreateAsync("bare", ct)], new Dictionary<string, string>(StringComparer.Ordinal));
        await bare.AnswersAsync("/healthz", ct);
        var barePage = await browser.NewPageAsync();
        await barePage.GotoAsync(new Uri(bare.Address, "/board").ToString());
        await barePage.EvaluateAsync(ObserveBare);

        int next = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int first = next;
            foreach (long id in watched)
            {
                stage.Kick.World.SetTitle(id, Relay.Mark(next++));
                stage.Kick.World.SetViewers(id, 100_000 + next);
            }

            var patience = DateTime.UtcNow + TimeSpan.FromSeconds(40);
            while (DateTime.UtcNow < patience && (await SeenAsync(page)).Count < next)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), ct);
            }

            Report.Say($"  {next - first} changes, {(await SeenAsync(page)).Count} of {next} seen");
        }

        var seen = await SeenAsync(page);
        var delays = Enumerable.Range(WarmUp * Watched, next - (WarmUp * Watched)).Where(n => seen.ContainsKey(n) && relay.SentAt(n) is not null).Select(n => seen[n] - relay.SentAt(n)!.Value).ToList();
        double[] bareDelays = JsonSerializer.Deserialize<double[]>(await barePage.EvaluateAsync<string>("() => JSON.stringify(window.delays)"))!;
        report.Add("changes that were never shown", next - (WarmUp * Watched) - delays.Count, "", 0);
        report.Add("answer to pixel, p99", Median.Quantile(delays, 0.99), "ms", 250);
        report.Add("  p50", Median.Of(delays), "ms");
        report.Add("  slowest", delays.Max(), "ms");
        report.Add("  changes", delays.Count, "");
        report.Add("  a minimal page beside it, change to pixel, p99", Median.Quantile(bareDelays, 0.99), "ms");
        report.Add("  a minimal page beside it, p50", Median.Of(bareDelays), "ms");
        report.Add("answer to pixel in minimal pages, p50", Median.Of(delays) / Median.Of(bareDelays), "×");
    }

    /// <summary>The streamers at the top of the dashboard, where a browser draws them.</summary>
    private static long[] Choose(World world)
    {
        long[] watched = [.. world.Streamers.Where((_, i) => i % (Streamers / Watched) == 0).Take(Watched).Select(s => s.Id)];
        foreach (long id in watched)
        {
            world.GoLive(id, 100_000);
        }

        return watched;
    }

    internal static async Task OpenDashboardAsync(IPage page, Uri address)
    {
        await page.GotoAsync(new Uri(address, "/signin").ToString());
        await page.FillAsync("input[type=email]", Stage.Email);
        await page.FillAsync("input[type=password]", Stage.Password);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("main[data-interactive=true] tr[data-slug]", new() { State = WaitForSelectorState.Attached });
    }

    private static async Task<Dictionary<int, double>> SeenAsync(IPage page) =>
        JsonSerializer.Deserialize<Dictionary<int, double>>(await page.EvaluateAsync<string>("() => JSON.stringify(window.seen)"))!
            .Where(s => s.Value > 0).ToDictionary();
}
