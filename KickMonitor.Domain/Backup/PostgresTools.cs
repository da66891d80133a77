using System.Diagnostics;
using System.Globalization;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Backup;

/// <summary>Why a backup could not be made, read or restored, in words for a person.</summary>
public sealed class BackupException(string message, string? hint = null) : Exception(message)
{
    public string? Hint => hint;
}

/// <summary>PostgreSQL's own programs that write and read backups: the newest of Debian's versions, else on the search path.</summary>
internal sealed record PostgresTools(string Folder, int Major)
{
    public static PostgresTools Find()
    {
        const string debian = "/usr/lib/postgresql";
        var newest = (Directory.Exists(debian) ? Directory.GetDirectories(debian) : [])
            .Select(d => (Folder: Path.Combine(d, "bin"), Major: int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out int major) ? major : 0))
            .Where(d => IsComplete(d.Folder)).OrderByDescending(d => d.Major).FirstOrDefault();
        if (newest.Folder is not null)
        {
            return new PostgresTools(newest.Folder, newest.Major);
        }

        string folder = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').FirstOrDefault(p => p.Length > 0 && IsComplete(p))
            ?? throw new BackupException("The programs pg_dump and pg_restore were not found.", "Install them (Debian: apt-get install postgresql-client).");
        return new PostgresTools(folder, VersionOf(folder));
    }

    /// <param name="database">A connection string; it goes by the environment, where other people's process lists do not show it.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="BackupException">It failed, and this is what it said.</exception>
    public async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? database, CancellationToken ct)
    {
        var start = new ProcessStartInfo(Path.Combine(Folder, program), arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in database is null ? [] : Connection(database))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new BackupException($"{program} could not be started.");
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode == 0 ? await output : throw new BackupException($"{program} failed: {Short(await error)}");
    }

    private static IEnumerable<(string Name, string? Value)> Connection(string database)
    {
        var at = new NpgsqlConnectionStringBuilder(database);
        yield return ("PGHOST", at.Host);
        yield return ("PGPORT", at.Port.ToString(CultureInfo.InvariantCulture));
        yield return ("PGDATABASE", at.Database);
        yield return ("PGUSER", at.Username);
        yield return ("PGPASSWORD", at.Password);
        yield return ("PGSSLMODE", at.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", var mode => mode.ToString().ToLowerInvariant() });
        if (at.RootCertificate is { Length: > 0 } certificate)
        {
            yield return ("PGSSLROOTCERT", certificate);
        }
    }

    private static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, "pg_dump")) && File.Exists(Path.Combine(folder, "pg_restore"));

    private static int VersionOf(string folder)
    {
        // "pg_dump (PostgreSQL) 16.4 (Debian …)"
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(folder, "pg_dump"), ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return MajorOf(text.Split(' ').FirstOrDefault(w => w.Length > 0 && char.IsAsciiDigit(w[0])));
    }

    internal static int MajorOf(string? version) => int.TryParse(version?.Split('.', ' ')[0], CultureInfo.InvariantCulture, out int major) ? major : 0;

    private static string Short(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(3)) is { Length: > 600 } lines ? lines[..600] : text.Trim().Split('\n')[0];
}
