using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Authorization;

namespace KickMonitor.Web.Accounts;

/// <summary>Who may come in. Everything that does not say otherwise needs a person who is signed in or a token.</summary>
public static class Access
{
    /// <summary>A personal API token in the Authorization header (or the access_token query, for the hub).</summary>
    public const string TokenScheme = "Token";

    /// <summary>Cookie or token, whichever the request brings.</summary>
    public const string AnyScheme = "Any";

    public const string Admin = "Admin";

    public static Guid? UserId(this ClaimsPrincipal principal) =>
        Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? id : null;

    /// <summary>The session that a cookie names; programs with tokens have none.</summary>
    public static Guid? SessionId(this ClaimsPrincipal principal) =>
        Guid.TryParse(principal.FindFirstValue(Sessions.Claim), out var id) ? id : null;

    /// <summary>What the signed-in person may do now, whatever their cookie or token said when it was made.</summary>
    /// <returns>Null for nobody, and for people who were deleted or disabled since.</returns>
    public static UserRights? Of(this Rights rights, ClaimsPrincipal principal) =>
        principal.UserId() is { } id && rights.Of(id) is { IsDisabled: false } found && MayView(rights, principal) ? found : null;

    /// <summary>Who looks at the place as somebody else is still an Admin.</summary>
    private static bool MayView(Rights rights, ClaimsPrincipal principal) =>
        principal.FindFirstValue(ViewAs.Claim) is not { } viewer || (Guid.TryParse(viewer, out var id) && rights.Of(id) is { IsAdmin: true });
}

/// <summary>The scope that a token needs for a route. Tokens open no route that names none; cookies are not concerned.</summary>
public sealed record NeedsScope(TokenScope Scope);

public static class ScopeRules
{
    /// <summary>Lets tokens with this scope use these routes. The last one that is named holds.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder routes, TokenScope scope)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new NeedsScope(scope));

    public static bool IsToken(this ClaimsPrincipal principal) => principal.HasClaim(c => c.Type == TokenSignIn.TokenIdClaim);

    public static bool HasScope(this ClaimsPrincipal principal, TokenScope scope) => principal.HasClaim(TokenSignIn.ScopeClaim, TokenScopes.NameOf(scope));

    /// <summary>Whether whoever it is came by cookie, or with a token that is good for this route. Where nothing is there is nothing to open.</summary>
    public static bool MayUse(this ClaimsPrincipal principal, Endpoint? route) =>
        !principal.IsToken() || route is not RouteEndpoint || (route.Metadata.GetMetadata<NeedsScope>() is { } needs && principal.HasScope(needs.Scope));
}

/// <summary>The person still exists, is not disabled, and has the role now; a token is good for the route.</summary>
public sealed class MayEnter(bool adminOnly) : IAuthorizationRequirement
{
    public bool AdminOnly => adminOnly;
}

public sealed class MayEnterHandler(Rights rights) : AuthorizationHandler<MayEnter>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, MayEnter requirement)
    {
        if (rights.Of(context.User) is { } person && (!requirement.AdminOnly || person.IsAdmin)
            && (context.Resource is not HttpContext http || context.User.MayUse(http.GetEndpoint())))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
