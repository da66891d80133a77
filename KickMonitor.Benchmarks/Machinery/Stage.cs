using System.Diagnostics;
using System.Globalization;
using KickMonitor.Sandbox;

namespace KickMonitor.Benchmarks.Machinery;

/// <summary>The product's process between a stand-in for Kick, which lives in this process, and a database of its own.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string Email = "admin@benchmark.example";
    public const string Password = "correct horse battery staple";

    private readonly Dictionary<string, string> _settings;
    private readonly string _program;
    private Server? _server;

    private Stage(TemporaryDatabase database, SandboxServer kick, string program, Dictionary<string, string> settings) =>
        (Database, Kick, _program, _settings) = (database, kick, program, settings);

    public TemporaryDatabase Database { get; }

    public SandboxServer Kick { get; }

    public Server Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    /// <summary>A product that watches all of the stand-in's streamers, ready to be started.</summary>
    public static async Task<Stage> SetAsync(SandboxOptions world, IReadOnlyDictionary<string, string> settings, CancellationToken ct, bool asInstalled = false)
    {
        string program = await Build.PublishAsync("KickMonitor.Web", ct, asInstalled);
        var database = await TemporaryDatabase.StartAsync(ct);
        var kick = await SandboxServer.StartAsync(world, ct: ct);
        string address = kick.BaseAddress.ToString().TrimEnd('/');
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__KickMonitor"] = database.ConnectionString,
            ["KICKMONITOR_DATA"] = database.Folder,
            ["KICKMONITOR_ADMIN_EMAIL"] = Email,
            ["KICKMONITOR_ADMIN_PASSWORD"] = Password,
            ["KICK_CLIENT_ID"] = kick.ClientId,
            ["KICK_CLIENT_SECRET"] = kick.ClientSecret,
            ["KICK_API_URL"] = address,
            ["KICK_ID_URL"] = address,
            ["KICK_SITE_URL"] = address,
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        var stage = new Stage(database, kick, program, all);
        await stage.ImportAsync(ct);
        return stage;
    }

    /// <summary>Points the product at something that stands before the stand-in.</summary>
    public void Redirect(Uri kick) => _settings["KICK_API_URL"] = kick.ToString().TrimEnd('/');

    /// <summary>Starts a server that the caller ends.</summary>
    public Server Launch() => Server.Start(_program, [], _settings);

    /// <summary>Starts the server that ends with the stage, and waits until it can work.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        _server = Launch();
        await _server.AnswersAsync("/readyz", ct);
    }

    /// <summary>The number of rounds that the sweep has finished.</summary>
    public Task<long> RoundsAsync(CancellationToken ct) => Database.ScalarAsync<long>("SELECT count(*) FROM sweep_rounds", ct);

    public async Task WaitForRoundAsync(long round, CancellationToken ct)
    {
        while (await RoundsAsync(ct) < round)
        {
            Server.ThrowIfGone();
            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }
    }

    public async Task<string> CommandAsync(string[] args, CancellationToken ct)
    {
        var start = new ProcessStartInfo(_program, args) { RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = Database.Folder };
        Server.Tune(start);
        foreach (var (name, value) in _settings)
        {
            start.Environment[name] = value;
        }

        start.Environment["Monitor__RequestsPerSecond"] = "100";
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{string.Join(' ', args)} ended with {process.ExitCode}: {output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await Kick.DisposeAsync();
        await Database.DisposeAsync();
    }

    private async Task ImportAsync(CancellationToken ct)
    {
        string file = Path.Combine(Database.Folder, "streamers.txt");
        await File.WriteAllLinesAsync(file, Kick.World.Streamers.Select(s => s.Slug), ct);
        string told = await CommandAsync(["streamers", "import", file], ct);
        Report.Say(string.Create(CultureInfo.InvariantCulture, $"imported: {told}"));
    }
}
