using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Retention;
using KickMonitor.Web.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace KickMonitor.Tests.Web.Jobs;

public sealed class Pausing_a_job(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_by_whom_and_forgets_the_name_with_the_account()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode(also: services => services.AddRetention().AddJobs(scenario.Database, NodeName.Create()));
        var people = node.GetRequiredService<People>();
        await people.CreateAsync("ada@example.org", Role.Admin, "a long enough password", Ct);
        var bo = ((CreateUser.Created)await people.CreateAsync("bo@example.org", Role.Admin, "a long enough password", Ct)).User;
        var scheduler = await node.GetRequiredService<ISchedulerFactory>().GetScheduler(Ct);
        await scheduler.ScheduleJob(
            JobBuilder.Create<RetentionJob>().WithIdentity(RetentionJob.Key).Build(),
            TriggerBuilder.Create().WithIdentity("retention").WithSimpleSchedule(s => s.WithInterval(TimeSpan.FromHours(6)).RepeatForever()).Build(), cancellationToken: Ct);
        var board = node.GetRequiredService<JobBoard>();

        Actor.Current = new Actor(bo.Id, bo.Email, "browser");
        (await board.PauseAsync("retention", Ct)).ShouldBeTrue();
        (await board.ListAsync(Ct)).ShouldHaveSingleItem().PausedBy.ShouldBe("bo@example.org");

        Actor.Current = Actor.System;
        (await node.GetRequiredService<Departure>().LeaveAsync(bo.Id, Ct)).ShouldBe(ChangeUser.Done);

        var job = (await board.ListAsync(Ct)).ShouldHaveSingleItem();
        (job.State, job.PausedBy).ShouldBe(("paused", $"left-{bo.Id.ToString()[^12..]}"));
        await scheduler.Shutdown(waitForJobsToComplete: false, Ct);
    }

    [Fact]
    public async Task Is_written_down_with_what_was_before_and_after_and_once_only()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode(also: services => services.AddRetention().AddJobs(scenario.Database, NodeName.Create()));
        var scheduler = await node.GetRequiredService<ISchedulerFactory>().GetScheduler(Ct);
        await scheduler.ScheduleJob(
            JobBuilder.Create<RetentionJob>().WithIdentity(RetentionJob.Key).Build(),
            TriggerBuilder.Create().WithIdentity("retention").StartAt(DateTimeOffset.UtcNow.AddHours(1)).WithSimpleSchedule(s => s.WithInterval(TimeSpan.FromHours(6)).RepeatForever()).Build(), cancellationToken: Ct);
        var board = node.GetRequiredService<JobBoard>();

        (await board.PauseAsync("retention", Ct)).ShouldBeTrue();
        (await board.PauseAsync("retention", Ct)).ShouldBeTrue();
        (await board.ResumeAsync("retention", Ct)).ShouldBeTrue();
        (await board.RunNowAsync("retention", Ct)).ShouldBeTrue();
        (await board.PauseAsync("nobody", Ct)).ShouldBeFalse();

        var entries = await node.GetRequiredService<Audit>().ReadAsync(new AuditQuery { Verb = "job" }, Ct).Reverse().ToListAsync(Ct);
        entries.Select(e => e.Verb).ShouldBe(["job.paused", "job.resumed", "job.run"]);
        entries.Select(e => (IsPaused(e.Before), IsPaused(e.After))).ShouldBe([(false, true), (true, false), (false, false)]);
        Read(entries[2].After).GetProperty("nextAt").GetDateTimeOffset().ShouldBeLessThan(Read(entries[2].Before).GetProperty("nextAt").GetDateTimeOffset());
        await scheduler.Shutdown(waitForJobsToComplete: false, Ct);
    }

    private static bool IsPaused(string? condition) => Read(condition).GetProperty("paused").GetBoolean();

    private static JsonElement Read(string? condition) => JsonElement.Parse(condition!);
}
