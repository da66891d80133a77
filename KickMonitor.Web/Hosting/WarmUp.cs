using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Web.Hosting;

/// <summary>Builds EF's model as soon as the server listens, so that the first who signs in does not wait for it.</summary>
public sealed class WarmUp(IDbContextFactory<KickMonitorDb> databases, Readiness readiness, IHostApplicationLifetime life) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        life.ApplicationStarted.Register(listening.SetResult);
        try
        {
            await Task.WhenAll(readiness.Reached, listening.Task).WaitAsync(stoppingToken);
            await using var db = await databases.CreateDbContextAsync(stoppingToken);
            _ = await db.Users.AsNoTracking().FirstOrDefaultAsync(u => u.NormalizedEmail == string.Empty, stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or Npgsql.NpgsqlException)
        {
            // Then the first who needs it builds it.
        }
    }
}
