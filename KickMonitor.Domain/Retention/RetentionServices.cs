using KickMonitor.Domain.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Retention;

public static class RetentionServices
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddLiveOptions<RetentionOptions>(RetentionOptions.Section, "Keeping");
        services.AddSingleton<Retention>();
        services.AddSingleton<Erasure>();
        return services;
    }
}
