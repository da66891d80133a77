using System.Diagnostics;
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
        flags.MapPut("/{name}", SetAsync).WithSummary("Switch a feature, for everybody or for some streamers").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Results<Ok<FlagView>, ProblemHttpResult>> SetAsync(string name, FlagChangeRequest change, Flags flags, LiveBoard board, CancellationToken ct)
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

        return await flags.SetAsync(name, change.On, change.Percentage ?? 100, ids, change.Version, ct) switch
        {
            ChangeFlag.Done done => TypedResults.Ok(FlagView.Of(done.State, SlugOf(board))),
            ChangeFlag.NoSuchFlag => TypedResults.Problem($"There is no flag {name}.", statusCode: 404),
            ChangeFlag.Refused refused => TypedResults.Problem(refused.Reason, statusCode: 400),
            ChangeFlag.Overtaken overtaken => TypedResults.Problem($"The flag was changed meanwhile, by {overtaken.State.ChangedBy}.", statusCode: 409),
            _ => throw new UnreachableException(),
        };
    }

    private static Func<long, string?> SlugOf(LiveBoard board) => id => board.Snapshot.Find(id)?.Slug;
}
