using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace KickMonitor.Domain.Storage.Embedded;

/// <summary>
/// A private PostgreSQL in the data directory, reached over a unix socket. Whoever starts it holds the writing end of its
/// keeper's standard input: when that process ends, however it ends, the pipe closes and PostgreSQL shuts down in order.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private readonly FileStream? _lock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watching = Task.CompletedTask;
    private Process? _keeper;

    private EmbeddedPostgres(DatabaseAddress address, FileStream? @lock = null, Process? keeper = null, Func<Process>? relaunch = null)
    {
        (Address, _lock, _keeper) = (address, @lock, keeper);
        if (relaunch is not null)
        {
            _watching = WatchAsync(relaunch);
        }
    }

    /// <summary>Of two accounts: the one that serves cannot do what the owner of the cluster can.</summary>
    public DatabaseAddress Address { get; }

    /// <summary>Starts the cluster, creating it the first time, and waits until it answers.</summary>
    /// <param name="dataDirectory">Where the application keeps its data.</param>
    /// <param name="share">Use the server that another process runs there, if one does, instead of refusing.</param>
    /// <exception cref="EmbeddedPostgresException">It cannot run; the message says why and what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(string dataDirectory, bool share, CancellationToken ct)
    {
        var binaries = PostgresBinaries.Find() ?? throw new EmbeddedPostgresException(
            "No PostgreSQL server was found. Install it (Debian: apt-get install postgresql), or name a database with DATABASE_URL.");
        var account = ServerAccount.Current();
        string home = ClusterHome.Find(dataDirectory, account);
        string data = Path.Combine(home, "data");
        string socket = SocketDirectory(home);
        var accounts = new ClusterAccounts(dataDirectory, socket);

        var @lock = TryLock(Path.Combine(dataDirectory, "postgres.lock"));
        if (@lock is null)
        {
            return share
                ? await JoinAsync(accounts, socket, ct)
                : throw new EmbeddedPostgresException($"Another KickMonitor already runs on {dataDirectory}. Stop it, or choose another data directory with KICKMONITOR_DATA.");
        }

        try
        {
            if (!Directory.Exists(data))
            {
                await CreateAsync(binaries, account, data, accounts, ct);
            }

            RefuseOtherVersion(binaries, data);
            await PreviousServer.WaitForEndAsync(data, ct);
            account.Own(Directory.CreateDirectory(socket).FullName);
            Process LaunchAgain() => Launch(binaries, account, home, data, socket);
            var keeper = LaunchAgain();
            try
            {
                await WaitUntilReadyAsync(accounts.OwnersAddress, keeper, home, ct);
                await accounts.AdmitServerAsync(ct);
                return new EmbeddedPostgres(accounts.Address, @lock, keeper, LaunchAgain);
            }
            catch
            {
                keeper.StandardInput.Close();
                throw;
            }
        }
        catch
        {
            await @lock.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
        if (_keeper is not null)
        {
            _keeper.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(8));
            try
            {
                await _keeper.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // It goes on stopping by itself; the next start waits for it.
            }

            _keeper.Dispose();
        }

        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }

    /// <summary>A server that dies while the application lives is started again; it recovers by its own log.</summary>
    private async Task WatchAsync(Func<Process> relaunch)
    {
        try
        {
            while (true)
            {
                await _keeper!.WaitForExitAsync(_stopping.Token);
                _keeper.StandardInput.Close();
                _keeper.Dispose();
                await Task.Delay(TimeSpan.FromSeconds(1), _stopping.Token);
                _keeper = relaunch();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static FileStream? TryLock(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<EmbeddedPostgres> JoinAsync(ClusterAccounts accounts, string socket, CancellationToken ct)
    {
        for (int wait = 0; !accounts.AreThere && wait < 50; wait++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
        }

        if (!accounts.AreThere)
        {
            throw new EmbeddedPostgresException("The server that runs on this data directory is still starting, or of an older version: restart it first.");
        }

        await WaitUntilReadyAsync(accounts.Address.ConnectionString, keeper: null, socket, ct);
        return new EmbeddedPostgres(accounts.Address);
    }

    private static async Task CreateAsync(PostgresBinaries binaries, ServerAccount account, string data, ClusterAccounts accounts, CancellationToken ct)
    {
        // A cluster that was interrupted half-way must not be taken for one.
        string draft = $"{data}.new";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        // initdb reads the password as another account, so it gets a copy that lives for as long as initdb runs.
        string copy = $"{data}.password";
        File.Copy(await accounts.MakeOwnerAsync(ct), copy, overwrite: true);
        account.Own(Directory.CreateDirectory(draft).FullName);
        account.Own(copy);
        try
        {
            var (exitCode, output) = await Shell.RunAsync(
                account.Command([binaries.InitDb, "-D", draft, "-U", ClusterAccounts.Owner, "-A", "scram-sha-256", "--pwfile", copy, "-E", "UTF8", "--no-locale"]), ct);
            if (exitCode != 0)
            {
                throw new EmbeddedPostgresException($"PostgreSQL could not create its files in {draft}: {output.Trim()}");
            }
        }
        finally
        {
            File.Delete(copy);
        }

        Directory.Move(draft, data);
    }

    private static void RefuseOtherVersion(PostgresBinaries binaries, string data)
    {
        string created = File.ReadAllText(Path.Combine(data, "PG_VERSION")).Trim();
        if (created != binaries.MajorVersion)
        {
            throw new EmbeddedPostgresException(
                $"The database in {data} was made by PostgreSQL {created}, but version {binaries.MajorVersion} is installed. Install {created} beside it, or move the data with pg_upgrade.");
        }
    }

    private static Process Launch(PostgresBinaries binaries, ServerAccount account, string home, string data, string socket)
    {
        // setsid: Ctrl-C at the terminal is for the application, which then stops its database last.
        const string keep =
            """
            log="$1"; shift; exec 3<&0
            "$@" </dev/null >>"$log" 2>&1 3<&- & server=$!
            (cat <&3 >/dev/null; kill -INT $server) & watcher=$!
            wait $server; code=$?; kill $watcher 2>/dev/null; exit $code
            """;
        string log = Path.Combine(home, "postgres.log");
        File.WriteAllText(log, string.Empty);
        account.Own(log);
        string[] server =
        [
            binaries.Postgres, "-D", data, "-k", socket, "-c", "listen_addresses=",
            "-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic",
        ];
        string[] command = ["setsid", .. account.Command(["sh", "-c", keep, "sh", log, .. server])];
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardInput = true, WorkingDirectory = "/" };
        return Process.Start(start) ?? throw new EmbeddedPostgresException("PostgreSQL could not be started.");
    }

    private static async Task WaitUntilReadyAsync(string connectionString, Process? keeper, string home, CancellationToken ct)
    {
        // Crash recovery of a large database may take its time.
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync(ct);
                return;
            }
            catch (NpgsqlException e)
            {
                if (keeper is { HasExited: true } || waited.Elapsed > TimeSpan.FromSeconds(keeper is null ? 20 : 120))
                {
                    throw new EmbeddedPostgresException($"PostgreSQL did not start: {LastLine(home) ?? e.Message}");
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(40), ct);
        }
    }

    private static string? LastLine(string home)
    {
        string log = Path.Combine(home, "postgres.log");
        return File.Exists(log) ? File.ReadLines(log).LastOrDefault() : null;
    }

    private static string SocketDirectory(string home)
    {
        // The kernel bounds a socket's path at 107 bytes, and PostgreSQL adds ".s.PGSQL.5432.lock".
        string socket = Path.Combine(home, "socket");
        return System.Text.Encoding.UTF8.GetByteCount(socket) < 80
            ? socket
            : Path.Combine(Path.GetTempPath(), "kickmonitor-" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(home)))[..16]);
    }
}

public sealed class EmbeddedPostgresException(string message) : Exception(message);

/// <summary>A server of an application that ended a moment ago may still be writing its last pages.</summary>
internal static class PreviousServer
{
    public static async Task WaitForEndAsync(string data, CancellationToken ct)
    {
        string file = Path.Combine(data, "postmaster.pid");
        for (var waited = Stopwatch.StartNew(); File.Exists(file) && waited.Elapsed < TimeSpan.FromSeconds(30);)
        {
            string? first = (await File.ReadAllLinesAsync(file, ct)).FirstOrDefault();
            if (!int.TryParse(first, CultureInfo.InvariantCulture, out int pid) || !IsPostgres(pid, data))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }
    }

    private static bool IsPostgres(int pid, string data)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(data, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
