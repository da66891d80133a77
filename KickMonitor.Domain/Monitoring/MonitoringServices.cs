using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace KickMonitor.Domain.Monitoring;

public static class MonitoringServices
{
    public static IServiceCollection AddMonitoring(this IServiceCollection services)
    {
        services.AddFlags();
        services.AddLiveOptions<MonitorOptions>(MonitorOptions.Section, "Monitoring");
        services.TryAddSingleton(NodeName.Create());
        services.AddSingleton<Merge>();
        services.AddSingleton<Sweep>();
        services.AddSingleton<SourceLog>();
        services.AddSingleton<NodeLog>();
        services.AddSingleton<LiveBoard>();
        services.AddSingleton<History>();
        services.AddSingleton<StatusReport>();
        return services;
    }
}
