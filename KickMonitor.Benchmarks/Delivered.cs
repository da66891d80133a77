using System.Globalization;
using System.Text.Json;
using KickMonitor.Benchmarks.Webhooks;
using Microsoft.Playwright;

namespace KickMonitor.Benchmarks;

/// <summary>
/// From sending a delivery to the frame in which a browser shows it: follows on the events page while 200 a second come, and
/// starts on the dashboard in between.
/// </summary>
internal static class Delivered
{
    private const int Rate = 200;
    private const int Streamers = 40;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(40);

    private const string Observe = """
        pattern => {
          window.seen = {};
          const look = () => {
            const marks = [...document.querySelectorAll('#main b, td.c-title')].map(c => c.textContent.match(new RegExp(pattern))).filter(m => m).map(m => +m[1]).filter(m => !(m in window.seen));
            if (marks.length === 0) return;
            marks.forEach(m => window.seen[m] = 0);
            requestAnimationFrame(() => setTimeout(() => { const now = Date.now(); marks.forEach(m => window.seen[m] = now); }));
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
        }
        """;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        using var deliveries = new SignedDeliveries();
        await using var stage = await WebhookStage.SetAsync(deliveries, Streamers, ct);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 2200 } });
        var events = await context.NewPageAsync();
        await Latency.OpenDashboardAsync(events, stage.Server.Address);

        // In a window of its own: of two tabs in one, the browser draws that behind the other once a second.
        await using var other = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 2200 }, StorageState = await context.StorageStateAsync() });
        var dashboard = await other.NewPageAsync();
        await OpenAsync(dashboard, new Uri(stage.Server.Address, "/"));
        await OpenAsync(events, new Uri(stage.Server.Address, "/events"));
        await dashboard.EvaluateAsync(Observe, "mark-(\\d+)");
        await events.EvaluateAsync(Observe, "Viewer_(\\d+) followed");

        var sentAt = new long[(int)(Rate * Length.TotalSeconds)];
        int starts = 0;
        var startedAt = new long[Streamers];
        var met = await Load.PaceAsync(stage.Server.Address, i =>
        {
            // Every second one delivery is a start, for as long as there is somebody who is not live.
            bool isStart = i % Rate == Rate / 2 && starts < Streamers;
            byte[] request = isStart
                ? deliveries.Start(i, stage.Broadcasters[starts], string.Create(CultureInfo.InvariantCulture, $"mark-{starts}"))
                : deliveries.Request(i, stage.Broadcasters[i % Streamers]);
            if (isStart)
            {
                startedAt[starts++] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            }
            else
            {
                sentAt[i] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            }

            return request;
        }, Rate, 16, Length, ct);
        await Task.Delay(TimeSpan.FromSeconds(3), ct);

        var follows = await SeenAsync(events);
        var lives = await SeenAsync(dashboard);
        double[] delays = [.. follows.Where(s => s.Value > 0).Select(s => s.Value - sentAt[s.Key])];
        double[] liveDelays = [.. lives.Where(s => s.Value > 0).Select(s => s.Value - startedAt[s.Key])];
        report.Add($"{Rate}/s, delivery to the pixel of the events page, p99", Median.Quantile(delays, 0.99), "ms", 1000);
        report.Add("  p50", Median.Of(delays), "ms");
        report.Add("  slowest", delays.Max(), "ms");
        report.Add("  events drawn, of which the page keeps the newest 50", delays.Length, "");
        double[] handled = await stage.Database.ScalarAsync<double[]>(
            "SELECT percentile_cont(ARRAY[0.99, 0.5]) WITHIN GROUP (ORDER BY extract(epoch FROM handled_at - received_at) * 1000) FROM events", ct);
        report.Add("  until it was handled, p99", handled[0], "ms");
        report.Add("  until it was handled, p50", handled[1], "ms");
        report.Add("a start, delivery to the pixel of the dashboard, p99", Median.Quantile(liveDelays, 0.99), "ms", 1000);
        report.Add("  p50", Median.Of(liveDelays), "ms");
        report.Add("  starts that were never shown", starts - liveDelays.Length, "", 0);
        report.Add("refused", met.Bad, "", 0);
    }

    private static async Task OpenAsync(IPage page, Uri address)
    {
        await page.GotoAsync(address.ToString());
        await page.WaitForSelectorAsync("main[data-interactive=true]");
    }

    private static async Task<Dictionary<int, double>> SeenAsync(IPage page) =>
        JsonSerializer.Deserialize<Dictionary<int, double>>(await page.EvaluateAsync<string>("() => JSON.stringify(window.seen)"))!;
}
