using System.Globalization;

namespace KickMonitor.Benchmarks;

internal static class CommandLine
{
    private static readonly (string Name, string Does, Func<Report, CancellationToken, Task> Run)[] All =
    [
        ("sweep", "1,000 streamers every 15 s: API calls a round, CPU of the server and its PostgreSQL (5 min)", Sweep.RunAsync),
        ("many", "10,000 streamers every 60 s on one node: length of a round, who is overdue (6 min)", ManyStreamers.RunAsync),
        ("latency", "from an answer's arrival to the pixel of a dashboard in Chromium, 240 changes (3 min)", Latency.RunAsync),
        ("memory", "unreclaimable memory with 1,000 streamers and 0, 1, 100 open dashboards (3 min)", Memory.RunAsync),
        ("start", "start to the first answer, beside a bare stack of the same packages (3 min)", Start.RunAsync),
        ("circuits", "CPU of a dashboard's update, beside a minimal page and a bare hub (4 min)", CircuitCost.RunAsync),
        ("dashboards", "change to batch at 100 and 1,000 open dashboards, last states missed, hidden tabs (4 min)", Dashboards.RunAsync),
        ("page", "first paint, weight and scrolling of 1,000 rows in Chromium (2 min)", PageLoad.RunAsync),
        ("public", "requests a second of the public page and badge, beside a bare endpoint (2 min)", PublicPages.RunAsync),
        ("ingest", "deliveries acknowledged a second, beside verifying only and one INSERT each (4 min)", Ingest.RunAsync),
        ("flood", "memory while 500 deliveries a second come for --minutes (5)", (report, ct) => Flood.RunAsync(report, _minutes, ct)),
        ("lists", "what Admins' lists ask for and how long their pages take, among 10,000 people and 5,000 streamers (2 min)", Lists.RunAsync),
        ("delivered", "from a delivery to the pixel of the events page and the dashboard, 200/s (2 min)", Delivered.RunAsync),
    ];

    private static TimeSpan _minutes = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(string[] args)
    {
        var names = args.Where(a => !a.StartsWith('-')).ToList();
        int json = Array.IndexOf(args, "--json");
        string? file = json >= 0 && json + 1 < args.Length ? args[json + 1] : null;
        names.Remove(file ?? string.Empty);
        int minutes = Array.IndexOf(args, "--minutes");
        if (minutes >= 0 && minutes + 1 < args.Length && double.TryParse(args[minutes + 1], CultureInfo.InvariantCulture, out double length))
        {
            _minutes = TimeSpan.FromMinutes(length);
            names.Remove(args[minutes + 1]);
        }

        if (names.Count == 0 || args.Contains("--help") || (json >= 0 && file is null))
        {
            Help();
            return args.Contains("--help") ? 0 : 2;
        }

        var chosen = names.Contains("all") ? [.. All] : All.Where(b => names.Contains(b.Name)).ToArray();
        if (chosen.Length == 0 || names.Any(n => n != "all" && All.All(b => b.Name != n)))
        {
            Help();
            return 2;
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            stop.Cancel();
        };
        var report = new Report();
        foreach (var (name, does, run) in chosen)
        {
            report.Begin(name, does);
            await run(report, stop.Token);
        }

        report.Print();
        if (file is not null)
        {
            await report.SaveAsync(file);
        }

        return report.AllMet ? 0 : 1;
    }

    private static void Help()
    {
        Console.WriteLine("dotnet run -c Release --project KickMonitor.Benchmarks -- NAME… [--json FILE] [--minutes N]\n");
        foreach (var (name, does, _) in All)
        {
            Console.WriteLine($"  {name,-10} {does}");
        }

        Console.WriteLine("  all        one after the other\n\nThe exit status is 0 if every goal is met, 1 if one is missed. Nothing but loopback is loaded.");
    }
}
