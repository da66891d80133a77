using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace KickMonitor.Domain.Monitoring;

public static class MonitoringServices
{
    public static IServiceCollection AddMonitoring(this IServiceCollection services)
    {
        services.AddOptions<MonitorOptions>().BindConfiguration(MonitorOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(p => p.GetRequiredService<IOptions<MonitorOptions>>().Value);
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
