using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Storage.Embedded;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(KickMonitor.Tests.Postgres))]

namespace KickMonitor.Tests;

/// <summary>
/// One PostgreSQL for all tests, started by the first who asks: the one that TEST_DATABASE_URL names, else an embedded one. The
/// schema is migrated once; each test gets a copy.
/// </summary>
public sealed class Postgres : IAsyncDisposable
{
    private readonly Lazy<Task<string>> _template;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "kickmonitor-tests-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly SemaphoreSlim _copying = new(1, 1);
    private EmbeddedPostgres? _embedded;
    private string? _server;
    private int _databases;

    public Postgres() => _template = new Lazy<Task<string>>(PrepareAsync);

    /// <summary>A connection string to a database that nobody else uses.</summary>
    /// <param name="isEmpty">Without the schema.</param>
    public async Task<string> CreateDatabaseAsync(bool isEmpty = false)
    {
        string template = await _template.Value;
        string name = $"test_{_run}_{Interlocked.Increment(ref _databases)}";

        // A template must not be in use while it is copied, and two copies use it.
        await _copying.WaitAsync();
        try
        {
            await ExecuteAsync(isEmpty ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TEMPLATE {template}");
        }
        finally
        {
            _copying.Release();
        }

        return To(name);
    }

    public async Task DropDatabaseAsync(string connectionString) =>
        await ExecuteAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");

    public async ValueTask DisposeAsync()
    {
        _copying.Dispose();
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }
        else if (_server is not null)
        {
            await ExecuteAsync($"DROP DATABASE IF EXISTS {await _template.Value} WITH (FORCE)");
        }
    }

    private async Task<string> PrepareAsync()
    {
        _server = DatabaseLocation.From(new ConfigurationBuilder()
            .AddInMemoryCollection([new("DATABASE_URL", Environment.GetEnvironmentVariable("TEST_DATABASE_URL"))])
            .Build());
        if (_server is null)
        {
            Directory.CreateDirectory(_directory);
            _embedded = await EmbeddedPostgres.StartAsync(_directory, share: false, CancellationToken.None);
            _server = _embedded.ConnectionString;

            // What these databases hold need not survive anything.
            await ExecuteAsync("ALTER SYSTEM SET fsync = off");
            await ExecuteAsync("ALTER SYSTEM SET full_page_writes = off");
            await ExecuteAsync("SELECT pg_reload_conf()");
        }

        string name = $"test_{_run}_template";
        await ExecuteAsync($"CREATE DATABASE {name}");
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddStorage(To(name));
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<Migrator>().MigrateAsync(CancellationToken.None);
        return name;
    }

    private string To(string database) => new NpgsqlConnectionStringBuilder(_server) { Database = database, Pooling = true }.ConnectionString;

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
