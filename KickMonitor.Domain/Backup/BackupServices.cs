using KickMonitor.Domain.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Backup;

public static class BackupServices
{
    /// <param name="dataDirectory">Where backups go while the options say nothing else.</param>
    public static IServiceCollection AddBackups(this IServiceCollection services, string dataDirectory)
    {
        services.AddLiveOptions<BackupOptions>(BackupOptions.Section, "Backups");
        services.AddSingleton(new BackupFolder(Path.Combine(dataDirectory, "backups")));
        services.AddSingleton<Backups>();
        services.AddSingleton<Rehearsal>();
        services.AddSingleton<Restoration>();
        return services;
    }
}
