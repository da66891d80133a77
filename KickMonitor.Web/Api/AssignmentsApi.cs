using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace KickMonitor.Web.Api;

/// <summary>A streamer that a user may see, and what else they may do there.</summary>
public sealed record AssignmentView(Guid UserId, string Email, string Slug, string DisplayName, bool ManagesEvents, bool ManagesChat, DateTimeOffset AssignedAt)
{
    public static AssignmentView Of(AssignmentRow row) =>
        new(row.UserId, row.Email, row.Slug, row.DisplayName, row.Grant.ManagesEvents, row.Grant.ManagesChat, row.AssignedAt);
}

/// <summary>What an assignment allows besides watching.</summary>
public sealed record GrantedRights(bool ManagesEvents = false, bool ManagesChat = false);

/// <summary>Each of these users and each of these streamers and groups.</summary>
/// <param name="Users">E-mail addresses or ids.</param>
/// <param name="Streamers">Slugs.</param>
/// <param name="Groups">Names of groups.</param>
public sealed record ManyAssignments(string[]? Users, string[]? Streamers, bool ManagesEvents = false, bool ManagesChat = false, string[]? Groups = null);

/// <param name="Assignments">How many pairs of a user and a streamer or group are assigned now, or were ended.</param>
public sealed record AssignedView(int Assignments);

internal static class AssignmentsApi
{
    private const int Most = 5000;
    private const string NotThere = "There is no such user or streamer.";
    private const string NotAssigned = "There is no such user or streamer, or it was not assigned.";

    public static void MapAssignments(this IEndpointRouteBuilder api)
    {
        api.MapGet("/users/{id:guid}/streamers", OfUserAsync).WithTags("Assignments").RequireScope(TokenScope.Users).WithSummary("List the streamers that are assigned to a user")
            .WithDescription("Everybody can read their own; Admins everybody's.").ProducesProblem(404);

        api.MapGet("/users/{id:guid}/streamers/{slug}", ReadAsync).WithTags("Assignments").RequireScope(TokenScope.Users).WithSummary("Read what a user may do with a streamer")
            .WithDescription("Everybody can read their own; Admins everybody's.").ProducesProblem(404);

        var admin = api.MapGroup("/").WithTags("Assignments").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Users).ProducesProblem(403).ProducesProblem(404);
        admin.MapPut("/users/{id:guid}/streamers/{slug}", AssignAsync).WithSummary("Let a user see a streamer")
            .WithDescription("Without a body they watch, and what else they may do already stays.").TakesIfMatch();
        admin.MapDelete("/users/{id:guid}/streamers/{slug}", UnassignAsync).WithSummary("Hide a streamer from a user again").TakesIfMatch();
        admin.MapGet("/streamers/{slug}/users", OfStreamerAsync).WithSummary("List the users to whom a streamer is assigned");
        admin.MapPost("/assignments", AssignManyAsync).WithSummary("Assign many streamers and groups to many users").ProducesProblem(400);
        admin.MapPost("/assignments/end", UnassignManyAsync).WithSummary("End many assignments").ProducesProblem(400);
    }

    private static async Task<Results<Ok<Page<AssignmentView>>, ProblemHttpResult>> OfUserAsync(Guid id, CurrentPerson person, People people, Assignments assignments, CancellationToken ct) =>
        (person.Rights.IsAdmin || person.Rights.UserId == id) && await people.FindAsync(id, ct) is not null
            ? TypedResults.Ok(new Page<AssignmentView>((await assignments.OfUserAsync(id, ct)).ConvertAll(AssignmentView.Of), Next: null))
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<Ok<Page<AssignmentView>>, ProblemHttpResult>> OfStreamerAsync(
        string slug, CurrentPerson person, VisibleStreamers streamers, Assignments assignments, CancellationToken ct) =>
        await streamers.FindAsync(slug, person.Rights, ct) is { } row
            ? TypedResults.Ok(new Page<AssignmentView>((await assignments.OfStreamerAsync(row.BroadcasterUserId, ct)).ConvertAll(AssignmentView.Of), Next: null))
            : TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);

    private static async Task<Results<Ok<AssignmentView>, ProblemHttpResult>> ReadAsync(
        Guid id, string slug, CurrentPerson person, VisibleStreamers streamers, Assignments assignments, HttpResponse response, CancellationToken ct)
    {
        if (!(person.Rights.IsAdmin || person.Rights.UserId == id) || await streamers.FindAsync(slug, person.Rights, ct) is not { BroadcasterUserId: var streamer }
            || await assignments.FindAsync(id, streamer, ct) is not { } row)
        {
            return TypedResults.Problem(NotAssigned, statusCode: 404);
        }

        response.SetETag(row.Grant.Stamp);
        return TypedResults.Ok(AssignmentView.Of(row));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AssignAsync(
        Guid id, string slug, [FromBody] GrantedRights? rights, IfMatch ifMatch, CurrentPerson person, VisibleStreamers streamers, Assignments assignments, HttpResponse response, CancellationToken ct)
    {
        if (await streamers.FindAsync(slug, person.Rights, ct) is not { } row)
        {
            return TypedResults.Problem(NotThere, statusCode: 404);
        }

        var grant = rights is null ? null : new Grant(rights.ManagesEvents, rights.ManagesChat);
        switch (await assignments.AssignAsync(id, row.BroadcasterUserId, grant, had => ifMatch.Allows(had?.Stamp), ct))
        {
            case ChangeAssignment.Done:
                if (grant is not null)
                {
                    response.SetETag(grant.Stamp);
                }

                return TypedResults.NoContent();
            case ChangeAssignment.Stale:
                return IfMatch.Failed(await assignments.ChangedMeanwhileAsync(id, row.Slug, ct));
            default:
                return TypedResults.Problem(NotThere, statusCode: 404);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> UnassignAsync(
        Guid id, string slug, IfMatch ifMatch, CurrentPerson person, VisibleStreamers streamers, Assignments assignments, CancellationToken ct) =>
        await streamers.FindAsync(slug, person.Rights, ct) is not { } row ? TypedResults.Problem(NotAssigned, statusCode: 404)
        : await assignments.UnassignAsync(id, row.BroadcasterUserId, had => had is null || ifMatch.Allows(had.Stamp), ct) switch
        {
            ChangeAssignment.Done => TypedResults.NoContent(),
            ChangeAssignment.Stale => IfMatch.Failed(await assignments.ChangedMeanwhileAsync(id, row.Slug, ct)),
            _ => TypedResults.Problem(NotAssigned, statusCode: 404),
        };

    private static async Task<Results<Ok<AssignedView>, ProblemHttpResult>> AssignManyAsync(
        ManyAssignments many, CurrentPerson person, VisibleStreamers streamers, Groups groups, People people, Assignments assignments, CancellationToken ct)
    {
        var (found, problem) = await FindAsync(many, person, streamers, groups, people, ct);
        if (problem is not null)
        {
            return problem;
        }

        var grant = new Grant(many.ManagesEvents, many.ManagesChat);
        int pairs = await assignments.AssignAsync(found.Users, found.Streamers, grant, ct);
        foreach (long group in found.Groups)
        {
            pairs += await assignments.AssignGroupAsync(found.Users, group, grant, ct);
        }

        return TypedResults.Ok(new AssignedView(pairs));
    }

    private static async Task<Results<Ok<AssignedView>, ProblemHttpResult>> UnassignManyAsync(
        ManyAssignments many, CurrentPerson person, VisibleStreamers streamers, Groups groups, People people, Assignments assignments, CancellationToken ct)
    {
        var (found, problem) = await FindAsync(many, person, streamers, groups, people, ct);
        if (problem is not null)
        {
            return problem;
        }

        int pairs = await assignments.UnassignAsync(found.Users, found.Streamers, ct);
        foreach (long group in found.Groups)
        {
            pairs += await assignments.UnassignGroupAsync(found.Users, group, ct);
        }

        return TypedResults.Ok(new AssignedView(pairs));
    }

    /// <summary>All of them, or none: a typing mistake must not assign the rest.</summary>
    private static async Task<(Found Found, ProblemHttpResult? Problem)> FindAsync(
        ManyAssignments many, CurrentPerson person, VisibleStreamers streamers, Groups groups, People people, CancellationToken ct)
    {
        var found = new Found([], [], []);
        var (users, slugs, names) = (many.Users ?? [], many.Streamers ?? [], many.Groups ?? []);
        if (users.Length is 0 or > Most || slugs.Length > Most || names.Length > Most || slugs.Length + names.Length == 0)
        {
            return (found, TypedResults.Problem($"users must name 1 to {Most}, and streamers and groups at least one, at most {Most} each.", statusCode: 400));
        }

        var unknown = new List<string>();
        foreach (string? name in users)
        {
            var user = Guid.TryParse(name, out var id) ? await people.FindAsync(id, ct) : await people.FindAsync(name ?? string.Empty, ct);
            Note(found.Users, user?.Id, name);
        }

        foreach (string? slug in slugs)
        {
            Note(found.Streamers, (await streamers.FindAsync(slug ?? string.Empty, person.Rights, ct))?.BroadcasterUserId, slug);
        }

        foreach (string? name in names)
        {
            Note(found.Groups, groups.Find(owner: null, name ?? string.Empty)?.Id, name);
        }

        return (found, unknown.Count == 0 ? null : TypedResults.Problem($"Not known: {string.Join(", ", unknown.Take(20))}. Nothing was changed.", statusCode: 404));

        void Note<T>(List<T> known, T? id, string? name)
            where T : struct
        {
            if (id is { } one)
            {
                known.Add(one);
            }
            else
            {
                unknown.Add(name ?? "null");
            }
        }
    }

    private sealed record Found(List<Guid> Users, List<long> Streamers, List<long> Groups);
}
