using KickMonitor.Domain.Monitoring;
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
                store.UsePostgres(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "kickmonitor-scheduler", MaxPoolSize = 10 }.ConnectionString);
                store.UseSystemTextJsonSerializer();
                store.UseClustering(c =>
                {
                    c.CheckinInterval = TimeSpan.FromSeconds(3);
                    c.CheckinMisfireThreshold = TimeSpan.FromSeconds(6);
                });
                store.ProvisionSchema();
                store.UseExecutionHistory();
            });
        });
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
}
