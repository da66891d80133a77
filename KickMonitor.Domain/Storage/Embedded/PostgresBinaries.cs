using System.Globalization;

namespace KickMonitor.Domain.Storage.Embedded;

/// <summary>Where the server programs are: the newest of Debian's versions, else the search path.</summary>
internal sealed record PostgresBinaries(string Folder, string MajorVersion)
{
    public string Postgres => Path.Combine(Folder, "postgres");

    public string InitDb => Path.Combine(Folder, "initdb");

    public static PostgresBinaries? Find()
    {
        const string debian = "/usr/lib/postgresql";
        var installed = Directory.Exists(debian) ? Directory.GetDirectories(debian) : [];
        var newest = installed
            .Where(d => IsComplete(Path.Combine(d, "bin")))
            .OrderByDescending(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out int version) ? version : 0)
            .FirstOrDefault();
        if (newest is not null)
        {
            return new PostgresBinaries(Path.Combine(newest, "bin"), Path.GetFileName(newest));
        }

        string? folder = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').FirstOrDefault(p => p.Length > 0 && IsComplete(p));
        return folder is null ? null : new PostgresBinaries(folder, VersionOf(Path.Combine(folder, "postgres")));
    }

    private static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb"));

    private static string VersionOf(string postgres)
    {
        // "postgres (PostgreSQL) 16.4 (Debian …)"
        var (_, output) = Shell.RunAsync([postgres, "--version"], CancellationToken.None).GetAwaiter().GetResult();
        return output.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(w => char.IsAsciiDigit(w[0]))?.Split('.')[0] ?? string.Empty;
    }
}
