using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace KickMonitor.Web.Api;

/// <summary>A group whose streamers a user may see, those of now and those to come, and what else they may do there.</summary>
public sealed record GroupAssignmentView(Guid UserId, string Email, string Group, bool ManagesEvents, bool ManagesChat, DateTimeOffset AssignedAt)
{
    public static GroupAssignmentView Of(GroupAssignmentRow row) => new(row.UserId, row.Email, row.Name, row.Grant.ManagesEvents, row.Grant.ManagesChat, row.AssignedAt);
}

internal static class GroupAssignmentsApi
{
    private const string NotThere = "There is no such user or group.";
    private const string NotAssigned = "There is no such user or group, or it was not assigned.";

    public static void MapGroupAssignments(this IEndpointRouteBuilder api)
    {
        api.MapGet("/users/{id:guid}/groups", OfUserAsync).WithTags("Assignments").RequireScope(TokenScope.Users).WithSummary("List the groups that are assigned to a user")
            .WithDescription("Everybody can read their own; Admins everybody's.").ProducesProblem(404);

        api.MapGet("/users/{id:guid}/groups/{name}", ReadAsync).WithTags("Assignments").RequireScope(TokenScope.Users).WithSummary("Read what a user may do with whoever is in a group")
            .WithDescription("Everybody can read their own; Admins everybody's.").ProducesProblem(404);

        var admin = api.MapGroup("/").WithTags("Assignments").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Users).ProducesProblem(403).ProducesProblem(404);
        admin.MapGet("/groups/{name}/users", OfGroupAsync).WithSummary("List the users to whom a group is assigned");
        admin.MapPut("/users/{id:guid}/groups/{name}", AssignAsync).WithSummary("Let a user see whoever is in a group, now or later").WithDescription("Without a body they watch, and no more.").TakesIfMatch();
        admin.MapDelete("/users/{id:guid}/groups/{name}", UnassignAsync).WithSummary("Take a group from a user again").TakesIfMatch();
    }

    private static async Task<Results<Ok<Page<GroupAssignmentView>>, ProblemHttpResult>> OfUserAsync(Guid id, CurrentPerson person, People people, Assignments assignments, CancellationToken ct) =>
        (person.Rights.IsAdmin || person.Rights.UserId == id) && await people.FindAsync(id, ct) is not null
            ? TypedResults.Ok(new Page<GroupAssignmentView>((await assignments.GroupsOfUserAsync(id, ct)).ConvertAll(GroupAssignmentView.Of), Next: null))
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<Ok<Page<GroupAssignmentView>>, ProblemHttpResult>> OfGroupAsync(string name, Groups groups, Assignments assignments, CancellationToken ct) =>
        groups.Find(owner: null, name) is { } group
            ? TypedResults.Ok(new Page<GroupAssignmentView>((await assignments.OfGroupAsync(group.Id, ct)).ConvertAll(GroupAssignmentView.Of), Next: null))
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<Ok<GroupAssignmentView>, ProblemHttpResult>> ReadAsync(
        Guid id, string name, CurrentPerson person, Groups groups, Assignments assignments, HttpResponse response, CancellationToken ct)
    {
        if (!(person.Rights.IsAdmin || person.Rights.UserId == id) || groups.Find(owner: null, name) is not { } group || await assignments.FindGroupAsync(id, group.Id, ct) is not { } row)
        {
            return TypedResults.Problem(NotAssigned, statusCode: 404);
        }

        response.SetETag(row.Grant.Stamp);
        return TypedResults.Ok(GroupAssignmentView.Of(row));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AssignAsync(
        Guid id, string name, [FromBody] GrantedRights? rights, IfMatch ifMatch, Groups groups, Assignments assignments, HttpResponse response, CancellationToken ct)
    {
        if (groups.Find(owner: null, name) is not { } group)
        {
            return TypedResults.Problem(NotThere, statusCode: 404);
        }

        var grant = new Grant(rights?.ManagesEvents ?? false, rights?.ManagesChat ?? false);
        switch (await assignments.AssignGroupAsync(id, group.Id, grant, had => ifMatch.Allows(had?.Stamp), ct))
        {
            case ChangeAssignment.Done:
                response.SetETag(grant.Stamp);
                return TypedResults.NoContent();
            case ChangeAssignment.Stale:
                return IfMatch.Failed(await assignments.GroupChangedMeanwhileAsync(id, name, ct));
            default:
                return TypedResults.Problem(NotThere, statusCode: 404);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> UnassignAsync(Guid id, string name, IfMatch ifMatch, Groups groups, Assignments assignments, CancellationToken ct) =>
        groups.Find(owner: null, name) is not { } group ? TypedResults.Problem(NotAssigned, statusCode: 404)
        : await assignments.UnassignGroupAsync(id, group.Id, had => had is null || ifMatch.Allows(had.Stamp), ct) switch
        {
            ChangeAssignment.Done => TypedResults.NoContent(),
            ChangeAssignment.Stale => IfMatch.Failed(await assignments.GroupChangedMeanwhileAsync(id, name, ct)),
            _ => TypedResults.Problem(NotAssigned, statusCode: 404),
        };
}
