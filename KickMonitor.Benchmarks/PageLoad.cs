using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Sandbox;
using Microsoft.Playwright;

namespace KickMonitor.Benchmarks;

/// <summary>What a person waits for and loads, in Chromium on the same machine: first paint, weight, and scrolling 1,000 rows.</summary>
internal static class PageLoad
{
    private const int Loads = 7;

    // A row a frame, as a finger would; the frames that were drawn are counted.
    private const string Scroll = """
        () => new Promise(done => {
          const from = performance.now();
          let frames = 0;
          const step = () => {
            frames++;
            scrollBy(0, 40);
            if (scrollY + innerHeight >= document.documentElement.scrollHeight - 4) scrollTo(0, 0);
            if (performance.now() - from < 8000) requestAnimationFrame(step); else done(frames / (performance.now() - from) * 1000);
          };
          requestAnimationFrame(step);
        })
        """;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        await using var stage = await Stage.SetAsync(new SandboxOptions { Streamers = 1000 }, new Dictionary<string, string>(StringComparer.Ordinal), ct);
        await stage.StartAsync(ct);
        await stage.WaitForRoundAsync(2, ct);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"] });
        await using var first = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        var page = await first.NewPageAsync();
        await Latency.OpenDashboardAsync(page, stage.Server.Address);
        string state = await first.StorageStateAsync();
        string streamer = "/streamers/" + await page.Locator("tr[data-slug]").First.GetAttributeAsync("data-slug");

        foreach (string path in new[] { "/", streamer, "/settings/profile" })
        {
            var paints = new List<double>();
            var weights = new List<double>();
            for (int i = 0; i < Loads; i++)
            {
                var (paint, weight) = await LoadAsync(browser, state, new Uri(stage.Server.Address, path).ToString());
                paints.Add(paint);
                weights.Add(weight);
            }

            string name = path == streamer ? "/streamers/NAME" : path;
            report.Add($"{name}: first paint, nothing in the browser's cache", Median.Of(paints), "ms", 300);
            report.Add($"{name}: weight, everything loaded", weights.Max(), "KB", 600);
        }

        report.Add("frames missing from 50 a second while 1,000 rows scroll", Math.Max(0, 50 - await page.EvaluateAsync<double>(Scroll)), "", 0);
        report.Add("  frames a second", await page.EvaluateAsync<double>(Scroll), "");
    }

    private static async Task<(double Paint, double Weight)> LoadAsync(IBrowser browser, string state, string address)
    {
        await using var context = await browser.NewContextAsync(new() { StorageState = state, ViewportSize = new() { Width = 1440, Height = 900 } });
        var page = await context.NewPageAsync();
        var devTools = await context.NewCDPSessionAsync(page);
        await devTools.SendAsync("Network.enable");
        double bytes = 0;
        devTools.Event("Network.loadingFinished").OnEvent += (_, e) => bytes += e!.Value.GetProperty("encodedDataLength").GetDouble();
        await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.NetworkIdle });
        double paint = await page.EvaluateAsync<double>("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 1e9");
        return (paint, bytes / 1000);
    }
}
