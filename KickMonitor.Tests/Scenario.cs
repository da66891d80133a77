using System.Diagnostics;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Sandbox;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Tests;

/// <summary>One database, one Kick, one clock, and as many nodes of the product as a story needs.</summary>
public sealed class Scenario(Postgres postgres, string database, SandboxServer? kick, TestClock clock) : IAsyncDisposable
{
    private readonly List<ServiceProvider> _nodes = [];

    public TestClock Clock => clock;

    public string Database => database;

    public SandboxServer Kick => kick ?? throw new InvalidOperationException("This story has no Kick.");

    /// <summary>Of a node that is given no other.</summary>
    public static string MasterKeyText { get; } = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    public static async Task<Scenario> StartAsync(Postgres postgres, bool withKick = false, SandboxOptions? world = null)
    {
        var clock = new TestClock();
        return new Scenario(
            postgres,
            await postgres.BorrowAsync(),
            withKick ? await SandboxServer.StartAsync((world ?? new SandboxOptions()) with { Alive = false }, clock) : null,
            clock);
    }

    /// <summary>What a story says wins; what it says is null is not said at all.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Said(Dictionary<string, string?> usual, IReadOnlyDictionary<string, string?>? settings)
    {
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            usual[key] = value;
        }

        return usual.Where(s => s.Value is not null);
    }

    /// <summary>A node of the product, not started: nothing runs by itself.</summary>
    public IServiceProvider AddNode(IReadOnlyDictionary<string, string?>? settings = null, TimeProvider? time = null, MasterKey? key = null, ILoggerProvider? log = null, Action<IServiceCollection>? also = null)
    {
        var configuration = new ConfigurationBuilder()
            .Add(new StoredSettings())
            .AddInMemoryCollection(Said(new(StringComparer.OrdinalIgnoreCase)
            {
                ["Kick:ClientId"] = kick?.ClientId,
                ["Kick:ClientSecret"] = kick?.ClientSecret,
                ["Kick:ApiBaseUrl"] = kick?.BaseAddress.ToString() ?? "http://localhost:9",
                ["Kick:IdBaseUrl"] = kick?.BaseAddress.ToString() ?? "http://localhost:9",
                ["Monitor:RequestsPerSecond"] = "100",
            }, settings))
            .Build();
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging(logging => _ = log is null ? logging.SetMinimumLevel(LogLevel.None) : logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log))
            .AddSingleton(time ?? clock)
            .AddStorage(postgres.AddressOf(database))
            .AddSettings()
            .AddKick()
            .AddMonitoring()
            .AddStreamers()
            .AddAccounts()
            .AddEvents()
            .AddLinking();
        also?.Invoke(services);
        KeyRing.Add(services, key ?? MasterKey.Load(MasterKeyText, "/nowhere"));
        var node = services.BuildServiceProvider();
        _nodes.Add(node);
        return node;
    }

    /// <summary>
    /// Runs something that waits by the clock. Time stands still while the product waits for somebody's answer, so that a busy machine is no slow Kick.
    /// </summary>
    /// <param name="slow">Who is asked waits by the clock too, or for ever.</param>
    /// <param name="step">How far time moves at once, in milliseconds.</param>
    public async Task<T> RunAsync<T>(Task<T> task, bool slow = false, int step = 20)
    {
        for (var watch = Stopwatch.StartNew(); !task.IsCompleted;)
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(3), "It never ended.");
            await Task.WhenAny(task, Task.Delay(1));
            if (slow || !clock.IsTimingOut)
            {
                clock.Advance(TimeSpan.FromMilliseconds(step));
            }
        }

        return await task;
    }

    public Task<List<object?[]>> QueryAsync(string sql, params object[] parameters) => QueryAsync(database, sql, parameters);

    /// <summary>Does what the account that serves may not.</summary>
    public Task<List<object?[]>> QueryAsOwnerAsync(string sql) => QueryAsync(postgres.OwnerOf(database), sql, []);

    private static async Task<List<object?[]>> QueryAsync(string account, string sql, object[] parameters)
    {
        await using var connection = new NpgsqlConnection(account);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (object parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object?[]>();
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return rows;
    }

    /// <summary>Lets the database fail at this point until the end, as when a node or its connection dies there.</summary>
    /// <param name="point">As in CREATE TRIGGER, such as <c>BEFORE INSERT ON audit</c>.</param>
    public async Task<IAsyncDisposable> BreakAsync(string point, string body = "RAISE EXCEPTION 'gone'")
    {
        await QueryAsOwnerAsync($"CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$");
        await QueryAsOwnerAsync($"CREATE TRIGGER break {point} FOR EACH STATEMENT EXECUTE FUNCTION break()");
        return new Mending(this);
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters) => (T)(await QueryAsync(sql, parameters))[0][0]!;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (kick is not null)
        {
            await kick.DisposeAsync();
        }

        await postgres.ReturnAsync(database);
    }

    private sealed class Mending(Scenario scenario) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await scenario.QueryAsOwnerAsync("DROP FUNCTION IF EXISTS break CASCADE");
    }
}

/// <summary>Waits for what happens on other threads.</summary>
public static class Eventually
{
    public static async Task ShouldAsync(Func<Task<bool>> happened, string what, int seconds = 60)
    {
        for (var watch = Stopwatch.StartNew(); !await happened();)
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(seconds), $"It never happened: {what}");
            await Task.Delay(5);
        }
    }

    public static Task ShouldAsync(Func<bool> happened, string what, int seconds = 60) => ShouldAsync(() => Task.FromResult(happened()), what, seconds);
}
