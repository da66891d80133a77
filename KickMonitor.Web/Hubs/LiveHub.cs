using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
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
        hub.RequireAuthorization().RequireScope(TokenScope.Read);
        hub.Add(endpoint => endpoint.RequestDelegate = SameOrigin.Refusing(endpoint.RequestDelegate!));
    }

    public override Task OnConnectedAsync() => feed.JoinAsync(Context);

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        feed.Leave(Context);
        return Task.CompletedTask;
    }
}
