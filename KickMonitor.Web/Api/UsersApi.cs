using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Serialization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

public sealed record UserView(Guid Id, string Email, string? DisplayName, Role Role, bool Disabled, bool TwoFactor, DateTimeOffset? LastSignInAt)
{
    public static UserView Of(User user) =>
        new(user.Id, user.Email ?? string.Empty, user.DisplayName, user.Role, user.IsDisabled, user.TwoFactorEnabled, user.LastSignInAt);

    public static UserView Of(PersonRow row) => new(row.Id, row.Email, row.DisplayName, row.Role, row.IsDisabled, row.TwoFactor, row.LastSignInAt);
}

/// <summary>A user who was just created.</summary>
/// <param name="GeneratedPassword">Only if the request named no password. It is shown this once, and must be changed at the first sign-in.</param>
/// <param name="EntryLink">Only if the request invites. It works once, for a week, and is shown this once.</param>
/// <param name="Mail">Only if the request wants the link sent: "sent", or why it was not. The link works either way.</param>
public sealed record CreatedUserView(
    Guid Id, string Email, string? DisplayName, Role Role, bool Disabled, bool TwoFactor, DateTimeOffset? LastSignInAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? GeneratedPassword = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? EntryLink = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Mail = null);

/// <summary>A link that works once. It is shown this once.</summary>
/// <param name="Mail">Only if the request wants it sent: "sent", or why it was not. The link works either way.</param>
public sealed record EntryLinkView(string Link, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Mail = null);

/// <summary>A password that opens nothing but the page where its owner chooses another. It is shown this once.</summary>
public sealed record TemporaryPasswordView(string Password);

/// <summary>Whom to create.</summary>
/// <param name="Role">viewer if left out.</param>
/// <param name="Password">Generated if left out.</param>
/// <param name="Invite">No password: the answer holds a one-time link by which they choose one.</param>
/// <param name="Send">Also sends that link by e-mail.</param>
public sealed record NewUser(string? Email, Role? Role = null, string? Password = null, string? DisplayName = null, bool Invite = false, bool Send = false);

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
    private const string NotThere = "There is no such user.";
    private const string LastAdmin = "This is the last Admin, who cannot be removed, demoted or disabled.";

    public static void MapUsers(this IEndpointRouteBuilder api)
    {
        var users = api.MapGroup("/users").WithTags("Users").RequireScope(TokenScope.Users);
        users.MapGet("/{id:guid}", ReadAsync).WithSummary("Read one user").WithDescription("Everybody can read themselves; Admins everybody.").ProducesProblem(404);

        var admin = users.MapGroup("/").RequireAuthorization(Access.Admin).ProducesProblem(403).AddEndpointFilter(GuardAsync);
        admin.MapGet("/", ReadPageAsync).WithSummary("List the users").ProducesProblem(400);
        admin.MapPost("/", CreateAsync).WithSummary("Create a user").ProducesProblem(400).ProducesProblem(409);
        admin.MapPatch("/{id:guid}", ChangeAsync).WithSummary("Change a user's role, name or access").WithDescription("Acts at once on sessions, the hub and tokens.")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).TakesIfMatch();
        admin.MapDelete("/{id:guid}", DeleteAsync).WithSummary("Delete a user, with their tokens and assignments").ProducesProblem(404).ProducesProblem(409).TakesIfMatch();
        admin.MapPost("/{id:guid}/entry-link", MakeLinkAsync).WithSummary("Make a one-time link by which a user chooses a password").ProducesProblem(400).ProducesProblem(404);
        admin.MapPost("/{id:guid}/temporary-password", SetTemporaryPasswordAsync).WithSummary("Give a user a password that they must change at once")
            .WithDescription("Ends all their sessions.").ProducesProblem(404);
        admin.MapPost("/{id:guid}/sign-out", SignOutAsync).WithSummary("Sign a user out everywhere").ProducesProblem(404);
        admin.MapDelete("/{id:guid}/second-step", EndSecondStepAsync).WithSummary("Take away the second step of a user who lost it").ProducesProblem(404);
    }

    /// <summary>
    /// A token for managing people must not grow into one for everything, by way of an Admin whom it makes or whose place it
    /// takes, and neither must a session that was left open; and nobody takes away their own password, second step or account here,
    /// where no password is asked for.
    /// </summary>
    private static async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var context = call.HttpContext;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            return await next(call);
        }

        var target = Guid.TryParse(context.Request.RouteValues["id"]?.ToString(), out var id)
            ? await context.RequestServices.GetRequiredService<People>().FindAsync(id, context.RequestAborted) : null;

        // The route and not the address, which can be written in more ways than one.
        string what = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.RawText!.TrimEnd('/').Split('/')[^1];
        bool isWayIn = what is "entry-link" or "temporary-password" or "second-step";
        bool isDeletion = HttpMethods.IsDelete(context.Request.Method) && what == "{id:guid}";
        if ((isWayIn || (isDeletion && !context.User.IsToken())) && target is not null && target.Id == context.User.UserId())
        {
            return TypedResults.Problem("Change your own account under /settings, where your password is asked for.", statusCode: 403);
        }

        bool concernsAdmin = target is { Role: Role.Admin } || call.Arguments.Any(a => a is NewUser { Role: Role.Admin } or UserChange { Role: Role.Admin });
        if (concernsAdmin && context.User.IsToken() && !context.User.HasScope(TokenScope.Admin))
        {
            return TypedResults.Problem("Whatever concerns Admins needs a token with the scope \"admin\".", statusCode: 403);
        }

        return concernsAdmin && !context.User.IsToken() && !await context.RequestServices.GetRequiredService<Sessions>().IsFreshAsync(context.User, context.RequestAborted)
            ? TypedResults.Problem("Whatever concerns Admins needs somebody who signed in within the last hour.", statusCode: 403)
            : await next(call);
    }

    private static async Task<Results<Ok<Page<UserView>>, ProblemHttpResult>> ReadPageAsync(
        PeopleList people, CancellationToken ct,
        [Description("Part of the e-mail address or the name.")] string? search = null,
        [Description("viewer, user or admin.")] string? role = null,
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

        Role? wanted = null;
        if (role is not null)
        {
            if (!SnakeCase<Role>.TryParse(role, out var parsed))
            {
                return TypedResults.Problem("role must be viewer, user or admin.", statusCode: 400);
            }

            wanted = parsed;
        }

        int most = limit ?? PageLimit.Usual;
        var found = await people.AfterAsync(last, search, wanted, most + 1, ct);
        string? next = found.Count > most ? Cursor.Of(List, found[most - 1].Id.ToString()) : null;
        return TypedResults.Ok(new Page<UserView>([.. found.Take(most).Select(UserView.Of)], next));
    }

    private static async Task<Results<Ok<UserView>, ProblemHttpResult>> ReadAsync(Guid id, CurrentPerson person, People people, HttpResponse response, CancellationToken ct)
    {
        if (!(person.Rights.IsAdmin || person.Rights.UserId == id) || await people.FindAsync(id, ct) is not { } user)
        {
            return TypedResults.Problem(NotThere, statusCode: 404);
        }

        response.SetETag(user.ConcurrencyStamp);
        return TypedResults.Ok(UserView.Of(user));
    }

    private static async Task<Results<Created<CreatedUserView>, ProblemHttpResult>> CreateAsync(NewUser request, People people, EntryLinks links, PublicAddress address, Mail mail, CancellationToken ct)
    {
        if (!User.IsName(request.DisplayName))
        {
            return TypedResults.Problem(User.BadName, statusCode: 400);
        }

        if (request is { Invite: true, Password: not null })
        {
            return TypedResults.Problem("Who is invited chooses a password; leave it out.", statusCode: 400);
        }

        if (request is { Send: true, Invite: false })
        {
            return TypedResults.Problem("Only the link of an invitation is sent; say invite too.", statusCode: 400);
        }

        if (request.Send && !mail.IsConfigured)
        {
            return TypedResults.Problem(Mail.NotConfigured, statusCode: 400);
        }

        var (email, role, name) = (request.Email ?? string.Empty, request.Role ?? Role.Viewer, NameOf(request.DisplayName));
        switch (request.Invite ? await people.InviteAsync(email, role, name, ct) : await people.CreateAsync(email, role, request.Password, ct, name))
        {
            case CreateUser.Created(var user, var password):
                string? link = request.Invite && await links.CreateAsync(user.Id, ct) is { } code ? address.To(EntryLinks.Path + code) : null;
                string? sent = request.Send && link is not null ? await SendAsync(mail, user.Email!, link, ct) : null;
                var view = UserView.Of(user);
                return TypedResults.Created(
                    $"/api/v1/users/{user.Id}",
                    new CreatedUserView(view.Id, view.Email, view.DisplayName, view.Role, view.Disabled, view.TwoFactor, view.LastSignInAt, password, link, sent));
            case CreateUser.AlreadyThere(var taken):
                return TypedResults.Problem($"There is already a user with the e-mail address {taken}.", statusCode: 409);
            case CreateUser.Refused(var reason):
                return TypedResults.Problem(reason, statusCode: 400);
            case var other:
                throw new UnreachableException(other.ToString());
        }
    }

    private static async Task<Results<Ok<UserView>, ProblemHttpResult>> ChangeAsync(
        Guid id, UserChange change, IfMatch ifMatch, People people, Audit audit, TimeProvider time, HttpResponse response, CancellationToken ct)
    {
        if (change is { Role: null, Disabled: null, NamesName: false })
        {
            return TypedResults.Problem("Say what to change: role, disabled or displayName.", statusCode: 400);
        }

        if (!User.IsName(change.DisplayName))
        {
            return TypedResults.Problem(User.BadName, statusCode: 400);
        }

        var outcome = await people.ChangeAsync(id, Apply, ct, ifMatch.Allows);
        if (outcome != ChangeUser.Done || await people.FindAsync(id, ct) is not { } user)
        {
            return await RefusalAsync(outcome, id, audit, ct);
        }

        response.SetETag(user.ConcurrencyStamp);
        return TypedResults.Ok(UserView.Of(user));

        void Apply(User changed)
        {
            changed.Role = change.Role ?? changed.Role;
            changed.DisabledAt = change.Disabled switch { true => changed.DisabledAt ?? time.GetUtcNow(), false => null, null => changed.DisabledAt };
            changed.DisplayName = change.NamesName ? NameOf(change.DisplayName) : changed.DisplayName;
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(Guid id, IfMatch ifMatch, Departure departure, Audit audit, CancellationToken ct) =>
        await departure.LeaveAsync(id, ct, ifMatch.Allows) is var outcome && outcome == ChangeUser.Done ? TypedResults.NoContent() : await RefusalAsync(outcome, id, audit, ct);

    private static async Task<Results<Ok<EntryLinkView>, ProblemHttpResult>> MakeLinkAsync(
        Guid id, People people, EntryLinks links, PublicAddress address, Mail mail, CancellationToken ct,
        [Description("Also sends it by e-mail.")] bool send = false)
    {
        if (send && !mail.IsConfigured)
        {
            return TypedResults.Problem(Mail.NotConfigured, statusCode: 400);
        }

        if (await people.FindAsync(id, ct) is not { } user || await links.CreateAsync(id, ct) is not { } code)
        {
            return TypedResults.Problem(NotThere, statusCode: 404);
        }

        string link = address.To(EntryLinks.Path + code);
        return TypedResults.Ok(new EntryLinkView(link, send ? await SendAsync(mail, user.Email!, link, ct) : null));
    }

    private static async Task<string> SendAsync(Mail mail, string to, string link, CancellationToken ct) => await mail.SendLinkAsync(to, link, ct) ?? "sent";

    private static async Task<Results<Ok<TemporaryPasswordView>, ProblemHttpResult>> SetTemporaryPasswordAsync(Guid id, EntryLinks links, CancellationToken ct) =>
        await links.SetTemporaryPasswordAsync(id, ct) is { } password ? TypedResults.Ok(new TemporaryPasswordView(password)) : TypedResults.Problem(NotThere, statusCode: 404);

    private static async Task<Results<NoContent, ProblemHttpResult>> SignOutAsync(Guid id, People people, EntryLinks links, CancellationToken ct)
    {
        if (await people.FindAsync(id, ct) is not { } user)
        {
            return TypedResults.Problem(NotThere, statusCode: 404);
        }

        await links.SignOutEverywhereAsync(user, ct);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> EndSecondStepAsync(Guid id, EntryLinks links, CancellationToken ct) =>
        await links.EndSecondStepAsync(id, ct) ? TypedResults.NoContent() : TypedResults.Problem("There is no such user, or they have no second step.", statusCode: 404);

    private static async Task<ProblemHttpResult> RefusalAsync(ChangeUser outcome, Guid id, Audit audit, CancellationToken ct) => outcome switch
    {
        ChangeUser.LastAdmin => TypedResults.Problem(LastAdmin, statusCode: 409),
        ChangeUser.Stale => IfMatch.Failed(await audit.ChangedMeanwhileAsync(id.ToString(), People.Verbs, ct)),
        _ => TypedResults.Problem(NotThere, statusCode: 404),
    };

    private static string? NameOf(string? name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();
}
