using KickMonitor.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KickMonitor.Domain.Kick;

public static class KickServices
{
    public static IServiceCollection AddKick(this IServiceCollection services)
    {
        services.AddOptions<KickOptions>().BindConfiguration(KickOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(p => p.GetRequiredService<IOptions<KickOptions>>().Value);
        services.AddSingleton(p => new RequestBudget(p.GetRequiredService<MonitorOptions>().RequestsPerSecond, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new KickTransport(
            Http(), p.GetRequiredService<RequestBudget>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<MonitorOptions>().IntervalSpan));
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
