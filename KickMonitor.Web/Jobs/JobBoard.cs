using KickMonitor.Domain.Accounts;
using Npgsql;
using Quartz;
using Quartz.Extensibility;

namespace KickMonitor.Web.Jobs;

/// <param name="State">running, paused, failed (the last run did), scheduled, or idle (only by hand).</param>
/// <param name="PausedBy">Who paused it, if that is known.</param>
/// <param name="LastError">Why the last failed run failed.</param>
/// <param name="FailuresInARow">0 if the last run succeeded.</param>
public sealed record JobState(
    string Name, string? Description, string State, TimeSpan? Every, DateTimeOffset? NextAt, IReadOnlyList<JobRunning> Running, string? PausedBy,
    DateTimeOffset? LastAt, TimeSpan? LastDuration, string? LastNode, string? LastSummary, DateTimeOffset? LastFailedAt, string? LastError, int FailuresInARow, long Runs)
{
    /// <summary>A run that began before may still go on.</summary>
    public required bool IsPaused { get; init; }
}

public sealed record JobRunning(string Node, DateTimeOffset Since);

public sealed record JobRun(string Job, DateTimeOffset At, TimeSpan Duration, string Node, bool Succeeded, bool Manual, string? Words);

/// <summary>The calendar of all nodes, from the tables that they share: what runs, what ran and how it ended, what is next.</summary>
public sealed class JobBoard(ISchedulerFactory factory, IExecutionHistoryStore history, NpgsqlDataSource source, Audit audit)
{
    public async Task<IReadOnlyList<JobState>> ListAsync(CancellationToken ct)
    {
        var scheduler = await factory.GetScheduler(ct);
        var jobs = await scheduler.QueryJobs(new JobQuery(), ct);
        var triggers = (await scheduler.QueryTriggers(new TriggerQuery(), ct)).Items.ToLookup(t => t.JobKey);
        var simple = (await scheduler.GetTriggers([.. triggers.SelectMany(t => t).Select(t => t.Key)], ct)).OfType<ISimpleTrigger>().ToLookup(t => t.JobKey);
        var running = (await scheduler.QueryFireInstances(new FireInstanceQuery(), ct)).Items.ToLookup(f => f.JobKey);
        var statuses = (await history.QueryJobRunStatuses(new JobRunStatusQuery { SchedulerName = scheduler.SchedulerName }, ct)).Items.ToDictionary(s => s.Job);
        var states = jobs.Items.Select(job => StateOf(job, [.. triggers[job.Key]], simple[job.Key].FirstOrDefault(), [.. running[job.Key]], statuses.GetValueOrDefault(job.Key))).OrderBy(j => j.Name, StringComparer.Ordinal).ToList();
        var names = await NamesAsync([.. states.Select(s => s.PausedBy).OfType<string>()], ct);
        return states.ConvertAll(s => s with { PausedBy = s.PausedBy is { } by ? names.GetValueOrDefault(by, by) : null });
    }

    /// <summary>The scheduler remembers people by their ids, so that nobody's name outlives their account there.</summary>
    private async Task<Dictionary<string, string>> NamesAsync(string[] who, CancellationToken ct)
    {
        Guid[] ids = [.. who.Select(w => Guid.TryParse(w, out var id) ? id : (Guid?)null).OfType<Guid>()];
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var command = source.CreateCommand("SELECT i::text, coalesce(u.email, pseudonym(i)) FROM unnest($1) i LEFT JOIN users u ON u.id = i");
        command.Parameters.AddWithValue(ids);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            names[reader.GetString(0)] = reader.GetString(1);
        }

        return names;
    }

    /// <summary>The latest runs, newest first; those of the frequent jobs only if they are asked for.</summary>
    /// <param name="name">Null: of all jobs, those that failed or were run by hand.</param>
    public async Task<IReadOnlyList<JobRun>> HistoryAsync(string? name, int limit, CancellationToken ct)
    {
        var scheduler = await factory.GetScheduler(ct);
        var key = name is null ? null : await FindAsync(scheduler, name, ct);
        var runs = await history.QueryExecutions(new ExecutionHistoryQuery
        {
            SchedulerName = scheduler.SchedulerName,
            Job = key,
            Results = key is null ? [JobRunResult.Failed] : null,
            Take = limit,
        }, ct);
        return [.. runs.Items.Select(r => new JobRun(r.JobName, r.FiredAtUtc, r.Duration, r.SchedulerInstanceId, r.Succeeded, r.Manual, r.Summary ?? r.ExceptionMessage))];
    }

    /// <returns>False if there is no such job.</returns>
    public Task<bool> RunNowAsync(string name, CancellationToken ct) => ActAsync("job.run", name, _ => false, async (scheduler, key) => await scheduler.TriggerJob(key, null, ct), ct);

    /// <inheritdoc cref="RunNowAsync"/>
    public Task<bool> PauseAsync(string name, CancellationToken ct) => ActAsync(
        "job.paused", name, job => job.IsPaused,
        async (scheduler, key) => await scheduler.PauseJobWith(key, new PauseDetails { RequestedBy = Actor.Current.UserId?.ToString() ?? Actor.Current.Name ?? "an Admin" }, ct), ct);

    /// <inheritdoc cref="RunNowAsync"/>
    public Task<bool> ResumeAsync(string name, CancellationToken ct) =>
        ActAsync("job.resumed", name, job => !job.IsPaused, async (scheduler, key) => await scheduler.ResumeJob(key, ct), ct);

    private async Task<bool> ActAsync(string verb, string name, Func<JobState, bool> isDone, Func<IScheduler, JobKey, Task> act, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        var scheduler = await factory.GetScheduler(ct);
        if (await FindAsync(scheduler, name, ct) is not { } key || await FindAsync(key, ct) is not { } before)
        {
            return false;
        }

        if (!isDone(before))
        {
            await act(scheduler, key);

            // What is done is written down, also if nobody waits for the answer any more.
            var after = await FindAsync(key, CancellationToken.None);
            await audit.WriteAsync(new AuditEntry(verb, key.Name, key.Name, Condition(before), Condition(after ?? before)), CancellationToken.None);
        }

        return true;
    }

    private static object Condition(JobState job) => new { state = job.State, paused = job.IsPaused, nextAt = job.NextAt, lastAt = job.LastAt };

    private async Task<JobState?> FindAsync(JobKey key, CancellationToken ct) => (await ListAsync(ct)).FirstOrDefault(j => j.Name == key.Name);

    private static async Task<JobKey?> FindAsync(IScheduler scheduler, string name, CancellationToken ct) =>
        (await scheduler.QueryJobs(new JobQuery(), ct)).Items.FirstOrDefault(j => j.Key.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Key;

    private static JobState StateOf(JobHeader job, IReadOnlyList<TriggerHeader> triggers, ISimpleTrigger? trigger, IReadOnlyList<FireInstance> running, JobRunStatus? last)
    {
        bool isPaused = triggers.Any(t => t.State == TriggerState.Paused);
        string state = running.Count > 0 ? "running" : isPaused ? "paused" : last is { ConsecutiveFailures: > 0 } ? "failed" : triggers.Count > 0 ? "scheduled" : "idle";
        return new JobState(
            job.Key.Name, job.Description, state, trigger?.RepeatInterval, isPaused ? null : triggers.Min(t => t.NextFireTimeUtc),
            [.. running.Select(r => new JobRunning(r.SchedulerInstanceId, r.FireTimeUtc))], triggers.FirstOrDefault(t => t.Pause is not null)?.Pause?.RequestedBy,
            last?.LastFiredAtUtc, last?.LastDuration, last?.LastSchedulerInstanceId, last?.LastSummary, last?.LastFailedAtUtc, last?.LastFailureMessage, last?.ConsecutiveFailures ?? 0, last?.RunCount ?? 0)
        { IsPaused = isPaused };
    }
}
