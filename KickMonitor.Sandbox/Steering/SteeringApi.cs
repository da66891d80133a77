using System.Net;

namespace KickMonitor.Sandbox;

internal static class SteeringApi
{
    public static void MapSteering(this IEndpointRouteBuilder app)
    {
        var steering = app.MapGroup("/sandbox").AddEndpointFilter(OnlyFromHereAsync);
        steering.MapSteeringPage();

        var control = steering.MapGroup("/api");
        control.MapStreamersControl();
        control.MapFaultsControl();
        control.MapRequestsControl();
        control.MapWebhooksControl();
        control.MapPost("/reset", (World world, Faults faults, RequestHistory requests, AppTokens tokens, KickGrants grants, TwitchGrants twitch, EventSubscriptions subscriptions, WebhookFaults webhookFaults) =>
        {
            world.Reset();
            faults.Reset();
            requests.Clear();
            tokens.RevokeAll();
            subscriptions.RemoveAll();
            webhookFaults.Reset();
            grants.Forget();
            twitch.Forget();
        });
    }

    // Listening on loopback keeps strangers out, but not the pages a browser on this machine shows: those come with
    // their own host name or say that they are another site.
    private static async ValueTask<object?> OnlyFromHereAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        var host = request.Host.Host;
        var isHere = host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
        var isOurs = HttpMethods.IsGet(request.Method) || request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin";
        return isHere && isOurs ? await next(context) : TypedResults.StatusCode(StatusCodes.Status403Forbidden);
    }
}
