using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Configuration;

public static class ConfigurationServices
{
    /// <summary>Settings that can be changed at run time. Needs storage, accounts, data protection, and <see cref="StoredSettings"/> in the configuration.</summary>
    public static IServiceCollection AddSettings(this IServiceCollection services)
    {
        services.AddSingleton<SettingCatalog>();
        services.AddSingleton<SettingStore>();
        services.AddSingleton<SealedRows, SealedSettings>();
        return services;
    }
}
