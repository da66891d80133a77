using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace KickMonitor.Web.Accounts;

/// <summary>Says for whom the work of a request, or of a page's event, is done.</summary>
public static class Acting
{
    public static Actor ActorOf(this ClaimsPrincipal person, string? address = null) => person.UserId() is not { } id
        ? Actor.System with { Name = "nobody", Via = "browser", Address = address }
        : new Actor(id, person.Identity?.Name, person.FindFirstValue(TokenSignIn.TokenPrefixClaim) is { } token ? $"token {token}…" : "browser", address, person.SessionId());

    /// <summary>Must come after authentication.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        Actor.Current = context.User.ActorOf(context.Connection.RemoteIpAddress?.ToString());
        return next(context);
    });
}

/// <summary>The same for what people do on an open page.</summary>
public sealed class ActingCircuit(AuthenticationStateProvider person) : CircuitHandler
{
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async activity =>
    {
        Actor.Current = (await person.GetAuthenticationStateAsync()).User.ActorOf();
        await next(activity);
    };
}
