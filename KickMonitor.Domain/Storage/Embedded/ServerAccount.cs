namespace KickMonitor.Domain.Storage.Embedded;

/// <summary>PostgreSQL refuses to run as root; started by root it runs under an account of its own.</summary>
internal sealed record ServerAccount(string? Name)
{
    private static readonly string[] Candidates = ["kickmonitor", "postgres", "nobody"];

    public static ServerAccount Current()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServerAccount((string?)null);
        }

        var known = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        return new ServerAccount(Candidates.FirstOrDefault(known.Contains)
            ?? throw new EmbeddedPostgresException("PostgreSQL does not run as root, and there is no account for it. Create one: useradd --system kickmonitor"));
    }

    public string[] Command(string[] command) => Name is null
        ? command
        : ["setpriv", "--reuid", Name, "--regid", GroupOf(Name), "--clear-groups", "--no-new-privs", "--", .. command];

    /// <summary>Gives a file or an empty folder to the account, and to nobody else.</summary>
    public void Own(string path)
    {
        if (Name is not null)
        {
            var (exitCode, output) = Shell.RunAsync(["chown", $"{Name}:{GroupOf(Name)}", path], CancellationToken.None).GetAwaiter().GetResult();
            if (exitCode != 0)
            {
                throw new EmbeddedPostgresException($"{path} could not be given to {Name}: {output.Trim()}");
            }
        }

        File.SetUnixFileMode(path, Directory.Exists(path)
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            : UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public bool CanReach(string folder) => Name is null
        || Shell.RunAsync(Command(["test", "-x", folder]), CancellationToken.None).GetAwaiter().GetResult().ExitCode == 0;

    // By number: the group of an account need not have its name.
    private static string GroupOf(string name) => File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(f => f[0] == name)[3];
}
