using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace KickMonitor.Web.Accounts;

/// <summary>Says for whom the work of a request, or of a page's event, is done; and stops what that person must not do yet.</summary>
public static class Acting
{
    private const string PasswordPage = "/settings/security";

    public static Actor ActorOf(this ClaimsPrincipal person, string? address = null) => person.UserId() is not { } id
        ? new Actor(UserId: null, "visitor", "browser", address)
        : new Actor(id, person.Identity?.Name, person.FindFirstValue(TokenSignIn.TokenPrefixClaim) is { } token ? $"token {token}…" : "browser", address, person.SessionId())
        {
            IsReadOnly = ViewAs.IsViewing(person),
        };

    /// <summary>Must come after authentication.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        Actor.Current = context.User.ActorOf(context.Connection.RemoteIpAddress?.ToString());
        if (context.Request.Path == SignOut.Path)
        {
            // Ending the view by ending the session writes in the Admin's own name.
            Actor.Current = Actor.Current with { IsReadOnly = false };
        }

        return ViewAs.IsViewing(context.User) && Changes(context.Request) ? RefuseAsync(context, "You are viewing as somebody else: nothing can be changed.")
            : MustChooseFirst(context) ? SendToPasswordAsync(context)
            : next(context);
    });

    private static bool Changes(HttpRequest request) => request.Path.StartsWithSegments("/connect")
        || (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method)
            && !request.Path.StartsWithSegments("/_blazor") && !request.Path.StartsWithSegments("/hubs") && request.Path != ViewAs.StopPath && request.Path != SignOut.Path);

    /// <summary>Who got a password from somebody else opens nothing with it but the page where they choose their own. Tokens are not concerned.</summary>
    private static bool MustChooseFirst(HttpContext context) =>
        !context.User.IsToken() && context.User.UserId() is { } id && context.RequestServices.GetRequiredService<Rights>().Of(id) is { MustChangePassword: true }
        && !ViewAs.IsViewing(context.User) && !context.Request.Path.StartsWithSegments(PasswordPage) && !context.Request.Path.StartsWithSegments("/signout")
        && (context.GetEndpoint() is null || context.GetEndpoint()?.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is null);

    private static Task SendToPasswordAsync(HttpContext context)
    {
        bool isPage = HttpMethods.IsGet(context.Request.Method) && !context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/_blazor") && !context.Request.Path.StartsWithSegments("/hubs");
        if (!isPage)
        {
            return RefuseAsync(context, "Choose a password of your own first.");
        }

        context.Response.Redirect(PasswordPage);
        return Task.CompletedTask;
    }

    private static Task RefuseAsync(HttpContext context, string why) =>
        TypedResults.Problem(why, statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
}

/// <summary>The same for what people do on an open page.</summary>
public sealed class ActingCircuit(CircuitPerson person) : CircuitHandler
{
    // A page confirms each drawing, which is an activity, too: who it is for is worked out once.
    private (ClaimsPrincipal Person, Actor Actor)? _known;

    public override Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        person.Watch();
        return Task.CompletedTask;
    }

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async activity =>
    {
        var now = (await person.GetAuthenticationStateAsync()).User;
        var known = _known is { } last && ReferenceEquals(last.Person, now) ? last : (now, now.ActorOf());
        (_known, Actor.Current) = (known, known.Item2);
        await next(activity);
    };
}
