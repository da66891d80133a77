using System.Text.Json;
using KickMonitor.Sandbox;
using KickMonitor.Web.Cli;
using CommandLine = KickMonitor.Web.Cli.CommandLine;

namespace KickMonitor.Tests.Web.Cli;

/// <summary>A database of one's own, a stand-in for Kick, and the command line between them.</summary>
public sealed class CliFixture(Postgres postgres) : IAsyncLifetime
{
    public string Database { get; private set; } = string.Empty;

    public SandboxServer Kick { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Kick = await SandboxServer.StartAsync(new SandboxOptions { Streamers = 30, Alive = false });
        Database = await NewDatabaseAsync();
    }

    public async ValueTask DisposeAsync() => await Kick.DisposeAsync();

    /// <summary>A database without a schema.</summary>
    public Task<string> NewDatabaseAsync() => postgres.CreateDatabaseAsync(isEmpty: true);

    /// <summary>The slug of the n-th streamer of the stand-in's world.</summary>
    public string Slug(int n) => Kick.World.Streamers[n].Slug;

    public async Task<CliResult> RunAsync(params string[] args) => await RunAsync(new Call(), args);

    internal async Task<CliResult> RunAsync(Call call, params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        int code = await CommandLine.InvokeAsync(args, call.Serve, Terminal(call, output, error), call.Ct);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    internal Terminal Terminal(Call call, TextWriter output, TextWriter error)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:KickMonitor"] = Database,
            ["Kick:ApiBaseUrl"] = Kick.BaseAddress.ToString(),
            ["Kick:IdBaseUrl"] = Kick.BaseAddress.ToString(),
            ["Kick:ClientId"] = Kick.ClientId,
            ["Kick:ClientSecret"] = Kick.ClientSecret,
            ["Monitor:RequestsPerSecond"] = "100",
        };
        foreach (var (key, value) in call.Settings)
        {
            settings[key] = value;
        }

        return new Terminal
        {
            Out = output,
            Error = error,
            In = new StringReader(call.Input),
            IsOutTerminal = call.IsTerminal,
            Key = call.Key,
            ReadsEnvironment = false,
            Settings = settings,
        };
    }
}

internal sealed record Call
{
    public Dictionary<string, string?> Settings { get; init; } = [];

    public string Input { get; init; } = string.Empty;

    public bool IsTerminal { get; init; }

    public Func<char?> Key { get; init; } = () => null;

    public Func<string[], Task<int>> Serve { get; init; } = _ => throw new InvalidOperationException("Nobody asked to serve.");

    public CancellationToken Ct { get; init; } = TestContext.Current.CancellationToken;
}

public sealed record CliResult(int Code, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public JsonElement ErrorJson => JsonDocument.Parse(Error).RootElement;

    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Says both streams when it is not as expected.</summary>
    public CliResult ShouldEndWith(int code)
    {
        Code.ShouldBe(code, $"stdout: {Out}\nstderr: {Error}");
        return this;
    }
}
