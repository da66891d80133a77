using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Linking;

public static class LinkingServices
{
    /// <summary>Needs storage, Kick, streamers, accounts and data protection.</summary>
    public static IServiceCollection AddLinking(this IServiceCollection services)
    {
        services.AddLiveOptions<TwitchOptions>(TwitchOptions.Section, "Twitch");
        services.AddSingleton(p => new ProviderHttp(ProviderHttp.Client(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Provider, KickProvider>();
        services.AddSingleton<Provider, TwitchProvider>();
        services.AddSingleton<Providers>();
        services.AddSingleton<TokenSeal>();
        services.AddSingleton<SealedRows, SealedTokens>();
        services.AddSingleton<ChannelClaims>();
        services.AddSingleton<LinkFlow>();
        services.AddSingleton<Revocations>();
        services.AddSingleton<TokensInHand>();
        services.AddSingleton<TokenVault>();
        services.AddSingleton<Links>();
        services.AddSingleton<LinkKeeper>();
        services.AddSingleton<Departure>();
        return services;
    }
}
