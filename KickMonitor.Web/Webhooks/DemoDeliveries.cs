using KickMonitor.Domain.Kick;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KickMonitor.Web.Webhooks;

/// <summary>In demo mode the stand-in delivers to wherever this server came to listen.</summary>
public sealed class DemoDeliveries(IServiceProvider services, IServer server, KickOptions kick, IHostApplicationLifetime life) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<Demo>() is { } demo)
        {
            life.ApplicationStarted.Register(() =>
            {
                string? address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(a => a.StartsWith("http:", StringComparison.Ordinal));
                if (address is not null)
                {
                    demo.DeliverTo(new UriBuilder(address.Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal)) { Path = kick.WebhookPath }.Uri);
                }
            });
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
