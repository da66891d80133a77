using System.Security.Cryptography;
using System.Xml.Linq;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Domain.Backup;

/// <param name="IsReadable">Whether this node's master key opens what is encrypted in it; null if the node has none.</param>
public sealed record RehearsalReport(int Tables, long Users, long Streamers, bool? IsReadable);

/// <summary>Proves a backup by restoring it into a database of its own, looking at it, and dropping it.</summary>
public sealed class Rehearsal(SchemaOwner owner, NpgsqlDataSource source, IServiceProvider services)
{
    /// <exception cref="BackupException">It cannot be restored, or what came out of it is not whole.</exception>
    public async Task<RehearsalReport> RunAsync(string path, CancellationToken ct)
    {
        var tools = PostgresTools.Find();
        var file = await BackupFile.ReadAsync(tools, path, ct);

        // One at a time, and no longer than this connection lives: what another one left behind, nobody needs any more.
        await using var turn = await source.OpenConnectionAsync(ct);
        if (await ListAsync(turn, $"SELECT 'mine' WHERE pg_try_advisory_lock({Locks.Rehearsal})", ct) is [])
        {
            throw new BackupException("Another backup is being restored on trial.", "Try again when it is done.");
        }

        try
        {
            string prefix = $"kickmonitor_rehearsal_{(await ListAsync(turn, "SELECT oid::text FROM pg_database WHERE datname = current_database()", ct))[0]}_";
            foreach (string left in await ListAsync(turn, $"SELECT datname::text FROM pg_database WHERE starts_with(datname, '{prefix}')", ct))
            {
                await ExecuteAsync($"DROP DATABASE IF EXISTS {left} WITH (FORCE)", ct);
            }

            return await RunAsync(tools, file, $"{prefix}{Guid.NewGuid():N}", ct);
        }
        finally
        {
            await ListAsync(turn, $"SELECT pg_advisory_unlock({Locks.Rehearsal})::text", CancellationToken.None);
        }
    }

    private async Task<RehearsalReport> RunAsync(PostgresTools tools, BackupFile file, string name, CancellationToken ct)
    {
        try
        {
            await ExecuteAsync($"CREATE DATABASE {name}", ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new BackupException("The database account may not create a database to try the backup in.", "Grant CREATEDB to the one that owns the schema, or set Backup:Rehearse to false.");
        }

        var there = new NpgsqlConnectionStringBuilder(owner.ConnectionString) { Database = name, Pooling = false };
        try
        {
            await tools.RunAsync("pg_restore", ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname", name, file.Path], there.ConnectionString, ct);
            return await LookAsync(there.ConnectionString, file, ct);
        }
        finally
        {
            await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None);
        }
    }

    private async Task<RehearsalReport> LookAsync(string restored, BackupFile file, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(restored);
        await connection.OpenAsync(ct);
        var migrations = await ListAsync(connection, "SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\" ORDER BY 1", ct);
        if (!migrations.Order(StringComparer.Ordinal).SequenceEqual(file.Migrations, StringComparer.Ordinal))
        {
            throw new BackupException("What was restored has another schema than the backup says.");
        }

        var tables = await ListAsync(connection, "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')", ct);
        foreach (string table in tables)
        {
            // Reads every row: what cannot be read was not restored.
            await ListAsync(connection, $"SELECT count(t.*)::text FROM {table} t", ct);
        }

        long users = long.Parse((await ListAsync(connection, "SELECT count(*)::text FROM users", ct))[0], System.Globalization.CultureInfo.InvariantCulture);
        long streamers = long.Parse((await ListAsync(connection, "SELECT count(*)::text FROM streamers", ct))[0], System.Globalization.CultureInfo.InvariantCulture);
        return new RehearsalReport(tables.Count, users, streamers, services.GetService<MasterKey>() is { } key ? await OpensAsync(connection, key, ct) : null);
    }

    private static async Task<bool> OpensAsync(NpgsqlConnection connection, MasterKey key, CancellationToken ct)
    {
        try
        {
            foreach (string xml in await ListAsync(connection, "SELECT xml FROM data_protection_keys", ct))
            {
                foreach (var box in XElement.Parse(xml).Descendants(KeyBox.Element))
                {
                    key.Decrypt(Convert.FromBase64String(box.Value), KeyBox.Purpose);
                }
            }

            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static async Task<List<string>> ListAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var connection = await owner.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync(ct);
    }
}
