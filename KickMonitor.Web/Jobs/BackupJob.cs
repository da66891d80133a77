using KickMonitor.Domain.Backup;
using Quartz;

namespace KickMonitor.Web.Jobs;

/// <summary>Backs the database up to the disk of the node that runs it.</summary>
[DisallowConcurrentExecution]
public sealed class BackupJob(Backups backups) : IJob
{
    public static readonly JobKey Key = new("backup", "upkeep");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            context.Result = JobRunReport.Succeeded(await backups.RunAsync(cancellationToken));
        }
        catch (BackupException e)
        {
            throw new JobExecutionException(e.Message, e);
        }
    }
}
