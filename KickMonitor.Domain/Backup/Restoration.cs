using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Domain.Backup;

/// <param name="Pending">Migrations of this version that the restored schema lacks; the next start applies them.</param>
/// <param name="IsKeyRight">Whether this node's master key is the one that the backup was made with; null if the node has none.</param>
public sealed record Restored(BackupFile File, IReadOnlyList<string> Pending, bool? IsKeyRight);

/// <summary>
/// Puts a backup in the place of the database. What was there is set aside first, and comes back if the backup turns out to be
/// spoilt half-way.
/// </summary>
public sealed class Restoration(SchemaOwner owner, NpgsqlDataSource source, Audit audit, IServiceProvider services)
{
    private const string Aside = Migrator.SetAside;
    private const string PutBack = $"DROP SCHEMA public CASCADE; ALTER SCHEMA {Aside} RENAME TO public";
    private const string Empty = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))";

    /// <param name="overwrite">Whether a database with something in it may be replaced.</param>
    /// <exception cref="BackupException">Nothing was changed.</exception>
    public async Task<Restored> RunAsync(string path, bool overwrite, CancellationToken ct)
    {
        var tools = PostgresTools.Find();
        var file = await BackupFile.ReadAsync(tools, path, ct);
        var known = Migrator.All;
        if (file.Migrations.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } newer)
        {
            throw new BackupException($"{path} was made by a newer version of KickMonitor: this one does not know {newer}.", "Install that version first.");
        }

        int server = await Backups.MajorAsync(source, ct);
        if (file.ServerMajor > server || tools.Major < file.ServerMajor)
        {
            throw new BackupException($"{path} was made from PostgreSQL {file.Server}; this server is {server}, and pg_restore {tools.Major}.", "Restore into the same version, or a newer one.");
        }

        if (await AskAsync(Empty, ct) && await AskAsync($"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{Aside}')", ct))
        {
            // A restoration was killed before it was through.
            await ExecuteAsync(PutBack, ct);
        }

        bool isEmpty = await AskAsync(Empty, ct);
        if (!isEmpty && !overwrite)
        {
            throw new BackupException("The database is not empty.", "To replace everything in it: --force");
        }

        if (await AskAsync("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'kickmonitor-scheduler')", ct))
        {
            throw new BackupException("A server is running on this database.", "Stop all nodes first.");
        }

        await ReplaceAsync(tools, path, isEmpty, ct);
        await ExecuteAsync("DELETE FROM nodes", CancellationToken.None);
        await using (var connection = await owner.OpenAsync(CancellationToken.None))
        {
            await owner.HandOverAsync(connection, CancellationToken.None);
        }

        if (await AskAsync("SELECT to_regclass('public.audit') IS NOT NULL AND to_regclass('public.sign_ins') IS NOT NULL", CancellationToken.None))
        {
            // In the log that came with the backup: the other one is gone.
            await audit.WriteAsync(new AuditEntry("database.restored", path, path, After: new { file.Server, schema = file.Migrations[^1], replaced = !isEmpty }), CancellationToken.None);
        }

        string? fingerprint = services.GetService<MasterKey>()?.Fingerprint;
        return new Restored(file, [.. known.Except(file.Migrations, StringComparer.Ordinal)], fingerprint is null ? null : file.KeyFingerprint is null || file.KeyFingerprint == fingerprint);
    }

    private async Task ReplaceAsync(PostgresTools tools, string path, bool isEmpty, CancellationToken ct)
    {
        if (!isEmpty)
        {
            await ExecuteAsync($"DROP SCHEMA IF EXISTS {Aside} CASCADE; ALTER SCHEMA public RENAME TO {Aside}; CREATE SCHEMA public", ct);
        }

        try
        {
            await tools.RunAsync(
                "pg_restore", ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname", new NpgsqlConnectionStringBuilder(owner.ConnectionString).Database!, path], owner.ConnectionString, ct);
        }
        catch
        {
            if (!isEmpty)
            {
                await ExecuteAsync(PutBack, CancellationToken.None);
            }

            throw;
        }

        if (!isEmpty)
        {
            await ExecuteAsync($"DROP SCHEMA {Aside} CASCADE", CancellationToken.None);
        }
    }

    private async Task<bool> AskAsync(string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var connection = await owner.OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }
}
