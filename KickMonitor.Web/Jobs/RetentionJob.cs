using KickMonitor.Domain.Retention;
using Npgsql;
using Quartz;

namespace KickMonitor.Web.Jobs;

/// <summary>Lets go of what is past keeping.</summary>
[DisallowConcurrentExecution]
public sealed class RetentionJob(Retention retention) : IJob
{
    public static readonly JobKey Key = new("retention", "upkeep");
    public static readonly TimeSpan Every = TimeSpan.FromHours(6);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            long gone = await retention.RunAsync(cancellationToken);
            context.Result = gone == 0 ? JobRunReport.Skipped("nothing was past keeping") : JobRunReport.Succeeded($"{gone} rows were past keeping");
        }
        catch (NpgsqlException e)
        {
            throw new JobExecutionException(e.Message, e);
        }
    }
}
