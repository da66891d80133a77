using System.Collections.Concurrent;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Storage.Embedded;
using KickMonitor.Web.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(KickMonitor.Tests.Postgres))]

namespace KickMonitor.Tests;

/// <summary>
/// One PostgreSQL for all tests, started by the first who asks: the one that TEST_DATABASE_URL names, else an embedded one. The
/// schema is migrated once; databases are copies of that. What is tested serves with an account that owns neither the database
/// nor the audit log.
/// </summary>
public sealed class Postgres : IAsyncDisposable
{
    private readonly Lazy<Task<string>> _template;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "kickmonitor-tests-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentBag<string> _free = [];
    private readonly ConcurrentBag<string> _created = [];
    private readonly SemaphoreSlim _copying = new(1, 1);
    private EmbeddedPostgres? _embedded;
    private DatabaseAddress? _server;
    private int _count;

    public Postgres() => _template = new Lazy<Task<string>>(PrepareAsync);

    /// <summary>A connection string to a database that nobody else uses, with the schema and no row in it.</summary>
    public async Task<string> BorrowAsync() => _free.TryTake(out string? free) ? free : await CreateDatabaseAsync(isEmpty: false);

    /// <summary>Making a database takes half a second and emptying one next to nothing, so they go round.</summary>
    public async Task ReturnAsync(string database)
    {
        if (IsOwners(database))
        {
            return;
        }

        // Fewer rows than files: deleting beats truncating by far.
        string deletes = (string)(await ExecuteAsync(
            "SELECT string_agg(format('DELETE FROM %I;', tablename), ' ') FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%MigrationsHistory'", database))!;
        await ExecuteAsync("SET session_replication_role = replica; " + deletes, OwnerOf(database));
        _free.Add(database);
    }

    /// <summary>A database of one's own, to be spoilt at will.</summary>
    /// <param name="isEmpty">Without the schema; whoever makes it will own it, and serve.</param>
    public async Task<string> CreateDatabaseAsync(bool isEmpty)
    {
        string template = await _template.Value;
        string name = $"test_{_run}_{Interlocked.Increment(ref _count)}";

        // A template must not be in use while it is copied, and two copies use it.
        await _copying.WaitAsync();
        try
        {
            await ExecuteAsync(isEmpty ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TEMPLATE {template}", Owner);
        }
        finally
        {
            _copying.Release();
        }

        string database = isEmpty ? To(name, Owner) : To(name, _server!.ConnectionString);
        _created.Add(database);
        return database;
    }

    /// <summary>The account that owns this database, which may do what the one that serves may not.</summary>
    public string OwnerOf(string database) => To(new NpgsqlConnectionStringBuilder(database).Database!, Owner);

    /// <summary>Both accounts, where there are two.</summary>
    public DatabaseAddress AddressOf(string database) => new(database, IsOwners(database) ? null : OwnerOf(database));

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
            foreach (string database in _created.Append(To(await _template.Value, Owner)))
            {
                await ExecuteAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(database).Database} WITH (FORCE)", Owner);
            }

            await ExecuteAsync($"DROP ROLE test_{_run}", Owner);
        }
    }

    private async Task<string> PrepareAsync()
    {
        var named = DatabaseLocation.From(new ConfigurationBuilder()
            .AddInMemoryCollection([new("DATABASE_URL", Environment.GetEnvironmentVariable("TEST_DATABASE_URL"))])
            .Build());
        if (named is not null)
        {
            var account = new NpgsqlConnectionStringBuilder(named.ConnectionString) { Username = $"test_{_run}", Password = _run };
            _server = new DatabaseAddress(account.ConnectionString, named.ConnectionString);
            await ExecuteAsync($"CREATE ROLE {account.Username} LOGIN PASSWORD '{_run}'", Owner);
        }
        else
        {
            Directory.CreateDirectory(_directory);
            _embedded = await EmbeddedPostgres.StartAsync(_directory, share: false, CancellationToken.None);
            _server = _embedded.Address;

            // What these databases hold need not survive anything.
            await ExecuteAsync("ALTER SYSTEM SET fsync = off", Owner);
            await ExecuteAsync("ALTER SYSTEM SET full_page_writes = off", Owner);

            // One story reads what was written ahead while the others write: nothing of it may be tidied away meanwhile.
            await ExecuteAsync("ALTER SYSTEM SET wal_keep_size = '1GB'", Owner);

            // Every story's server keeps its own connections.
            await ExecuteAsync("ALTER SYSTEM SET max_connections = 500", Owner);
            await _embedded.DisposeAsync();
            _embedded = await EmbeddedPostgres.StartAsync(_directory, share: false, CancellationToken.None);
            _server = _embedded.Address;
        }

        string name = $"test_{_run}_template";
        await ExecuteAsync($"CREATE DATABASE {name}", Owner);
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddStorage(AddressOf(To(name, _server.ConnectionString))).AddJobs(To(name, _server.ConnectionString), NodeName.Create());
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<Migrator>().MigrateAsync(CancellationToken.None);
        return name;
    }

    private string Owner => _server!.Owner ?? _server.ConnectionString;

    private bool IsOwners(string database) => new NpgsqlConnectionStringBuilder(database).Username == new NpgsqlConnectionStringBuilder(Owner).Username;

    private static string To(string database, string account) => new NpgsqlConnectionStringBuilder(account) { Database = database, Pooling = true }.ConnectionString;

    private static async Task<object?> ExecuteAsync(string sql, string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
