using System.Diagnostics;
using System.Net;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks;

/// <summary>How long Admins wait for the prerendered pages of long lists, as the published program answers them on the same machine.</summary>
internal static class ListPages
{
    private const int Rounds = 21;
    private const int Goal = 500;
    private static readonly string[] Paths = ["/admin/users", "/admin/users?q=person77", "/admin/streamers", "/admin/streamers/streamer7", "/admin/audit"];

    /// <param name="connection">A database with the people and streamers in it.</param>
    /// <param name="folder">Where the program keeps its keys.</param>
    public static async Task RunAsync(Report report, string connection, string folder, CancellationToken ct)
    {
        string program = await Build.PublishAsync("KickMonitor.Web", ct);
        await using var kick = await SandboxServer.StartAsync(new SandboxOptions { Streamers = 1 }, ct: ct);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__KickMonitor"] = connection,
            ["KICKMONITOR_DATA"] = folder,
            ["KICK_CLIENT_ID"] = kick.ClientId,
            ["KICK_CLIENT_SECRET"] = kick.ClientSecret,
            ["KICK_API_URL"] = kick.BaseAddress.ToString(),
            ["KICK_ID_URL"] = kick.BaseAddress.ToString(),
            ["MONITOR_INTERVAL"] = "3600",
        };
        await CreateAdminAsync(program, settings, ct);
        await using var server = Server.Start(program, [], settings);
        await server.AnswersAsync("/readyz", ct);
        using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None })
        {
            BaseAddress = server.Address,
        };
        await SignInAsync(http, ct);
        foreach (string path in Paths)
        {
            var times = new List<double>();
            long bytes = 0;
            for (int i = 0; i <= Rounds; i++)
            {
                long start = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync(path, ct);
                bytes = (await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(ct)).Length;
                if (i > 0)
                {
                    times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }

            report.Add($"{path}: the whole answer", Median.Of(times), "ms", Goal);
            report.Add("  its size", bytes / 1000d, "KB");
        }
    }

    private static async Task CreateAdminAsync(string program, Dictionary<string, string> settings, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, ["users", "create", "--email", Stage.Email, "--role", "admin", "--password", Stage.Password]) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        string told = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The Admin could not be made: {told}");
        }
    }

    private static async Task SignInAsync(HttpClient http, CancellationToken ct)
    {
        const string field = "name=\"__RequestVerificationToken\" value=\"";
        string page = await http.GetStringAsync("/signin", ct);
        string rest = page[(page.IndexOf(field, StringComparison.Ordinal) + field.Length)..];
        using var form = new FormUrlEncodedContent(
        [
            new("_handler", "signin"), new("__RequestVerificationToken", rest[..rest.IndexOf('"', StringComparison.Ordinal)]), new("Input.Email", Stage.Email), new("Input.Password", Stage.Password),
        ]);
        using var answer = await http.PostAsync("/signin", form, ct);
        if (answer.StatusCode is not (HttpStatusCode.Redirect or HttpStatusCode.SeeOther))
        {
            throw new InvalidOperationException($"Signing in was answered with {answer.StatusCode}.");
        }
    }
}
