using System.Diagnostics;
using System.Net;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Browser;

/// <summary>The real program in a process of its own, on a database of its own, with the stand-in for Kick in this one.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    public const string AdminEmail = "admin@example.com";
    public const string Password = "a long enough password";
    private readonly Dictionary<string, string> _settings;
    private readonly List<string> _output = [];
    private readonly string _directory;
    private Process? _process;

    private RunningServer(SandboxServer kick, Dictionary<string, string> settings, string directory) => (Kick, _settings, _directory) = (kick, settings, directory);

    public SandboxServer Kick { get; }

    public Uri Address { get; private set; } = new("http://localhost");

    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <param name="database">Null: the embedded one.</param>
    public static async Task<RunningServer> StartAsync(string? database, SandboxOptions? world = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        var kick = await SandboxServer.StartAsync((world ?? new SandboxOptions { Streamers = 12, Live = 0 }) with { Alive = false });
        string address = kick.BaseAddress.ToString().TrimEnd('/');
        string directory = Directory.CreateTempSubdirectory("kickmonitor-server-").FullName;
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KICKMONITOR_DATA"] = directory,
            ["KICK_CLIENT_ID"] = kick.ClientId,
            ["KICK_CLIENT_SECRET"] = kick.ClientSecret,
            ["KICK_API_URL"] = address,
            ["KICK_ID_URL"] = address,
            ["KICK_SITE_URL"] = address,
            ["KICKMONITOR_ADMIN_EMAIL"] = AdminEmail,
            ["KICKMONITOR_ADMIN_PASSWORD"] = Password,
            ["MONITOR_INTERVAL"] = "2",
            ["Monitor__RequestsPerSecond"] = "50",
            ["Monitor__EndAfter"] = "60",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
        };
        if (database is not null)
        {
            all["ConnectionStrings__KickMonitor"] = database;
        }

        foreach (var (key, value) in settings ?? new Dictionary<string, string>())
        {
            all[key] = value;
        }

        var server = new RunningServer(kick, all, directory);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Runs a verb of the command line against the same database.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Launch(arguments);
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{string.Join(' ', arguments)}: {error}");
        return output.Trim();
    }

    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString()]))
        {
            await kill.WaitForExitAsync();
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async Task StartAgainAsync()
    {
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = Launch(["--urls=http://127.0.0.1:0"]);
        _process.OutputDataReceived += (_, line) => Note(line.Data, address);
        _process.ErrorDataReceived += (_, line) => Note(line.Data, address);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var exited = _process.WaitForExitAsync();
        var first = await Task.WhenAny(address.Task, exited, Task.Delay(TimeSpan.FromSeconds(60)));
        first.ShouldBe(address.Task, $"The server did not start:\n{Output}");
        Address = await address.Task;
        using var http = new HttpClient { BaseAddress = Address };
        await EventuallyAsync(async () => (await http.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode == HttpStatusCode.OK, "the server is ready");
    }

    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, int seconds = 40)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            if (await condition())
            {
                return;
            }

            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(seconds), $"Not within {seconds} s: {what}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await StopAsync();
        }

        _process?.Dispose();
        await Kick.DisposeAsync();
        string location = Path.Combine(_directory, "postgres.location");
        if (File.Exists(location))
        {
            Directory.Delete((await File.ReadAllTextAsync(location)).Trim(), recursive: true);
        }

        Directory.Delete(_directory, recursive: true);
    }

    private Process Launch(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program(), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _directory,
        };
        foreach (string key in start.Environment.Keys.Where(k => k.StartsWith("KICK", StringComparison.Ordinal) || k.StartsWith("DATABASE", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(key);
        }

        foreach (var (key, value) in _settings)
        {
            start.Environment[key] = value;
        }

        return Process.Start(start)!;
    }

    private void Note(string? line, TaskCompletionSource<Uri> address)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }

        const string listening = "Now listening on: ";
        if (line.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at)
        {
            address.TrySetResult(new Uri(line[(at + listening.Length)..].Trim()));
        }
    }

    /// <summary>The program that was built beside these tests, with the styles and scripts that its folder knows.</summary>
    private static string Program()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        string configuration = here.Parent!.Name;
        var root = here;
        while (!File.Exists(Path.Combine(root.FullName, "KickMonitor.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return Path.Combine(root.FullName, "KickMonitor.Web", "bin", configuration, here.Name, "kickmonitor.dll");
    }
}
