using KickMonitor.Domain.Events;
using Npgsql;
using Quartz;

namespace KickMonitor.Web.Jobs;

/// <summary>Compares Kick's event subscriptions with the plan and mends the difference.</summary>
[DisallowConcurrentExecution]
public sealed partial class SubscriptionsJob(SubscriptionKeeper keeper, SubscriptionWatch watch, ILogger<SubscriptionsJob> logger) : IJob
{
    public static readonly JobKey Key = new("subscriptions", "events");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            var done = await keeper.ReconcileAsync(isAskedFor: false, cancellationToken);
            context.Result = done;
            if (done?.Failure is { } failure)
            {
                NotAsked(failure.ToString());
            }

            await watch.ReportAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            NotAsked(e.Message);
            throw new JobExecutionException(e.Message, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event subscriptions were not checked to the end: {Reason}")]
    private partial void NotAsked(string reason);
}

/// <summary>Makes room for events to come and drops the old ones.</summary>
[DisallowConcurrentExecution]
public sealed partial class EventUpkeepJob(EventPartitions partitions, EventRetention retention, ILogger<EventUpkeepJob> logger) : IJob
{
    public static readonly JobKey Key = new("event-upkeep", "events");

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            await partitions.EnsureAsync(cancellationToken);
            context.Result = await retention.RunAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            NotDone(e.Message);
            throw new JobExecutionException(e.Message, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The upkeep of events was interrupted by the database: {Reason}")]
    private partial void NotDone(string reason);
}
