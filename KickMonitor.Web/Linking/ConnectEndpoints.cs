using System.Diagnostics;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Primitives;

namespace KickMonitor.Web.Linking;

/// <summary>Sends people to a provider and receives them from there.</summary>
public static class ConnectEndpoints
{
    public const string LinksPage = "/settings/links";

    public static void MapConnect(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/connect/{provider}", StartAsync).AddEndpointFilter(LimitAsync).ExcludeFromDescription();

        // Whoever comes back signed out must not be sent to sign in with the code in the address.
        endpoints.MapGet("/connect/{provider}/callback", FinishAsync).AllowAnonymous().AddEndpointFilter(LimitAsync).ExcludeFromDescription();
    }

    public static string RedirectUri(this PublicAddress address, Provider provider) => address.To($"/connect/{provider.Name}/callback");

    /// <returns>The provider's name, if this is the address that it sends people back to.</returns>
    public static string? ProviderOfCallback(string? path) => path?.Split('/') is ["", "connect", var provider, "callback"] ? provider : null;

    private static async ValueTask<object?> LimitAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.RequestServices.GetRequiredService<ConnectLimit>().MayPass(context.HttpContext) ? await next(context) : Results.StatusCode(StatusCodes.Status429TooManyRequests);

    private static async Task<IResult> StartAsync(
        string provider, HttpContext context, Providers providers, LinkFlow flow, PublicAddress address, BrowserSecret browser, Rights rights, Sessions sessions, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.BadRequest();
        }

        if (providers.Find(provider) is not { } found)
        {
            return Results.NotFound();
        }

        if (rights.Of(context.User) is not { } person)
        {
            return Results.Unauthorized();
        }

        // A link of an Admin is worth more.
        if (person.IsAdmin && !await sessions.IsFreshAsync(context.User, context.RequestAborted))
        {
            return SeeOther(context, ProblemPage(found, LinkProblem.SignInFirst));
        }

        string returnPath = LocalAddress.Of(context.Request.Form["returnUrl"] is [{ Length: > 0 } wanted] ? wanted : LinksPage);
        return await flow.StartAsync(found, person.UserId, browser.Ensure(context), address.RedirectUri(found), returnPath, context.RequestAborted) switch
        {
            StartLink.Go(var where) => SeeOther(context, where.AbsoluteUri),
            StartLink.Refused { Problem: LinkProblem.TooMany } => Results.StatusCode(StatusCodes.Status429TooManyRequests),
            StartLink.Refused refused => SeeOther(context, ProblemPage(found, refused.Problem)),
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<IResult> FinishAsync(string provider, HttpContext context, Providers providers, LinkFlow flow, BrowserSecret browser, Rights rights)
    {
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
        if (providers.Find(provider) is not { } found)
        {
            return Results.NotFound();
        }

        var query = context.Request.Query;
        bool isDoubled = query.Any(parameter => parameter.Value.Count > 1);
        var back = new Return(
            provider, isDoubled ? null : One(query["state"]), One(query["code"]), One(query["error"]), One(query["iss"]), browser.Read(context), rights.Of(context.User)?.UserId);
        switch (await flow.FinishAsync(found, back, context.RequestAborted))
        {
            case LinkOutcome.Linked linked:
                browser.Forget(context);
                return SeeOther(context, linked.ReturnPath == LinksPage ? $"{LinksPage}?linked={found.Name}" : linked.ReturnPath);
            case LinkOutcome.Refused { Problem: LinkProblem.Malformed }:
                // The page of refusals knows the words.
                return Results.BadRequest();
            case LinkOutcome.Refused refused:
                return SeeOther(context, ProblemPage(found, refused.Problem));
            default:
                throw new UnreachableException();
        }
    }

    private static string ProblemPage(Provider provider, LinkProblem problem) =>
        $"/connect/{provider.Name}/problem?why={problem}&trace={Activity.Current?.TraceId.ToHexString()[..12]}";

    private static string? One(StringValues values) => values is [{ Length: > 0 } one] ? one : null;

    /// <summary>303: what follows is a GET, and the form is not sent there.</summary>
    private static IResult SeeOther(HttpContext context, string address)
    {
        context.Response.Headers.Location = address;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
