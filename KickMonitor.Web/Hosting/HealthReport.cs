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
    NpgsqlDataSource source, IDbContextFactory<KickMonitorDb> databases, StatusReport status, Scheduling scheduling, JobBoard jobs, Backups backups, KickTransport kick, PublicAddress address,
    IConfiguration configuration, NodeName node, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<HealthFact>> ReadAsync(CancellationToken ct)
    {
        Task<IReadOnlyList<HealthFact>>[] looks = [DatabaseAsync(ct), StatusAsync(ct), JobsAsync(ct), BackupAsync(ct), CertificateAsync(ct)];
        var facts = new List<HealthFact>();
        foreach (var look in looks)
        {
            facts.AddRange(await look);
        }

        return [.. facts, Disk(), Clock(), new HealthFact("Version", HealthGrade.Good, $"KickMonitor {BuildInfo.Version}, .NET {Environment.Version}, {Environment.OSVersion}")];
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
                SELECT current_setting('server_version'), pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                    current_setting('max_connections')::int, extract(epoch FROM clock_timestamp())::float8
                """, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            long connections = reader.GetInt64(2);
            int most = reader.GetInt32(3);
            double ahead = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - reader.GetDouble(4);
            return
            [
                new("Database", took > TimeSpan.FromMilliseconds(100) ? HealthGrade.Doubtful : HealthGrade.Good,
                    $"PostgreSQL {reader.GetString(0)}, {Size(reader.GetInt64(1))}, answers in {took.TotalMilliseconds:0.0} ms", took > TimeSpan.FromMilliseconds(100) ? "It is slow or far away." : null),
                new("Connections", connections > most * 0.85 ? HealthGrade.Doubtful : HealthGrade.Good, $"{connections} of {most}", connections > most * 0.85 ? "Raise max_connections, or stop what else connects there." : null),
                new("Clock of the database", Math.Abs(ahead) > 5 ? HealthGrade.Bad : HealthGrade.Good, $"{Math.Abs(ahead):0.0} s {(ahead > 0 ? "behind" : "ahead of")} this node", Math.Abs(ahead) > 5 ? "Let both keep time by NTP." : null),
            ];
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return [new("Database", HealthGrade.Bad, $"does not answer: {e.Message}", "What is stored is safe; see whether PostgreSQL runs.")];
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
                new("Nodes", isMixed ? HealthGrade.Doubtful : HealthGrade.Good, string.Join("; ", nodes.Select(n => $"{n.Name}{(n.Name == node.Value ? " (this one)" : string.Empty)}, {n.Version}")), isMixed ? "They are of different versions: finish the upgrade." : null),
                .. now.Sources.Where(s => s.State != SourceState.Off).Select(s => new HealthFact(
                    $"Source {s.Name}", s.State switch { SourceState.Ok => HealthGrade.Good, SourceState.Degraded => HealthGrade.Doubtful, _ => HealthGrade.Bad }, $"{s.State.ToString().ToLowerInvariant()}{(s.LastError is { } error ? $": {error}" : string.Empty)}")),
                new("Sweep", now.Sweep.Overdue > 0 ? HealthGrade.Doubtful : HealthGrade.Good, $"{now.Sweep.Overdue} overdue, the last round took {now.Sweep.LastDurationMs ?? 0} ms", now.Sweep.Overdue > 0 ? "Raise Monitor:RequestsPerSecond or Monitor:Interval." : null),
                new("Inbox", now.Inbox.Failed > 0 || now.Inbox.OldestPendingMs > 60_000 ? HealthGrade.Doubtful : HealthGrade.Good, $"{now.Inbox.Pending} waiting, {now.Inbox.Failed} failed, the oldest waits {now.Inbox.OldestPendingMs / 1000} s", now.Inbox.Failed > 0 ? "See what failed under Webhooks, and replay it." : null),
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
            return [new("Scheduler", HealthGrade.Bad, "is not running on this node", "The log says why.")];
        }

        try
        {
            var all = await jobs.ListAsync(ct);
            string[] failing = [.. all.Where(j => j.FailuresInARow > 0).Select(j => j.Name)];
            string[] paused = [.. all.Where(j => j.State == "paused").Select(j => j.Name)];
            return [new("Scheduler", failing.Length > 0 ? HealthGrade.Bad : paused.Length > 0 ? HealthGrade.Doubtful : HealthGrade.Good,
                $"{all.Count} jobs{(failing.Length > 0 ? $", failing: {string.Join(", ", failing)}" : string.Empty)}{(paused.Length > 0 ? $", paused: {string.Join(", ", paused)}" : string.Empty)}", failing.Length > 0 ? "See Jobs." : null)];
        }
        catch (Exception e) when (e is Quartz.SchedulerException or NpgsqlException)
        {
            return [new("Scheduler", HealthGrade.Bad, e.Message)];
        }
    }

    private async Task<IReadOnlyList<HealthFact>> BackupAsync(CancellationToken ct)
    {
        try
        {
            var last = (await backups.ListAsync(1, ct)).FirstOrDefault();
            return [last switch
            {
                null => new("Backup", HealthGrade.Doubtful, "none was made yet", "The first comes by itself; or run the job backup now."),
                { Problem: { } problem } => new("Backup", HealthGrade.Bad, problem, "Until it is mended there is no fresh backup."),
                { RehearsalProblem: { } problem } => new("Backup", HealthGrade.Doubtful, $"made, but not proven: {problem}"),
                _ => new("Backup", HealthGrade.Good, $"{last.File} on {last.Node}, {Size(last.Bytes ?? 0)}, {last.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm}Z{(last.RehearsedAt is null ? string.Empty : ", restored on trial")}"),
            }];
        }
        catch (NpgsqlException)
        {
            return [];
        }
    }

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
            return [new("Certificate", HealthGrade.Doubtful, $"{address.Value} cannot be reached from here: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", "If people reach it, this machine just cannot see it from within.")];
        }
    }

    internal static HealthFact Certificate(string name, DateTime until, SslPolicyErrors errors, DateTimeOffset now)
    {
        var left = until - now.UtcDateTime;
        bool endsSoon = left < TimeSpan.FromDays(14);
        return new HealthFact(
            "Certificate", left < TimeSpan.Zero || errors != SslPolicyErrors.None ? HealthGrade.Bad : endsSoon ? HealthGrade.Doubtful : HealthGrade.Good,
            $"{name}, until {until:yyyy-MM-dd} ({left.TotalDays:0} days){(errors == SslPolicyErrors.None ? string.Empty : $", refused by browsers: {errors}")}",
            endsSoon ? "Renew it." : null);
    }

    private HealthFact Disk()
    {
        string directory = configuration.DataDirectory();
        try
        {
            var drive = new DriveInfo(Directory.Exists(directory) ? directory : "/");
            double free = (double)drive.AvailableFreeSpace / Math.Max(1, drive.TotalSize);
            return new("Disk of this node", free < 0.05 ? HealthGrade.Bad : free < 0.15 ? HealthGrade.Doubtful : HealthGrade.Good, $"{Size(drive.AvailableFreeSpace)} of {Size(drive.TotalSize)} free under {directory}", free < 0.15 ? "Make room, or keep less (see Data)." : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new("Disk of this node", HealthGrade.Doubtful, e.Message);
        }
    }

    private HealthFact Clock() => kick.ClockAhead is not { } ahead
        ? new("Clock against Kick", HealthGrade.Doubtful, "unknown: Kick was not asked by this node yet")
        : new("Clock against Kick", ahead.Duration() > TimeSpan.FromSeconds(30) ? HealthGrade.Bad : ahead.Duration() > TimeSpan.FromSeconds(3) ? HealthGrade.Doubtful : HealthGrade.Good,
            $"{Math.Abs(ahead.TotalSeconds):0.0} s {(ahead > TimeSpan.Zero ? "ahead" : "behind")}, to about a second", ahead.Duration() > TimeSpan.FromSeconds(3) ? "Delays and ages are wrong by that much; let this machine keep time by NTP." : null);

    internal static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.0} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.0} MiB",
        _ => $"{bytes / 1024.0:0} KiB",
    };
}
