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
        principal.UserId() is { } id && rights.Of(id) is { IsDisabled: false } found ? found : null;
}

/// <summary>The person still exists, is not disabled, and has the role now.</summary>
public sealed class MayEnter(bool adminOnly) : IAuthorizationRequirement
{
    public bool AdminOnly => adminOnly;
}

public sealed class MayEnterHandler(Rights rights) : AuthorizationHandler<MayEnter>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, MayEnter requirement)
    {
        if (rights.Of(context.User) is { } person && (!requirement.AdminOnly || person.IsAdmin))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
