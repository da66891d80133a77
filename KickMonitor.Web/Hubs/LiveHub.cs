using KickMonitor.Web.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace KickMonitor.Web.Hubs;

/// <summary>Live changes for programs. It only speaks: there is nothing that a client could call.</summary>
[Authorize]
public sealed class LiveHub(LiveHubFeed feed) : Hub
{
    public const string Path = "/hubs/live";

    /// <summary>Clients have nothing to say but the handshake and signs of life.</summary>
    public const int LongestMessage = 4 * 1024;

    public static void Map(IEndpointRouteBuilder app)
    {
        var hub = app.MapHub<LiveHub>(Path, options =>
        {
            options.CloseOnAuthenticationExpiration = true;
            options.TransportSendTimeout = TimeSpan.FromSeconds(5);
        });
        hub.RequireAuthorization();
        hub.Add(RefuseForeignPages);
    }

    public override Task OnConnectedAsync() => feed.JoinAsync(Context);

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        feed.Leave(Context);
        return Task.CompletedTask;
    }

    /// <summary>Browsers let any page open a WebSocket to anywhere, with cookies.</summary>
    private static void RefuseForeignPages(EndpointBuilder endpoint)
    {
        var connect = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context =>
        {
            if (!context.RequestServices.GetRequiredService<SameOrigin>().IsForeign(context.Request))
            {
                return connect(context);
            }

            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }
}
