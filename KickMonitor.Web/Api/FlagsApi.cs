using System.Diagnostics;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <param name="Percentage">Of the streamers for whom it is on, when it is.</param>
/// <param name="Streamers">For whom it is on whatever the percentage.</param>
/// <param name="Version">Counts the changes.</param>
public sealed record FlagView(string Name, string Description, bool On, int Percentage, IReadOnlyList<string> Streamers, int Version, DateTimeOffset? ChangedAt, string? ChangedBy)
{
    /// <param name="slugOf">Null for somebody who is watched no longer.</param>
    public static FlagView Of(FlagState f, Func<long, string?> slugOf) => new(
        f.Definition.Name, f.Definition.Description, f.IsOn, f.Percentage, [.. f.Streamers.Select(slugOf).OfType<string>()], f.Version, f.ChangedAt, f.ChangedBy);
}

/// <param name="Percentage">100 if left out.</param>
/// <param name="Streamers">By their slugs; nobody in particular if left out.</param>
/// <param name="Version">The version that you know; if there was another change since, nothing is changed and the answer is 409.</param>
public sealed record FlagChangeRequest(bool On, int? Percentage, IReadOnlyList<string>? Streamers, int? Version);

internal static class FlagsApi
{
    public static void MapFlags(this IEndpointRouteBuilder api)
    {
        var flags = api.MapGroup("/flags").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Config).WithTags("Flags").ProducesProblem(StatusCodes.Status403Forbidden);
        flags.MapGet("/", (Flags all, LiveBoard board) => TypedResults.Ok(new Page<FlagView>([.. all.All.Select(f => FlagView.Of(f, SlugOf(board)))], null))).WithSummary("List the feature flags");
        flags.MapGet("/{name}", Results<Ok<FlagView>, ProblemHttpResult> (string name, Flags all, LiveBoard board, HttpResponse response) =>
            all.Find(name) is { } flag ? Answer(flag, board, response) : NotThere(name)).WithSummary("Read a feature flag").ProducesProblem(404);
        flags.MapPut("/{name}", SetAsync).WithSummary("Switch a feature, for everybody or for some streamers").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).TakesIfMatch();
    }

    private static async Task<Results<Ok<FlagView>, ProblemHttpResult>> SetAsync(
        string name, FlagChangeRequest change, IfMatch ifMatch, Flags flags, LiveBoard board, Audit audit, HttpResponse response, CancellationToken ct)
    {
        var ids = new List<long>();
        foreach (string? slug in change.Streamers ?? [])
        {
            if (slug is null || board.Snapshot.Find(slug) is not { } row)
            {
                return TypedResults.Problem($"Nobody called {slug} is watched.", statusCode: 400);
            }

            ids.Add(row.BroadcasterUserId);
        }

        return await flags.SetAsync(name, change.On, change.Percentage ?? 100, ids, version => (change.Version ?? version) == version && ifMatch.Allows(Stamp(version)), ct) switch
        {
            ChangeFlag.Done done => Answer(done.State, board, response),
            ChangeFlag.NoSuchFlag => NotThere(name),
            ChangeFlag.Refused refused => TypedResults.Problem(refused.Reason, statusCode: 400),
            ChangeFlag.Overtaken overtaken when !ifMatch.Allows(Stamp(overtaken.State.Version)) =>
                IfMatch.Failed(await audit.ChangedMeanwhileAsync(overtaken.State.Definition.Name, ["flag"], ct)),
            ChangeFlag.Overtaken overtaken => TypedResults.Problem($"The flag was changed meanwhile, by {overtaken.State.ChangedBy}.", statusCode: 409),
            _ => throw new UnreachableException(),
        };
    }

    private static Ok<FlagView> Answer(FlagState flag, LiveBoard board, HttpResponse response)
    {
        response.SetETag(Stamp(flag.Version));
        return TypedResults.Ok(FlagView.Of(flag, SlugOf(board)));
    }

    private static string Stamp(int version) => version.ToString(CultureInfo.InvariantCulture);

    private static ProblemHttpResult NotThere(string name) => TypedResults.Problem($"There is no flag {name}.", statusCode: 404);

    private static Func<long, string?> SlugOf(LiveBoard board) => id => board.Snapshot.Find(id)?.Slug;
}
