using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Serialization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

public sealed record UserView(Guid Id, string Email, string? DisplayName, Role Role, bool Disabled, bool TwoFactor, DateTimeOffset? LastSignInAt)
{
    public static UserView Of(User user) =>
        new(user.Id, user.Email ?? string.Empty, user.DisplayName, user.Role, user.IsDisabled, user.TwoFactorEnabled, user.LastSignInAt);
}

/// <summary>A user who was just created.</summary>
/// <param name="GeneratedPassword">Only if the request named no password. It is shown this once.</param>
public sealed record CreatedUserView(
    Guid Id, string Email, string? DisplayName, Role Role, bool Disabled, bool TwoFactor, DateTimeOffset? LastSignInAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? GeneratedPassword = null);

/// <summary>Whom to create.</summary>
/// <param name="Role">viewer if left out.</param>
/// <param name="Password">Generated if left out.</param>
public sealed record NewUser(string? Email, Role? Role = null, string? Password = null, string? DisplayName = null);

/// <summary>What to change; what is left out stays.</summary>
public sealed class UserChange
{
    public Role? Role { get; set; }

    public bool? Disabled { get; set; }

    /// <summary>Null or blank removes it.</summary>
    public string? DisplayName
    {
        get;
        set
        {
            field = value;
            NamesName = true;
        }
    }

    [JsonIgnore]
    public bool NamesName { get; private set; }
}

internal static class UsersApi
{
    private const char List = 'u';
    private const int NameLength = 100;
    private const string NotThere = "There is no such user.";
    private const string BadName = "displayName must be at most 100 characters, without control characters.";
    private const string LastAdmin = "This is the last Admin, who cannot be removed, demoted or disabled.";

    public static void MapUsers(this IEndpointRouteBuilder api)
    {
        var users = api.MapGroup("/users").WithTags("Users").RequireScope(TokenScope.Users);
        users.MapGet("/{id:guid}", ReadAsync).WithSummary("Read one user").WithDescription("Everybody can read themselves; Admins everybody.").ProducesProblem(404);

        var admin = users.MapGroup("/").RequireAuthorization(Access.Admin).ProducesProblem(403);
        admin.MapGet("/", ReadPageAsync).WithSummary("List the users").ProducesProblem(400);
        admin.MapPost("/", CreateAsync).WithSummary("Create a user").ProducesProblem(400).ProducesProblem(409);
        admin.MapPatch("/{id:guid}", ChangeAsync).WithSummary("Change a user's role, name or access").WithDescription("Acts at once on sessions, the hub and tokens.")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        admin.MapDelete("/{id:guid}", DeleteAsync).WithSummary("Delete a user, with their tokens and assignments").ProducesProblem(404).ProducesProblem(409);
        admin.MapPut("/{id:guid}/streamers/{slug}", AssignAsync).WithSummary("Let a user see a streamer").ProducesProblem(404);
        admin.MapDelete("/{id:guid}/streamers/{slug}", UnassignAsync).WithSummary("Hide a streamer from a user again").ProducesProblem(404);
    }

    private static async Task<Results<Ok<Page<UserView>>, ProblemHttpResult>> ReadPageAsync(
        People people, CancellationToken ct,
        [Description("How many at most, 1 to 200; 50 if left out.")] int? limit = null,
        [Description("The next of the page before.")] string? after = null)
    {
        if (!PageLimit.IsGood(limit))
        {
            return TypedResults.Problem(PageLimit.Problem, statusCode: 400);
        }

        if (!Cursor.TryRead<Guid>(List, after, out var last))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        int most = limit ?? PageLimit.Usual;
        var found = (await people.ListAsync(ct)).Where(u => last is not { } id || u.Id > id).OrderBy(u => u.Id).Take(most + 1).ToList();
        string? next = found.Count > most ? Cursor.Of(List, found[most - 1].Id.ToString()) : null;
        return TypedResults.Ok(new Page<UserView>([.. found.Take(most).Select(UserView.Of)], next));
    }

    private static async Task<Results<Ok<UserView>, ProblemHttpResult>> ReadAsync(Guid id, CurrentPerson person, People people, CancellationToken ct) =>
        (person.Rights.IsAdmin || person.Rights.UserId == id) && await people.FindAsync(id, ct) is { } user
            ? TypedResults.Ok(UserView.Of(user))
            : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<Created<CreatedUserView>, ProblemHttpResult>> CreateAsync(NewUser request, People people, CancellationToken ct)
    {
        if (!IsGoodName(request.DisplayName))
        {
            return TypedResults.Problem(BadName, statusCode: 400);
        }

        switch (await people.CreateAsync(request.Email ?? string.Empty, request.Role ?? Role.Viewer, request.Password, ct))
        {
            case CreateUser.Created(var user, var password):
                if (NameOf(request.DisplayName) is { } name)
                {
                    await people.SetDisplayNameAsync(user.Id, name, ct);
                    user.DisplayName = name;
                }

                var view = UserView.Of(user);
                return TypedResults.Created(
                    $"/api/v1/users/{user.Id}",
                    new CreatedUserView(view.Id, view.Email, view.DisplayName, view.Role, view.Disabled, view.TwoFactor, view.LastSignInAt, password));
            case CreateUser.AlreadyThere(var email):
                return TypedResults.Problem($"There is already a user with the e-mail address {email}.", statusCode: 409);
            case CreateUser.Refused(var reason):
                return TypedResults.Problem(reason, statusCode: 400);
            case var other:
                throw new UnreachableException(other.ToString());
        }
    }

    private static async Task<Results<Ok<UserView>, ProblemHttpResult>> ChangeAsync(Guid id, UserChange change, People people, TimeProvider time, CancellationToken ct)
    {
        if (change is { Role: null, Disabled: null, NamesName: false })
        {
            return TypedResults.Problem("Say what to change: role, disabled or displayName.", statusCode: 400);
        }

        if (!IsGoodName(change.DisplayName))
        {
            return TypedResults.Problem(BadName, statusCode: 400);
        }

        var outcome = await people.ChangeAsync(id, Apply, ct);
        return outcome == ChangeUser.Done && await people.FindAsync(id, ct) is { } user ? TypedResults.Ok(UserView.Of(user)) : Refusal(outcome);

        void Apply(User changed)
        {
            changed.Role = change.Role ?? changed.Role;
            changed.DisabledAt = change.Disabled switch { true => changed.DisabledAt ?? time.GetUtcNow(), false => null, null => changed.DisabledAt };
            changed.DisplayName = change.NamesName ? NameOf(change.DisplayName) : changed.DisplayName;
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(Guid id, Departure departure, CancellationToken ct) =>
        await departure.LeaveAsync(id, ct) is var outcome && outcome == ChangeUser.Done ? TypedResults.NoContent() : Refusal(outcome);

    private static async Task<Results<NoContent, ProblemHttpResult>> AssignAsync(
        Guid id, string slug, CurrentPerson person, VisibleStreamers streamers, People people, CancellationToken ct) =>
        await streamers.FindAsync(slug, person.Rights, ct) is { } row && await people.AssignAsync(id, row.BroadcasterUserId, ct)
            ? TypedResults.NoContent()
            : TypedResults.Problem("There is no such user or streamer.", statusCode: 404);

    private static async Task<Results<NoContent, ProblemHttpResult>> UnassignAsync(
        Guid id, string slug, CurrentPerson person, VisibleStreamers streamers, People people, CancellationToken ct) =>
        await streamers.FindAsync(slug, person.Rights, ct) is { } row && await people.UnassignAsync(id, row.BroadcasterUserId, ct)
            ? TypedResults.NoContent()
            : TypedResults.Problem("There is no such user or streamer, or it was not assigned.", statusCode: 404);

    private static ProblemHttpResult Refusal(ChangeUser outcome) => outcome == ChangeUser.LastAdmin
        ? TypedResults.Problem(LastAdmin, statusCode: 409)
        : TypedResults.Problem(NotThere, statusCode: 404);

    private static bool IsGoodName(string? name) => name is null || (name.Length <= NameLength && !name.Any(char.IsControl));

    private static string? NameOf(string? name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();
}
