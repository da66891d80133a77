using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Backup;

/// <summary>A backup that was made, or failed, on one of the nodes.</summary>
public sealed class BackupRecord
{
    public long Id { get; init; }

    public required string Node { get; init; }

    /// <summary>On that node.</summary>
    public required string File { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; set; }

    public long? Bytes { get; set; }

    public string? Problem { get; set; }

    public DateTimeOffset? RehearsedAt { get; set; }

    public string? RehearsalProblem { get; set; }

    /// <summary>It was in the way of a newer one.</summary>
    public DateTimeOffset? RemovedAt { get; set; }
}

internal static class BackupMapping
{
    public static void MapBackups(this ModelBuilder builder) => builder.Entity<BackupRecord>().ToTable("backups");
}

/// <summary>Writes backups of the whole database in PostgreSQL's own format. What is secret in it stays encrypted; the master key is not in it.</summary>
public sealed class Backups(
    DatabaseAddress database, NpgsqlDataSource source, IDbContextFactory<KickMonitorDb> databases, BackupOptions options, BackupFolder folder, Rehearsal rehearsal, NodeName node, Audit audit, TimeProvider time)
{
    private const string Part = ".part";

    private string Folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(string.IsNullOrWhiteSpace(options.Directory) ? folder.Path : options.Directory));

    /// <param name="overwrite">Whether a file that is there may be replaced; it is, once the new one is complete.</param>
    /// <exception cref="BackupException">It could not be made; nothing is left behind.</exception>
    public async Task<BackupFile> WriteAsync(string path, bool overwrite, CancellationToken ct)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path) && !overwrite)
        {
            throw new BackupException($"{path} is there already.", "Name another file, or overwrite it with --force.");
        }

        var tools = PostgresTools.Find();
        int server = await MajorAsync(source, ct);
        if (tools.Major < server)
        {
            throw new BackupException($"The database is PostgreSQL {server}, but pg_dump is of version {tools.Major}.", $"Install postgresql-client-{server}.");
        }

        string draft = $"{path}.{Guid.NewGuid():N}{Part}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // Only the owner may read what everybody said and did.
            await using (new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
            }

            await tools.RunAsync("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--file", draft], database.ConnectionString, ct);
            var made = await BackupFile.ReadAsync(tools, draft, ct);
            await audit.WriteAsync(new AuditEntry("database.backed_up", path, path, After: new { made.Bytes, node = node.Value }), ct);
            File.Move(draft, path, overwrite);
            return made with { Path = path };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{path} cannot be written: {e.Message}");
        }
        finally
        {
            if (File.Exists(draft))
            {
                File.Delete(draft);
            }
        }
    }

    /// <summary>Makes the next backup of the row, tries it, and removes those that are more than are kept.</summary>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="BackupException">It could not be made, or not restored.</exception>
    public async Task<string> RunAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var record = new BackupRecord { Node = node.Value, File = Path.Combine(Folder, BackupFile.NameAt(time.GetUtcNow())), StartedAt = time.GetUtcNow() };
        db.Add(record);
        await db.SaveChangesAsync(ct);
        try
        {
            record.Bytes = (await WriteAsync(record.File, overwrite: false, ct)).Bytes;
            record.FinishedAt = time.GetUtcNow();
            await db.SaveChangesAsync(ct);
            if (options.Rehearse)
            {
                await RehearseAsync(record, ct);
                await db.SaveChangesAsync(ct);
            }

            RemoveDrafts();
            int removed = await RemoveOldAsync(db, ct);
            await db.SaveChangesAsync(ct);
            return record.RehearsalProblem is { } problem
                ? throw new BackupException($"{record.File} was made, but not proven: {problem}")
                : $"{record.File}, {record.Bytes:N0} bytes{(options.Rehearse ? ", restored on trial" : string.Empty)}{(removed > 0 ? $"; {removed} old ones removed" : string.Empty)}";
        }
        catch (Exception e) when (record.FinishedAt is null)
        {
            record.Problem = e is OperationCanceledException ? "It was interrupted." : e.Message;
            record.FinishedAt = time.GetUtcNow();
            await db.SaveChangesAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Newest first.</summary>
    public async Task<List<BackupRecord>> ListAsync(int limit, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Set<BackupRecord>().AsNoTracking().OrderByDescending(b => b.Id).Take(limit).ToListAsync(ct);
    }

    internal static async Task<int> MajorAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT current_setting('server_version_num')::int / 10000");
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task RehearseAsync(BackupRecord record, CancellationToken ct)
    {
        try
        {
            await rehearsal.RunAsync(record.File, ct);
        }
        catch (BackupException e)
        {
            record.RehearsalProblem = e.Message;
        }

        record.RehearsedAt = time.GetUtcNow();
    }

    /// <summary>Of nodes that were killed while they wrote; nobody writes for a day.</summary>
    private void RemoveDrafts()
    {
        var before = time.GetUtcNow().UtcDateTime - TimeSpan.FromDays(1);
        foreach (string draft in Directory.EnumerateFiles(Folder, $"{BackupFile.Prefix}*{BackupFile.Suffix}.*{Part}").Where(f => File.GetLastWriteTimeUtc(f) < before))
        {
            File.Delete(draft);
        }
    }

    /// <summary>
    /// Only what this program made in this folder; a node knows nothing of the other nodes' disks. The last one that was proven
    /// stays, however many came after it that were not.
    /// </summary>
    private async Task<int> RemoveOldAsync(KickMonitorDb db, CancellationToken ct)
    {
        string here = Folder;
        var good = await db.Set<BackupRecord>().Where(b => b.Bytes != null && b.RemovedAt == null).OrderByDescending(b => b.Id).ToListAsync(ct);
        good.RemoveAll(b => Path.GetDirectoryName(b.File) != here || !File.Exists(b.File));
        var proven = good.Find(b => b is { RehearsedAt: not null, RehearsalProblem: null });
        int removed = 0;
        foreach (var old in good.Skip(options.Keep).Where(b => b != proven))
        {
            File.Delete(old.File);
            old.RemovedAt = time.GetUtcNow();
            removed++;
        }

        return removed;
    }
}
