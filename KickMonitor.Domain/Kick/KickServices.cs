using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Kick;

public static class KickServices
{
    public static IServiceCollection AddKick(this IServiceCollection services)
    {
        services.AddLiveOptions<KickOptions>(KickOptions.Section, "Kick");
        services.AddSingleton(p =>
        {
            var monitor = p.GetRequiredService<MonitorOptions>();
            return new RequestBudget(() => monitor.RequestsPerSecond, p.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton(p =>
        {
            var monitor = p.GetRequiredService<MonitorOptions>();
            return new KickTransport(Http(), p.GetRequiredService<RequestBudget>(), p.GetRequiredService<TimeProvider>(), () => monitor.IntervalSpan);
        });
        services.AddSingleton<AppToken>();
        services.AddSingleton<KickClient>();
        return services;
    }

    private static HttpClient Http()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(4),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 8,
            UseCookies = false,
        };
        var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("KickMonitor/" + BuildInfo.Version);
        return http;
    }
}
