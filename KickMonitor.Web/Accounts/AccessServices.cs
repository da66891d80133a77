using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

public static class AccessServices
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddAuthentication(options =>
            {
                options.DefaultScheme = Access.AnyScheme;
                options.DefaultSignInScheme = IdentityConstants.ApplicationScheme;
                options.DefaultChallengeScheme = Access.AnyScheme;
            })
            .AddPolicyScheme(Access.AnyScheme, null, options => options.ForwardDefaultSelector = context =>
                TokenSignIn.TokenOf(context.Request) is null ? IdentityConstants.ApplicationScheme : Access.TokenScheme)
            .AddScheme<AuthenticationSchemeOptions, TokenSignIn>(Access.TokenScheme, null)
            .AddIdentityCookies();
        services.ConfigureApplicationCookie(ConfigureCookie);
        services.AddHostCookies();
        services.AddPasskeys();
        services.AddSingleton<SignInLimits>();
        services.AddScoped<PasswordSignIn>();
        services.AddSingleton<KnownBrowser>();
        services.AddSingleton<PendingSecondStep>();
        services.AddSingleton<ViewAs>();
        services.AddSingleton<IAuthorizationHandler, MayEnterHandler>();
        services.AddAuthorizationBuilder()
            .SetDefaultPolicy(Policy(adminOnly: false))
            .SetFallbackPolicy(Policy(adminOnly: false))
            .AddPolicy(Access.Admin, Policy(adminOnly: true));
        return services;
    }

    private static AuthorizationPolicy Policy(bool adminOnly) =>
        new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new MayEnter(adminOnly)).Build();

    private static void ConfigureCookie(CookieAuthenticationOptions options)
    {
        options.ExpireTimeSpan = TimeSpan.FromDays(14);
        options.SlidingExpiration = true;
        options.LoginPath = "/signin";
        options.LogoutPath = "/signout";
        options.AccessDeniedPath = "/denied";
        options.ReturnUrlParameter = "returnUrl";
        options.Events.OnValidatePrincipal = CheckStampAsync;
        options.Events.OnSigningIn = BeginSessionAsync;
        options.Events.OnSigningOut = EndSessionAsync;
        options.Events.OnRedirectToLogin = context => AnswerAsync(context, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = context => AnswerAsync(context, StatusCodes.Status403Forbidden);
    }

    /// <summary>A cookie is as good as the person's rights are now: a change of password, role or state ends it.</summary>
    private static async Task CheckStampAsync(CookieValidatePrincipalContext context)
    {
        var rights = context.HttpContext.RequestServices.GetRequiredService<Rights>();
        if (context.Principal is not { } principal || !await HasStampAsync(rights, principal, context.HttpContext.RequestAborted) || rights.Of(principal) is null
            || !await context.HttpContext.RequestServices.GetRequiredService<Sessions>().LivesAsync(principal.SessionId() ?? Guid.Empty, context.HttpContext.RequestAborted))
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
            return;
        }

        await context.HttpContext.RequestServices.GetRequiredService<ViewAs>().ApplyAsync(context);
    }

    /// <summary>Every sign-in is a session of its own, whatever cookie the browser had before.</summary>
    private static async Task BeginSessionAsync(CookieSigningInContext context)
    {
        var (http, sessions) = (context.HttpContext, context.HttpContext.RequestServices.GetRequiredService<Sessions>());
        if (context.Principal is not { Identity: ClaimsIdentity identity } principal || principal.UserId() is not { } user)
        {
            return;
        }

        await EndAsync(http, sessions);
        var session = await sessions.BeginAsync(user, http.Connection.RemoteIpAddress?.ToString(), http.Request.Headers.UserAgent, http.RequestAborted);
        foreach (var old in identity.FindAll(Sessions.Claim).ToList())
        {
            identity.RemoveClaim(old);
        }

        identity.AddClaim(new Claim(Sessions.Claim, session.ToString()));
        http.RequestServices.GetRequiredService<KnownBrowser>().Remember(http, user, principal.FindFirstValue(new ClaimsIdentityOptions().SecurityStampClaimType));
    }

    private static Task EndSessionAsync(CookieSigningOutContext context) =>
        EndAsync(context.HttpContext, context.HttpContext.RequestServices.GetRequiredService<Sessions>());

    private static Task EndAsync(HttpContext http, Sessions sessions)
    {
        http.RequestServices.GetRequiredService<ViewAs>().Forget(http);
        return http.User.SessionId() is { } session && OwnerOf(http.User) is { } user ? sessions.EndAsync(session, user, http.RequestAborted) : Task.CompletedTask;
    }

    /// <summary>The session of somebody who views as another is their own.</summary>
    private static Guid? OwnerOf(ClaimsPrincipal person) => Guid.TryParse(person.FindFirstValue(ViewAs.Claim), out var viewer) ? viewer : person.UserId();

    private static async ValueTask<bool> HasStampAsync(Rights rights, ClaimsPrincipal principal, CancellationToken ct) =>
        principal.UserId() is { } user && principal.FindFirstValue(new ClaimsIdentityOptions().SecurityStampClaimType) is { } stamp
        && await rights.OfAsync(user, stamp, ct) is not null;

    /// <summary>Programs get a status; people a page.</summary>
    private static Task AnswerAsync(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        var request = context.Request;
        bool isPage = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (request.Path.StartsWithSegments("/api") || request.Path.StartsWithSegments("/hubs") || request.Path.StartsWithSegments("/metrics") || (!isPage && status == StatusCodes.Status401Unauthorized))
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }

        if (status == StatusCodes.Status403Forbidden)
        {
            // The denied page is shown in place, with the status that it means.
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }

        context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }
}
