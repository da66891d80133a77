using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Hosting;

public static class StartServices
{
    /// <summary>The settings that belong to no feature.</summary>
    public static IServiceCollection AddSite(this IServiceCollection services) =>
        services.AddLiveOptions<SiteOptions>(string.Empty, "This site").AddLiveOptions<LogOptions>(LogOptions.Section, "Log");

    public static IServiceCollection AddStart(this IServiceCollection services, Demo? demo)
    {
        if (demo is not null)
        {
            services.AddSingleton(demo);
        }

        services.AddOptions<AdminOptions>().BindConfiguration(AdminOptions.Section).ValidateDataAnnotations();
        services.AddSingleton<SetupCode>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<HealthCheck>();
        services.AddSingleton<HealthReport>();
        services.AddHostedService<Start>();
        services.AddHostedService(p => p.GetRequiredService<Bus>());
        services.AddHostedService<SignsOfLife>();
        services.AddHostedService<WarmUp>();
        return services;
    }
}

/// <summary>Keeps this node on the list of those that run.</summary>
public sealed partial class SignsOfLife(NodeLog nodes, KeyCheck keys, Readiness readiness, IHostApplicationLifetime life, TimeProvider time, ILogger<SignsOfLife> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await readiness.Reached.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(NodeLog.Every, time);
            do
            {
                try
                {
                    await nodes.SignAsync(stoppingToken);

                    // A node that slept through a rotation of the keys reads nothing, and would go on to write with the old ones.
                    if (!await keys.PassesAsync(stoppingToken))
                    {
                        OtherKey();
                        Environment.ExitCode = 1;
                        life.StopApplication();
                        return;
                    }
                }
                catch (Npgsql.NpgsqlException e)
                {
                    NotSigned(e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await nodes.LeaveAsync(cancellationToken);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or OperationCanceledException)
        {
            NotSigned(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The database has another master key by now. Give this node that key, and start it again")]
    private partial void OtherKey();

    [LoggerMessage(Level = LogLevel.Warning, Message = "This node's sign of life was not written: {Reason}")]
    private partial void NotSigned(string reason);
}
