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

    public static void MapGroupAssignments(this IEndpointRouteBuilder api)
    {
        api.MapGet("/users/{id:guid}/groups", OfUserAsync).WithTags("Assignments").RequireScope(TokenScope.Users).WithSummary("List the groups that are assigned to a user")
            .WithDescription("Everybody can read their own; Admins everybody's.").ProducesProblem(404);

        var admin = api.MapGroup("/").WithTags("Assignments").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Users).ProducesProblem(403).ProducesProblem(404);
        admin.MapGet("/groups/{name}/users", OfGroupAsync).WithSummary("List the users to whom a group is assigned");
        admin.MapPut("/users/{id:guid}/groups/{name}", AssignAsync).WithSummary("Let a user see whoever is in a group, now or later").WithDescription("Without a body they watch, and no more.");
        admin.MapDelete("/users/{id:guid}/groups/{name}", UnassignAsync).WithSummary("Take a group from a user again");
    }

    private static async Task<Results<Ok<Page<GroupAssignmentView>>, ProblemHttpResult>> OfUserAsync(Guid id, CurrentPerson person, People people, Assignments assignments, CancellationToken ct) =>
        (person.Rights.IsAdmin || person.Rights.UserId == id) && await people.FindAsync(id, ct) is not null
            ? TypedResults.Ok(new Page<GroupAssignmentView>((await assignments.GroupsOfUserAsync(id, ct)).ConvertAll(GroupAssignmentView.Of), Next: null))
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<Ok<Page<GroupAssignmentView>>, ProblemHttpResult>> OfGroupAsync(string name, Groups groups, Assignments assignments, CancellationToken ct) =>
        groups.Find(owner: null, name) is { } group
            ? TypedResults.Ok(new Page<GroupAssignmentView>((await assignments.OfGroupAsync(group.Id, ct)).ConvertAll(GroupAssignmentView.Of), Next: null))
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<NoContent, ProblemHttpResult>> AssignAsync(
        Guid id, string name, [FromBody] GrantedRights? rights, Groups groups, Assignments assignments, CancellationToken ct) =>
        groups.Find(owner: null, name) is { } group
            && await assignments.AssignGroupAsync([id], group.Id, new Grant(rights?.ManagesEvents ?? false, rights?.ManagesChat ?? false), ct) > 0
            ? TypedResults.NoContent()
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<NoContent, ProblemHttpResult>> UnassignAsync(Guid id, string name, Groups groups, Assignments assignments, CancellationToken ct) =>
        groups.Find(owner: null, name) is { } group && await assignments.UnassignGroupAsync([id], group.Id, ct) > 0
            ? TypedResults.NoContent()
            : TypedResults.Problem("There is no such user or group, or it was not assigned.", statusCode: 404);
}
