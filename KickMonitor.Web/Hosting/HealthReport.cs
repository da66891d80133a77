using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using KickMonitor.Domain;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Jobs;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Web.Hosting;

public enum HealthGrade
{
    Good,

    /// <summary>Somebody should look at it.</summary>
    Doubtful,
    Bad,
}

/// <param name="Words">What is known, in words.</param>
/// <param name="Advice">What to do; null if nothing.</param>
public sealed record HealthFact(string Name, HealthGrade Grade, string Words, string? Advice = null);

/// <summary>Everything that this node can see of how the installation is doing.</summary>
public sealed class HealthReport(
    NpgsqlDataSource source, SchemaOwner owner, IDbContextFactory<KickMonitorDb> databases, StatusReport status, Scheduling scheduling, JobBoard jobs, Backups backups, BackupOptions backupOptions, KickTransport kick, PublicAddress address,
    IConfiguration configuration, NodeName node, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Longer than any backup takes that is still being made.</summary>
    private static readonly TimeSpan LongestBackup = TimeSpan.FromHours(6);

    public async Task<IReadOnlyList<HealthFact>> ReadAsync(CancellationToken ct)
    {
        Task<IReadOnlyList<HealthFact>>[] looks = [DatabaseAsync(ct), StatusAsync(ct), JobsAsync(ct), BackupAsync(ct), CertificateAsync(ct)];
        var facts = new List<HealthFact>();
        foreach (var look in looks)
        {
            facts.AddRange(await look);
        }

        return [.. facts, Disk(), Clock(), new HealthFact(T["Version"], HealthGrade.Good, $"KickMonitor {BuildInfo.Version}, .NET {Environment.Version}, {Environment.OSVersion}")];
    }

    private async Task<IReadOnlyList<HealthFact>> DatabaseAsync(CancellationToken ct)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(ct);
            long began = Stopwatch.GetTimestamp();
            await using (var ping = new NpgsqlCommand("SELECT 1", connection))
            {
                await ping.ExecuteScalarAsync(ct);
            }

            var took = Stopwatch.GetElapsedTime(began);
            await using var command = new NpgsqlCommand(
                """
                SELECT current_setting('server_version'), pg_database_size(current_database()), (SELECT sum(numbackends)::bigint FROM pg_stat_database),
                    current_setting('max_connections')::int, extract(epoch FROM clock_timestamp())::float8
                """, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            long connections = reader.GetInt64(2);
            int most = reader.GetInt32(3);
            bool isAuditInReach = await owner.IsAuditInReachAsync(ct);
            double ahead = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - reader.GetDouble(4);
            return
            [
                new(T["Database"], took > TimeSpan.FromMilliseconds(100) ? HealthGrade.Doubtful : HealthGrade.Good,
                    T["PostgreSQL {0}, {1}, answers in {2:0.0} ms", reader.GetString(0), Size(reader.GetInt64(1)), took.TotalMilliseconds], took > TimeSpan.FromMilliseconds(100) ? T["It is slow or far away."] : null),
                new(T["Connections"], connections > most * 0.85 ? HealthGrade.Doubtful : HealthGrade.Good, T["{0} of {1}", connections, most], connections > most * 0.85 ? T["Raise max_connections, or stop what else connects there."] : null),
                new(T["Audit log"], isAuditInReach ? HealthGrade.Doubtful : HealthGrade.Good,
                    isAuditInReach ? T["append-only, but the database account that serves owns it and could lift that"] : T["append-only, and out of reach of the database account that serves"],
                    isAuditInReach ? T["Let another account own the schema: docs/operations.md, Accounts of the database."] : null),
                new(T["Clock of the database"], Math.Abs(ahead) > 5 ? HealthGrade.Bad : HealthGrade.Good, ahead > 0 ? T["{0:0.0} s behind this node", ahead] : T["{0:0.0} s ahead of this node", -ahead], Math.Abs(ahead) > 5 ? T["Let both keep time by NTP."] : null),
            ];
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return [new(T["Database"], HealthGrade.Bad, T["does not answer: {0}", e.Message], T["What is stored is safe; see whether PostgreSQL runs."])];
        }
    }

    private async Task<IReadOnlyList<HealthFact>> StatusAsync(CancellationToken ct)
    {
        try
        {
            var now = await status.ReadAsync(ct);
            await using var db = await databases.CreateDbContextAsync(ct);
            var alive = time.GetUtcNow() - NodeLog.GoneAfter;
            var nodes = await db.Nodes.AsNoTracking().Where(n => n.LastSeenAt > alive).OrderBy(n => n.StartedAt).ToListAsync(ct);
            bool isMixed = nodes.Select(n => n.Version).Distinct(StringComparer.Ordinal).Count() > 1;
            return
            [
                new(T["Nodes"], isMixed ? HealthGrade.Doubtful : HealthGrade.Good, string.Join("; ", nodes.Select(n => $"{(n.Name == node.Value ? T["{0} (this one)", n.Name] : n.Name)}, {n.Version}")), isMixed ? T["They are of different versions: finish the upgrade."] : null),
                .. now.Sources.Where(s => s.State != SourceState.Off).Select(s => new HealthFact(
                    T["Source {0}", s.Name], s.State switch { SourceState.Ok => HealthGrade.Good, SourceState.Degraded => HealthGrade.Doubtful, _ => HealthGrade.Bad }, $"{WordOf(s.State)}{(s.LastError is { } error ? $": {error}" : string.Empty)}")),
                new(T["Sweep"], now.Sweep.Overdue > 0 ? HealthGrade.Doubtful : HealthGrade.Good, T["{0} overdue, the last round took {1} ms", now.Sweep.Overdue, now.Sweep.LastDurationMs ?? 0], now.Sweep.Overdue > 0 ? T["Raise Monitor:RequestsPerSecond or Monitor:Interval."] : null),
                new(T["Inbox"], now.Inbox.Failed > 0 || now.Inbox.OldestPendingMs > 60_000 ? HealthGrade.Doubtful : HealthGrade.Good, T["{0} waiting, {1} failed, the oldest waits {2} s", now.Inbox.Pending, now.Inbox.Failed, now.Inbox.OldestPendingMs / 1000], now.Inbox.Failed > 0 ? T["See what failed under Webhooks, and replay it."] : null),
            ];
        }
        catch (NpgsqlException)
        {
            // Told as the database's trouble.
            return [];
        }
    }

    private async Task<IReadOnlyList<HealthFact>> JobsAsync(CancellationToken ct)
    {
        if (!scheduling.IsRunning)
        {
            return [new(T["Scheduler"], HealthGrade.Bad, T["is not running on this node"], T["The log says why."])];
        }

        try
        {
            var all = await jobs.ListAsync(ct);
            string[] failing = [.. all.Where(j => j.FailuresInARow > 0).Select(j => j.Name)];
            string[] paused = [.. all.Where(j => j.State == "paused").Select(j => j.Name)];
            return [new(T["Scheduler"], failing.Length > 0 ? HealthGrade.Bad : paused.Length > 0 ? HealthGrade.Doubtful : HealthGrade.Good,
                T["{0} jobs", all.Count] + (failing.Length > 0 ? T[", failing: {0}", string.Join(", ", failing)] : string.Empty) + (paused.Length > 0 ? T[", paused: {0}", string.Join(", ", paused)] : string.Empty), failing.Length > 0 ? T["See Jobs."] : null)];
        }
        catch (Exception e) when (e is Quartz.SchedulerException or NpgsqlException)
        {
            return [new(T["Scheduler"], HealthGrade.Bad, e.Message)];
        }
    }

    private async Task<IReadOnlyList<HealthFact>> BackupAsync(CancellationToken ct)
    {
        try
        {
            var now = time.GetUtcNow();
            var last = (await backups.ListAsync(1, ct)).FirstOrDefault();
            return [last switch
            {
                null => new(T["Backup"], HealthGrade.Doubtful, T["none was made yet"], T["The first comes by itself; or run the job backup now."]),
                { Problem: { } problem } => new(T["Backup"], HealthGrade.Bad, problem, T["Until it is mended there is no fresh backup."]),
                { FinishedAt: null } when last.StartedAt < now - LongestBackup => new(
                    T["Backup"], HealthGrade.Bad, T["{0} was begun on {1} and never finished", last.File, last.Node], T["That node was stopped meanwhile. Run the job backup again."]),
                { FinishedAt: null } => new(T["Backup"], HealthGrade.Good, T["being made"]),
                { RehearsalProblem: { } problem } => new(T["Backup"], HealthGrade.Doubtful, T["made, but not proven: {0}", problem]),
                _ => Backup(last, isOld: backupOptions.Every > 0 && last.StartedAt < now - (2 * backupOptions.EverySpan)),
            }];
        }
        catch (NpgsqlException)
        {
            return [];
        }
    }

    private static HealthFact Backup(BackupRecord last, bool isOld) => new(
        T["Backup"], isOld ? HealthGrade.Doubtful : HealthGrade.Good,
        T["{0} on {1}, {2}, {3:yyyy-MM-dd HH:mm}Z", last.File, last.Node, Size(last.Bytes ?? 0), last.StartedAt.UtcDateTime] + (last.RehearsedAt is null ? string.Empty : ", " + T["restored on trial"]),
        isOld ? T["There should be a newer one: see Jobs."] : null);

    /// <summary>As people's browsers get it, whoever serves it.</summary>
    private async Task<IReadOnlyList<HealthFact>> CertificateAsync(CancellationToken ct)
    {
        if (!address.IsHttps || !Uri.TryCreate(address.Value, UriKind.Absolute, out var url))
        {
            return [];
        }

        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
            deadline.CancelAfter(Patience);
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(url.Host, url.Port, deadline.Token);
            var errors = SslPolicyErrors.None;
            await using var tls = new SslStream(tcp.GetStream(), false, (_, _, _, found) =>
            {
                // It is looked at, not trusted: nothing is sent.
                errors = found;
                return found != SslPolicyErrors.RemoteCertificateNotAvailable;
            });
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host }, deadline.Token);
            using var certificate = new X509Certificate2(tls.RemoteCertificate!);
            return [Certificate(certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false), certificate.NotAfter.ToUniversalTime(), errors, time.GetUtcNow())];
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            return [new(T["Certificate"], HealthGrade.Doubtful, T["{0} cannot be reached from here: {1}", address.Value, e is OperationCanceledException ? T["no answer in time"] : e.Message], T["If people reach it, this machine just cannot see it from within."])];
        }
    }

    internal static HealthFact Certificate(string name, DateTime until, SslPolicyErrors errors, DateTimeOffset now)
    {
        var left = until - now.UtcDateTime;
        bool endsSoon = left < TimeSpan.FromDays(14);
        return new HealthFact(
            T["Certificate"], left < TimeSpan.Zero || errors != SslPolicyErrors.None ? HealthGrade.Bad : endsSoon ? HealthGrade.Doubtful : HealthGrade.Good,
            T["{0}, until {1:yyyy-MM-dd} ({2:0} days)", name, until, left.TotalDays] + (errors == SslPolicyErrors.None ? string.Empty : T[", refused by browsers: {0}", errors]),
            endsSoon ? T["Renew it."] : null);
    }

    private HealthFact Disk()
    {
        string directory = configuration.DataDirectory();
        try
        {
            var drive = new DriveInfo(Directory.Exists(directory) ? directory : "/");
            double free = (double)drive.AvailableFreeSpace / Math.Max(1, drive.TotalSize);
            return new(T["Disk of this node"], free < 0.05 ? HealthGrade.Bad : free < 0.15 ? HealthGrade.Doubtful : HealthGrade.Good, T["{0} of {1} free under {2}", Size(drive.AvailableFreeSpace), Size(drive.TotalSize), directory], free < 0.15 ? T["Make room, or keep less (see Data)."] : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(T["Disk of this node"], HealthGrade.Doubtful, e.Message);
        }
    }

    private HealthFact Clock() => kick.ClockAhead is not { } ahead
        ? new(T["Clock against Kick"], HealthGrade.Doubtful, T["unknown: Kick was not asked by this node yet"])
        : new(T["Clock against Kick"], ahead.Duration() > TimeSpan.FromSeconds(30) ? HealthGrade.Bad : ahead.Duration() > TimeSpan.FromSeconds(3) ? HealthGrade.Doubtful : HealthGrade.Good,
            ahead > TimeSpan.Zero ? T["{0:0.0} s ahead, to about a second", ahead.TotalSeconds] : T["{0:0.0} s behind, to about a second", -ahead.TotalSeconds], ahead.Duration() > TimeSpan.FromSeconds(3) ? T["Delays and ages are wrong by that much; let this machine keep time by NTP."] : null);

    private static string WordOf(SourceState state) => state switch
    {
        SourceState.Ok => T["ok"],
        SourceState.Degraded => T["degraded"],
        SourceState.Failing => T["failing"],
        _ => T["off"],
    };

    internal static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.0} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.0} MiB",
        _ => $"{bytes / 1024.0:0} KiB",
    };
}
