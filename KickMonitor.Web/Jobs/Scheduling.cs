using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Hosting;
using Npgsql;
using Quartz;

namespace KickMonitor.Web.Jobs;

/// <summary>
/// Starts the persistent scheduler once the database is there and the server listens, and keeps its calendar as the settings
/// say. The calendar is in the database: nodes share it, and one takes over when another dies.
/// </summary>
public sealed partial class Scheduling(ISchedulerFactory factory, Readiness readiness, LiveOptions<MonitorOptions> monitor, LiveOptions<BackupOptions> backup, IHostApplicationLifetime life, ILogger<Scheduling> logger) : BackgroundService
{
    private static readonly JobKey SweepKey = new("sweep", "monitoring");
    private static readonly TimeSpan SubscriptionsEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UpkeepEvery = TimeSpan.FromDays(1);
    private static readonly JobKey LinksKey = new("links", "linking");

    /// <summary>A refresh that died with its node is repeated while Kick still takes the replaced token, which is about a minute.</summary>
    private static readonly TimeSpan LinksEvery = TimeSpan.FromSeconds(20);

    /// <summary>What takes long does not begin while a node has just come up.</summary>
    private static readonly TimeSpan SettledAfter = TimeSpan.FromMinutes(10);
    private IScheduler? _scheduler;
    private IDisposable[] _watches = [];

    public bool IsRunning => _scheduler is { Status: SchedulerStatus.Running };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await readiness.Reached.WaitAsync(stoppingToken);
            await ListeningAsync().WaitAsync(stoppingToken);
            while (!await TryStartAsync(stoppingToken))
            {
                await Task.Delay(TimeSpan.FromSeconds(2), stoppingToken);
            }

            _watches = [monitor.Watch(() => _ = Task.Run(ReplanAsync)), backup.Watch(() => _ = Task.Run(ReplanAsync))];
        }
        catch (OperationCanceledException)
        {
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        Array.ForEach(_watches, w => w.Dispose());
        await base.StopAsync(cancellationToken);
        if (_scheduler is not null)
        {
            try
            {
                // Without its database it goes on trying whatever the token says, and the process must end all the same.
                await _scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken).AsTask().WaitAsync(cancellationToken);
            }
            catch (Exception e) when (e is SchedulerException or OperationCanceledException)
            {
                NotStopped(e.Message);
            }
        }
    }

    private Task ListeningAsync()
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        life.ApplicationStarted.Register(listening.SetResult);
        return listening.Task;
    }

    private async Task ReplanAsync()
    {
        try
        {
            await PlanAsync(_scheduler!, CancellationToken.None);
        }
        catch (Exception e) when (e is SchedulerException or NpgsqlException)
        {
            NotPlanned(e.Message);
        }
    }

    private async Task<bool> TryStartAsync(CancellationToken ct)
    {
        try
        {
            var scheduler = await factory.GetScheduler(ct);
            await PlanAsync(scheduler, ct);
            await scheduler.Start(ct);
            _scheduler = scheduler;
            return true;
        }
        catch (Exception e) when (e is SchedulerException or NpgsqlException or InvalidOperationException)
        {
            NotStarted(e.Message);
            return false;
        }
    }

    /// <summary>Brings the calendar in line with the settings as they are now.</summary>
    private async Task PlanAsync(IScheduler scheduler, CancellationToken ct)
    {
        await EveryAsync(scheduler, JobBuilder.Create<SweepJob>().WithIdentity(SweepKey).WithDescription("Asks Kick who is live").Build(), monitor.Value.IntervalSpan, ct);
        await EveryAsync(scheduler, JobBuilder.Create<SubscriptionsJob>().WithIdentity(SubscriptionsJob.Key).WithDescription("Mends Kick's event subscriptions").Build(), SubscriptionsEvery, ct);
        await EveryAsync(scheduler, JobBuilder.Create<EventUpkeepJob>().WithIdentity(EventUpkeepJob.Key).WithDescription("Makes room for events, drops the old ones").Build(), UpkeepEvery, ct);
        await EveryAsync(scheduler, JobBuilder.Create<LinksJob>().WithIdentity(LinksKey).WithDescription("Renews linked accounts before they expire").Build(), LinksEvery, ct);
        await EveryAsync(scheduler, JobBuilder.Create<BackupJob>().WithIdentity(BackupJob.Key).WithDescription("Backs the database up, and tries to restore it").StoreDurably().Build(), backup.Value.EverySpan, ct, SettledAfter);
        await EveryAsync(scheduler, JobBuilder.Create<RetentionJob>().WithIdentity(RetentionJob.Key).WithDescription("Lets go of what is past keeping").Build(), RetentionJob.Every, ct, SettledAfter);
    }

    /// <summary>A changed interval replaces the trigger; an unchanged one is left alone, with the state that other nodes gave it.</summary>
    private static async Task EveryAsync(IScheduler scheduler, IJobDetail job, TimeSpan interval, CancellationToken ct, TimeSpan first = default)
    {
        var key = new TriggerKey(job.Key.Name, job.Key.Group);
        if (interval <= TimeSpan.Zero)
        {
            // Never by itself; it can still be run by hand.
            await scheduler.AddJob(job, new AddJobOptions { Replace = true }, ct);
            await scheduler.UnscheduleJob(key, ct);
            return;
        }

        if (await scheduler.GetTrigger(key, ct) is ISimpleTrigger known && known.RepeatInterval == interval)
        {
            return;
        }

        bool isPaused = await scheduler.GetTriggerState(key, ct) == TriggerState.Paused;
        var trigger = TriggerBuilder.Create().WithIdentity(key).ForJob(job.Key).StartAt(DateTimeOffset.UtcNow + first)
            .WithSimpleSchedule(s => s.WithInterval(interval).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NowWithExistingCount))
            .Build();
        await scheduler.ScheduleJob(job, [trigger], new ScheduleJobOptions { Replace = true }, ct);
        if (isPaused)
        {
            await scheduler.PauseTrigger(key, ct);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The scheduler did not start ({Reason}); trying again")]
    private partial void NotStarted(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The calendar was not brought in line with the settings ({Reason}); the next change or start does it")]
    private partial void NotPlanned(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduler did not stop in order: {Reason}")]
    private partial void NotStopped(string reason);
}
