using System.Text.Json;
using KickMonitor.Domain.Storage.Embedded;
using KickMonitor.Sandbox;
using KickMonitor.Web.Cli;
using Npgsql;
using CommandLine = KickMonitor.Web.Cli.CommandLine;

namespace KickMonitor.Tests.Web.Cli;

/// <summary>One PostgreSQL for all tests of the process; it ends with the process.</summary>
internal static class TestCluster
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Started = new(StartAsync);

    public static async Task<string> ConnectionStringAsync() => (await Started.Value).ConnectionString;

    private static Task<EmbeddedPostgres> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("km-cli-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAsync(folder).GetAwaiter().GetResult();
        return EmbeddedPostgres.StartAsync(folder, share: false, CancellationToken.None);
    }

    private static async Task EndAsync(string folder)
    {
        await (await Started.Value).DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A database of one's own, a stand-in for Kick, and the command line between them.</summary>
public sealed class CliFixture : IAsyncLifetime
{
    public string Database { get; private set; } = string.Empty;

    public SandboxServer Kick { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Kick = await SandboxServer.StartAsync(new SandboxOptions { Streamers = 30, Alive = false });
        Database = await NewDatabaseAsync();
    }

    public async ValueTask DisposeAsync() => await Kick.DisposeAsync();

    public static async Task<string> NewDatabaseAsync()
    {
        string cluster = await TestCluster.ConnectionStringAsync();
        string name = $"cli_{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(cluster + ";Pooling=false");
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(cluster) { Database = name, MaxPoolSize = 5 }.ConnectionString;
    }

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
