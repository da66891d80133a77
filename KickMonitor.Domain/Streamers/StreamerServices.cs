using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Streamers;

public static class StreamerServices
{
    public static IServiceCollection AddStreamers(this IServiceCollection services) => services.AddSingleton<StreamerDirectory>().AddSingleton<StreamerIntake>().AddSingleton<Groups>().AddSingleton<Tags>();
}
