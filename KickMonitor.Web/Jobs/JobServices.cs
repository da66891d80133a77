using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Npgsql;
using Quartz;

namespace KickMonitor.Web.Jobs;

public static class JobServices
{
    public static IServiceCollection AddJobs(this IServiceCollection services, string connectionString, NodeName node)
    {
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(o =>
            {
                o.InstanceId = node.Value;
                o.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            });
            quartz.UsePersistentStore(store =>
            {
                Use(store, new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "kickmonitor-scheduler", MaxPoolSize = 10 }.ConnectionString);
                store.UseClustering(c =>
                {
                    c.CheckinInterval = TimeSpan.FromSeconds(3);
                    c.CheckinMisfireThreshold = TimeSpan.FromSeconds(6);
                });
            });
        });
        services.AddSingleton(new SchemaPart(ProvisionAsync));
        services.AddQuartzExecutionHistory(o =>
        {
            // A round of the sweep every few seconds must not push out what is run once a day.
            o.Retention = TimeSpan.FromDays(30);
            o.MaxEntriesPerJob = 200;
            o.MaxEntriesPerScheduler = 5000;
        });
        services.AddSingleton<JobBoard>();
        services.AddSingleton<Scheduling>();
        services.AddHostedService(p => p.GetRequiredService<Scheduling>());
        return services;
    }

    private static void Use(IPersistentStoreBuilder store, string connectionString)
    {
        store.UsePostgres(connectionString);
        store.UseSystemTextJsonSerializer();
        store.ProvisionSchema();
        store.UseExecutionHistory();
    }

    /// <summary>A scheduler makes its tables before it starts; this one never does.</summary>
    private static async Task ProvisionAsync(string connectionString, CancellationToken ct)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddQuartz(quartz => quartz.UsePersistentStore(store => Use(store, new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString)));
        await using var provider = services.BuildServiceProvider();
        var scheduler = await provider.GetRequiredService<ISchedulerFactory>().GetScheduler(ct);
        await scheduler.Shutdown(waitForJobsToComplete: false, ct);
    }
}
