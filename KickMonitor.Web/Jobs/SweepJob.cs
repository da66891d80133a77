using KickMonitor.Domain.Monitoring;
using Npgsql;
using Quartz;

namespace KickMonitor.Web.Jobs;

/// <summary>One round of the sweep. Rounds that overlap on two nodes share the work by leases; on one node the second gives way.</summary>
public sealed partial class SweepJob(Sweep sweep, ILogger<SweepJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            context.Result = await sweep.RunAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            // The next round asks about the same people again.
            Interrupted(e.Message);
            throw new JobExecutionException(e.Message, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep was interrupted by the database: {Reason}")]
    private partial void Interrupted(string reason);
}
