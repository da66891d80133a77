using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>Streamers under one name, made by Admins for everybody.</summary>
/// <param name="Public">Whether everybody on the internet may see who of it is live.</param>
/// <param name="Streamers">The slugs of those whom you may see.</param>
public sealed record StreamerGroupView(string Name, bool Public, IReadOnlyList<string> Streamers)
{
    public static StreamerGroupView Of(GroupView group, UserRights person, BoardSnapshot board) => new(
        group.Name, group.IsPublic, [.. group.Members.Where(person.MaySee).Select(board.Find).OfType<BoardRow>().Select(r => r.Slug).Order(StringComparer.Ordinal)]);
}

/// <param name="Name">Small letters, digits and single hyphens between.</param>
public sealed record NewGroup(string? Name, bool Public = false, string[]? Streamers = null);

/// <summary>What to change; what is left out stays.</summary>
/// <param name="Streamers">All that are in it from now on.</param>
public sealed record GroupChange(string? Name = null, bool? Public = null, string[]? Streamers = null);

internal static class GroupsApi
{
    private const int Most = 5000;
    private const string NotThere = "There is no such group.";
    private const string BadName = "name must have small letters and digits, with single hyphens between, at most 40.";

    public static void MapGroups(this IEndpointRouteBuilder api)
    {
        var groups = api.MapGroup("/groups").WithTags("Groups").RequireScope(TokenScope.Read);
        groups.MapGet("/", Ok<Page<StreamerGroupView>> (CurrentPerson person, Groups all, LiveBoard board) =>
                TypedResults.Ok(new Page<StreamerGroupView>([.. Visible(all, person).Select(g => StreamerGroupView.Of(g, person.Rights, board.Snapshot))], Next: null)))
            .WithSummary("List the groups of streamers").WithDescription("Those in which you may see somebody; Admins all of them.");
        groups.MapGet("/{name}", Results<Ok<StreamerGroupView>, ProblemHttpResult> (string name, CurrentPerson person, Groups all, LiveBoard board, HttpResponse response) =>
                Visible(all, person).FirstOrDefault(g => g.Name == name) is { } group ? TypedResults.Ok(Answer(group, person, board, response)) : NoGroup())
            .WithSummary("Read one group").WithDescription("For Admins with an ETag.").ProducesProblem(404);

        var admin = api.MapGroup("/groups").WithTags("Groups").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Streamers).ProducesProblem(403);
        admin.MapPost("/", CreateAsync).WithSummary("Make a group").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        admin.MapPatch("/{name}", ChangeAsync).WithSummary("Rename a group, publish it, or replace who is in it").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).TakesIfMatch();
        admin.MapDelete("/{name}", RemoveAsync)
            .WithSummary("Delete a group").WithDescription("Whoever was given it sees its streamers no longer, unless they were given them by themselves.").ProducesProblem(404).TakesIfMatch();
        admin.MapPut("/{name}/streamers/{slug}", (string name, string slug, CurrentPerson person, Groups all, VisibleStreamers streamers, CancellationToken ct) =>
                SetMemberAsync(name, slug, true, person, all, streamers, ct)).WithSummary("Put a streamer into a group").ProducesProblem(404);
        admin.MapDelete("/{name}/streamers/{slug}", (string name, string slug, CurrentPerson person, Groups all, VisibleStreamers streamers, CancellationToken ct) =>
                SetMemberAsync(name, slug, false, person, all, streamers, ct)).WithSummary("Take a streamer out of a group").ProducesProblem(404);
    }

    private static IEnumerable<GroupView> Visible(Groups groups, CurrentPerson person) => groups.Of(person.Rights).Where(g => g.OwnerId is null);

    /// <summary>With the ETag only for who sees all of it: to others it would tell of changes that are hidden from them.</summary>
    private static StreamerGroupView Answer(GroupView group, CurrentPerson person, LiveBoard board, HttpResponse response)
    {
        if (person.Rights.IsAdmin)
        {
            response.SetETag(group.Stamp);
        }

        return StreamerGroupView.Of(group, person.Rights, board.Snapshot);
    }

    private static async Task<Results<Created<StreamerGroupView>, ProblemHttpResult>> CreateAsync(
        NewGroup wanted, CurrentPerson person, Groups groups, VisibleStreamers streamers, LiveBoard board, HttpResponse response, CancellationToken ct)
    {
        if (StreamerGroup.ParseName(wanted.Name) != wanted.Name || wanted.Name is not { } name)
        {
            return TypedResults.Problem(BadName, statusCode: 400);
        }

        var (ids, problem) = await FindAsync(wanted.Streamers ?? [], person, streamers, ct);
        if (problem is not null)
        {
            return problem;
        }

        return await groups.CreateAsync(owner: null, name, wanted.Public, ids, ct) switch
        {
            ChangeGroup.Done when groups.Find(owner: null, name) is { } made => TypedResults.Created($"/api/v1/groups/{name}", Answer(made, person, board, response)),
            ChangeGroup.TooMany => TypedResults.Problem($"There are {Groups.Most} groups already.", statusCode: 409),
            ChangeGroup.NameTaken => TypedResults.Problem($"There is a group {name} already.", statusCode: 409),
            _ => NoGroup(),
        };
    }

    private static async Task<Results<Ok<StreamerGroupView>, ProblemHttpResult>> ChangeAsync(
        string name, GroupChange change, IfMatch ifMatch, CurrentPerson person, Groups groups, VisibleStreamers streamers, LiveBoard board, Audit audit, HttpResponse response, CancellationToken ct)
    {
        if (change is { Name: null, Public: null, Streamers: null })
        {
            return TypedResults.Problem("Say what to change: name, public or streamers.", statusCode: 400);
        }

        if (groups.Find(owner: null, name) is not { } group)
        {
            return NoGroup();
        }

        var (ids, problem) = await FindAsync(change.Streamers ?? [], person, streamers, ct);
        if (problem is not null)
        {
            return problem;
        }

        return await groups.ReviseAsync(group.Id, ct, change.Name, change.Public, change.Streamers is null ? null : ids, ifMatch.Allows) switch
        {
            ChangeGroup.Done when groups.Find(group.Id) is { } changed => TypedResults.Ok(Answer(changed, person, board, response)),
            ChangeGroup.NoName => TypedResults.Problem(BadName, statusCode: 400),
            ChangeGroup.NameTaken => TypedResults.Problem($"There is a group {change.Name} already.", statusCode: 409),
            ChangeGroup.Stale => await TellAsync(group, audit, ct),
            _ => NoGroup(),
        };
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(string name, IfMatch ifMatch, Groups groups, Audit audit, CancellationToken ct) =>
        groups.Find(owner: null, name) is not { } group ? NoGroup() : await groups.RemoveAsync(group.Id, ct, ifMatch.Allows) switch
        {
            ChangeGroup.Done => TypedResults.NoContent(),
            ChangeGroup.Stale => await TellAsync(group, audit, ct),
            _ => NoGroup(),
        };

    private static async Task<ProblemHttpResult> TellAsync(GroupView group, Audit audit, CancellationToken ct) =>
        IfMatch.Failed(await audit.ChangedMeanwhileAsync(group.Id.ToString(CultureInfo.InvariantCulture), ["group"], ct));

    private static async Task<Results<NoContent, ProblemHttpResult>> SetMemberAsync(
        string name, string slug, bool isMember, CurrentPerson person, Groups groups, VisibleStreamers streamers, CancellationToken ct) =>
        groups.Find(owner: null, name) is not { } group ? NoGroup()
        : await streamers.FindAsync(slug, person.Rights, ct) is { } row && await groups.SetMembersAsync(group.Id, [row.BroadcasterUserId], isMember, ct) ? TypedResults.NoContent()
        : TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);

    /// <summary>All of them, or none: a typing mistake must not change the rest.</summary>
    private static async Task<(List<long> Ids, ProblemHttpResult? Problem)> FindAsync(string[] slugs, CurrentPerson person, VisibleStreamers streamers, CancellationToken ct)
    {
        if (slugs.Length > Most)
        {
            return ([], TypedResults.Problem($"streamers must name at most {Most}.", statusCode: 400));
        }

        var (ids, unknown) = (new List<long>(), new List<string>());
        foreach (string? slug in slugs)
        {
            if (await streamers.FindAsync(slug ?? string.Empty, person.Rights, ct) is { } row)
            {
                ids.Add(row.BroadcasterUserId);
            }
            else
            {
                unknown.Add(slug ?? "null");
            }
        }

        return (ids, unknown.Count == 0 ? null : TypedResults.Problem($"Not watched: {string.Join(", ", unknown.Take(20))}. Nothing was changed.", statusCode: 404));
    }

    private static ProblemHttpResult NoGroup() => TypedResults.Problem(NotThere, statusCode: 404);
}
