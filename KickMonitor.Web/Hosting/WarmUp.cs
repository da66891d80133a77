using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Web.Hosting;

/// <summary>
/// Builds EF's model soon after the server listens, so that the first who signs in does not wait for it: late enough to leave
/// the first page alone, sooner than anybody has typed a password.
/// </summary>
public sealed class WarmUp(IDbContextFactory<KickMonitorDb> databases, Readiness readiness, IHostApplicationLifetime life) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        life.ApplicationStarted.Register(listening.SetResult);
        try
        {
            await Task.WhenAll(readiness.Reached, listening.Task).WaitAsync(stoppingToken);
            await Task.Delay(Pause, stoppingToken);
            await using var db = await databases.CreateDbContextAsync(stoppingToken);
            _ = await db.Users.AsNoTracking().FirstOrDefaultAsync(u => u.NormalizedEmail == string.Empty, stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or Npgsql.NpgsqlException)
        {
            // Then the first who needs it builds it.
        }
    }
}
