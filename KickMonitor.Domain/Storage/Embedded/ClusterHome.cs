namespace KickMonitor.Domain.Storage.Embedded;

/// <summary>
/// The folder of the embedded cluster: inside the data directory, unless the server's account cannot get there (root's home,
/// say); then under /var/lib, and a file in the data directory remembers where.
/// </summary>
internal static class ClusterHome
{
    private const string Elsewhere = "/var/lib/kickmonitor-embedded";

    public static string Find(string dataDirectory, ServerAccount account)
    {
        string pointer = Path.Combine(dataDirectory, "postgres.location");
        if (File.Exists(pointer))
        {
            return Create(File.ReadAllText(pointer).Trim());
        }

        string home = Create(Path.Combine(dataDirectory, "postgres"));
        if (account.CanReach(home))
        {
            return home;
        }

        Directory.Delete(home);
        home = Create(Path.Combine(Elsewhere, Guid.NewGuid().ToString("N")));
        File.WriteAllText(pointer, home);
        return home;
    }

    private static string Create(string home)
    {
        // Others may pass through, and find only folders that are closed to them.
        const UnixFileMode passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        string full = Path.GetFullPath(home);
        if (!Directory.Exists(full))
        {
            Directory.CreateDirectory(full);
            File.SetUnixFileMode(full, passable);
        }

        return full;
    }
}
