using KickMonitor.Web.Hosting;

namespace KickMonitor.Web.Linking;

public static class ConnectServices
{
    public static IServiceCollection AddConnect(this IServiceCollection services) =>
        services.AddSingleton<PublicAddress>().AddSingleton<BrowserSecret>().AddSingleton<ConnectLimit>().AddSingleton<LinkStates>();
}
