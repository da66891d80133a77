using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <param name="State">running, paused, failed (the last run did), scheduled, or idle (only by hand).</param>
public sealed record JobView(
    string Name, string? Description, string State, double? EverySeconds, DateTimeOffset? NextAt, IReadOnlyList<JobRunning> Running, string? PausedBy,
    DateTimeOffset? LastAt, long? LastDurationMs, string? LastNode, string? LastSummary, DateTimeOffset? LastFailedAt, string? LastError, int FailuresInARow, long Runs)
{
    public static JobView Of(JobState j) => new(
        j.Name, j.Description, j.State, j.Every?.TotalSeconds, j.NextAt, j.Running, j.PausedBy, j.LastAt, (long?)j.LastDuration?.TotalMilliseconds, j.LastNode, j.LastSummary,
        j.LastFailedAt, j.LastError, j.FailuresInARow, j.Runs);
}

internal static class JobsApi
{
    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("/jobs").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Admin).WithTags("Jobs").ProducesProblem(StatusCodes.Status403Forbidden);
        jobs.MapGet("/", async Task<Ok<Page<JobView>>> (JobBoard board, CancellationToken ct) => TypedResults.Ok(new Page<JobView>([.. (await board.ListAsync(ct)).Select(JobView.Of)], null)))
            .WithSummary("List what is scheduled on all nodes, and how it went");
        jobs.MapPost("/{name}/run", async (string name, JobBoard board, CancellationToken ct) => Answer(await board.RunNowAsync(name, ct))).WithSummary("Run a job now, on any node").ProducesProblem(404);
        jobs.MapPost("/{name}/pause", async (string name, JobBoard board, CancellationToken ct) => Answer(await board.PauseAsync(name, ct))).WithSummary("Pause a job on all nodes").ProducesProblem(404);
        jobs.MapPost("/{name}/resume", async (string name, JobBoard board, CancellationToken ct) => Answer(await board.ResumeAsync(name, ct))).WithSummary("Resume a job").ProducesProblem(404);
    }

    private static Results<NoContent, ProblemHttpResult> Answer(bool isThere) =>
        isThere ? TypedResults.NoContent() : TypedResults.Problem("There is no such job.", statusCode: 404);
}
