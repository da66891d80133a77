using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KickMonitor.Domain.Linking;

public static class LinkingServices
{
    /// <summary>Needs storage, Kick, streamers, accounts and data protection.</summary>
    public static IServiceCollection AddLinking(this IServiceCollection services)
    {
        services.AddOptions<TwitchOptions>().BindConfiguration(TwitchOptions.Section).ValidateDataAnnotations();
        services.AddSingleton(p => p.GetRequiredService<IOptions<TwitchOptions>>().Value);
        services.AddSingleton(p => new ProviderHttp(ProviderHttp.Client(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Provider, KickProvider>();
        services.AddSingleton<Provider, TwitchProvider>();
        services.AddSingleton<Providers>();
        services.AddSingleton<TokenSeal>();
        services.AddSingleton<ChannelClaims>();
        services.AddSingleton<LinkFlow>();
        services.AddSingleton<TokenVault>();
        services.AddSingleton<Revocations>();
        services.AddSingleton<Links>();
        services.AddSingleton<LinkKeeper>();
        services.AddSingleton<Departure>();
        return services;
    }
}
