using System.Globalization;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Domain.Backup;

/// <summary>What a backup holds, as far as can be seen without restoring it.</summary>
/// <param name="Server">The version of the PostgreSQL that it was made from.</param>
/// <param name="KeyFingerprint">Of the master key that opens what is encrypted in it; the key itself is never in it.</param>
public sealed record BackupFile(string Path, long Bytes, string Server, IReadOnlyList<string> Migrations, string? KeyFingerprint)
{
    private const string History = "__EFMigrationsHistory";

    /// <exception cref="BackupException">It is no backup of this program's database.</exception>
    internal static async Task<BackupFile> ReadAsync(PostgresTools tools, string path, CancellationToken ct)
    {
        if (!File.Exists(path))
        {
            throw new BackupException($"There is no file {path}.");
        }

        string contents;
        try
        {
            contents = await tools.RunAsync("pg_restore", ["--list", path], null, ct);
        }
        catch (BackupException e)
        {
            throw new BackupException($"{path} is no backup that can be read, or is damaged: {e.Message}");
        }

        var migrations = (await RowsAsync(tools, path, History, ct)).Select(r => r[0]).Order(StringComparer.Ordinal).ToList();
        if (migrations.Count == 0)
        {
            throw new BackupException($"{path} is not a backup of KickMonitor's database.");
        }

        const string from = "Dumped from database version:";
        string server = contents.Split('\n').FirstOrDefault(l => l.Contains(from, StringComparison.Ordinal))?.Split(from)[1].Trim() ?? string.Empty;
        var settings = await RowsAsync(tools, path, "settings", ct);
        return new BackupFile(path, new FileInfo(path).Length, server, migrations, settings.FirstOrDefault(r => r[0] == KeyCheck.Key)?[1]);
    }

    /// <summary>The rows of a small table, from the COPY block that pg_restore prints.</summary>
    private static async Task<List<string[]>> RowsAsync(PostgresTools tools, string path, string table, CancellationToken ct)
    {
        string script = await tools.RunAsync("pg_restore", ["--data-only", "--table", table, "--file", "-", path], null, ct);
        return [.. script.Split('\n').SkipWhile(l => !l.StartsWith("COPY ", StringComparison.Ordinal)).Skip(1).TakeWhile(l => l != "\\.").Select(l => l.Split('\t'))];
    }

    internal int ServerMajor => PostgresTools.MajorOf(Server);

    internal static string NameAt(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{at.UtcDateTime:yyyyMMdd-HHmmss}{Suffix}");

    internal const string Prefix = "kickmonitor-";
    internal const string Suffix = ".dump";
}
