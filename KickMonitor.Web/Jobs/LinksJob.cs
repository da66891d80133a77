using KickMonitor.Domain.Linking;
using Npgsql;
using Quartz;

namespace KickMonitor.Web.Jobs;

/// <summary>Keeps linked accounts alive. Rounds on two nodes share the work by the links' rows.</summary>
[DisallowConcurrentExecution]
public sealed partial class LinksJob(LinkKeeper keeper, ILogger<LinksJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            context.Result = await keeper.RunAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            // What was due is due in the next round.
            Interrupted(e.Message);
            throw new JobExecutionException(e.Message, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Keeping links alive was interrupted by the database: {Reason}")]
    private partial void Interrupted(string reason);
}
