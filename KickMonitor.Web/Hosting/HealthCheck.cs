using KickMonitor.Web.Jobs;
using Npgsql;

namespace KickMonitor.Web.Hosting;

/// <summary>Whether this node can do its work now: start-up done, database answering, scheduler running.</summary>
public sealed class HealthCheck(Readiness readiness, NpgsqlDataSource source, Scheduling scheduling)
{
    /// <returns>Null if it can.</returns>
    public async Task<string?> ProblemAsync(CancellationToken ct)
    {
        if (!readiness.IsReady)
        {
            return "starting";
        }

        try
        {
            await using var command = source.CreateCommand("SELECT 1");
            command.CommandTimeout = 3;
            await command.ExecuteScalarAsync(ct);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return "the database does not answer";
        }

        return scheduling.IsRunning ? null : "the scheduler is not running";
    }
}
