using System.CommandLine;
using KickMonitor.Web.Api;
using KickMonitor.Web.Jobs;

namespace KickMonitor.Web.Cli;

/// <summary><c>jobs …</c>: the calendar that the nodes share. What is run here is run by a server.</summary>
internal static class JobVerbs
{
    private static readonly Argument<string> Name = new("job") { Description = "As the list shows it, like backup" };

    public static Command Create(Verb verb) => Verb.Group(
        "jobs", "What the servers do by the clock",
        verb.Create("list", "What is scheduled, running, next, and how it went", ListAsync),
        verb.Create("run", "Have a running server do it now", call => ActAsync(call, "will run now", (board, name) => board.RunNowAsync(name, call.Ct)), Name),
        verb.Create("pause", "Stop doing it, on all nodes", call => ActAsync(call, "is paused", (board, name) => board.PauseAsync(name, call.Ct)), Name),
        verb.Create("resume", "Do it again", call => ActAsync(call, "is scheduled", (board, name) => board.ResumeAsync(name, call.Ct)), Name));

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var jobs = await host.Get<JobBoard>().ListAsync(call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.List(jobs.Select(JobView.Of).ToList());
            return;
        }

        call.Output.Table(
            ["Job", "State", "Next", "Last", "Took", "Result"],
            jobs.Select(j => new[]
            {
                j.Name, j.State, Plain.Time(j.NextAt), Plain.Time(j.LastAt), j.LastDuration is { } took ? $"{took.TotalSeconds:0.0} s" : null, j.FailuresInARow > 0 ? j.LastError : j.LastSummary,
            }));
    }

    private static async Task ActAsync(Invocation call, string done, Func<JobBoard, string, Task<bool>> act)
    {
        await using var host = await call.OpenAsync();
        string name = call.Value(Name);
        if (!await act(host.Get<JobBoard>(), name))
        {
            throw new CliFailure(ExitCode.Refused, $"There is no job {name}.", "List them with: kickmonitor jobs list. A server that runs for the first time makes them.");
        }

        if (call.Output.IsJson)
        {
            call.Output.Json(new { job = name, done });
        }
        else
        {
            call.Output.Line($"{name} {done}.");
        }
    }
}
