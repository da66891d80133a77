using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Storage;

/// <summary>One account owns the schema and another serves, neither of them a superuser: as docs/operations.md makes them.</summary>
public sealed class Two_accounts(Postgres postgres) : IAsyncLifetime
{
    private readonly string _name = "two_" + Guid.NewGuid().ToString("N")[..8];
    private readonly string _folder = Directory.CreateTempSubdirectory("kickmonitor-two-").FullName;
    private string _superuser = string.Empty;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private DatabaseAddress Address => new(Account($"{_name}_server"), Account($"{_name}_owner"));

    public async ValueTask InitializeAsync()
    {
        _superuser = postgres.OwnerOf(await postgres.CreateDatabaseAsync(isEmpty: true));
        await RunAsync(_superuser, $"CREATE ROLE {_name}_server LOGIN PASSWORD 'server'");
        await RunAsync(_superuser, $"CREATE ROLE {_name}_owner LOGIN PASSWORD 'owner' CREATEDB");
        await RunAsync(_superuser, $"CREATE DATABASE {_name} OWNER {_name}_owner");
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync(_superuser, $"DROP DATABASE {_name} WITH (FORCE)");
        await RunAsync(_superuser, $"DROP ROLE {_name}_owner");
        await RunAsync(_superuser, $"DROP ROLE {_name}_server");
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_serves_works_and_the_audit_log_is_out_of_its_reach()
    {
        await using var node = Node(Address);
        (await node.GetRequiredService<Migrator>().MigrateAsync(Ct)).ShouldNotBeEmpty();

        await node.GetRequiredService<Audit>().WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        (await node.GetRequiredService<SchemaOwner>().IsAuditInReachAsync(Ct)).ShouldBeFalse();
        (await Should.ThrowAsync<PostgresException>(() => RunAsync(Address.ConnectionString, "DROP TABLE audit"))).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (await Should.ThrowAsync<PostgresException>(() => RunAsync(Address.ConnectionString, "CREATE TABLE planted (n int)"))).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (await node.GetRequiredService<Migrator>().MigrateAsync(Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_is_not_told_the_owner_serves_too_and_migrates_nothing()
    {
        await using (var node = Node(Address))
        {
            await node.GetRequiredService<Migrator>().MigrateAsync(Ct);
        }

        await using var alone = Node(new DatabaseAddress(Address.ConnectionString));
        (await alone.GetRequiredService<Migrator>().MigrateAsync(Ct)).ShouldBeEmpty();
        await alone.GetRequiredService<Audit>().WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        (await alone.GetRequiredService<SchemaOwner>().IsAuditInReachAsync(Ct)).ShouldBeFalse();

        await RunAsync(Address.Owner!, "DELETE FROM \"__EFMigrationsHistory\" WHERE \"MigrationId\" = (SELECT max(\"MigrationId\") FROM \"__EFMigrationsHistory\")");
        (await Should.ThrowAsync<PostgresException>(() => alone.GetRequiredService<Migrator>().MigrateAsync(Ct))).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Fact]
    public async Task An_owner_that_is_named_later_or_was_cut_off_takes_over_what_is_its_own()
    {
        await using (var alone = Node(new DatabaseAddress(Address.Owner!)))
        {
            await alone.GetRequiredService<Migrator>().MigrateAsync(Ct);
        }

        await using var node = Node(Address);
        (await node.GetRequiredService<SchemaOwner>().IsSettledAsync(Ct)).ShouldBeFalse();
        (await node.GetRequiredService<Migrator>().InspectAsync(Ct)).Pending.ShouldBeEmpty();

        (await node.GetRequiredService<Migrator>().MigrateAsync(Ct)).ShouldBeEmpty();

        (await node.GetRequiredService<SchemaOwner>().IsSettledAsync(Ct)).ShouldBeTrue();
        (await node.GetRequiredService<SchemaOwner>().IsAuditInReachAsync(Ct)).ShouldBeFalse();
        await node.GetRequiredService<Audit>().WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
    }

    [Fact]
    public async Task A_backup_is_made_tried_and_restored_and_the_audit_log_stays_out_of_reach()
    {
        await using var node = Node(Address);
        await node.GetRequiredService<Migrator>().MigrateAsync(Ct);
        await node.GetRequiredService<Audit>().WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        string file = Path.Combine(_folder, "a.dump");
        await node.GetRequiredService<Backups>().WriteAsync(file, overwrite: false, Ct);
        (await node.GetRequiredService<Rehearsal>().RunAsync(file, Ct)).Tables.ShouldBeGreaterThan(20);

        await node.GetRequiredService<Restoration>().RunAsync(file, overwrite: true, Ct);

        NpgsqlConnection.ClearAllPools();
        (await node.GetRequiredService<SchemaOwner>().IsSettledAsync(Ct)).ShouldBeTrue();
        (await node.GetRequiredService<SchemaOwner>().IsAuditInReachAsync(Ct)).ShouldBeFalse();
        (await node.GetRequiredService<Audit>().ReadAsync(new AuditQuery(), Ct).ToListAsync(Ct)).Select(e => e.Verb).ShouldBe(["database.restored", "streamer.paused"]);
    }

    private ServiceProvider Node(DatabaseAddress address) => new ServiceCollection()
        .AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(new StoredSettings()).Build()).AddSingleton(TimeProvider.System).AddSingleton(new NodeName("a")).AddStorage(address).AddAccounts().AddBackups(_folder).BuildServiceProvider();

    private string Account(string user) => new NpgsqlConnectionStringBuilder(_superuser) { Database = _name, Username = user, Password = user.Split('_')[^1] }.ConnectionString;

    private static async Task RunAsync(string account, string sql)
    {
        await using var connection = new NpgsqlConnection(account + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
