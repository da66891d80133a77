using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Domain.Storage;

public static class StorageServices
{
    /// <summary>The database and everything that lives in it but the master key.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => DataSource(connectionString));
        services.Configure<IdentityOptions>(AccountServices.Schema);
        services.AddDbContextFactory<KickMonitorDb>((provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<Migrator>();
        services.AddSingleton<Bus>();
        return services;
    }

    public static NpgsqlDataSource DataSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 30;
        }

        if (!settings.ContainsKey("Timeout"))
        {
            settings.Timeout = 5;
        }

        // The merge is one large statement whose planning costs more than its work.
        if (!settings.ContainsKey("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = 40;
        }

        settings.ApplicationName ??= "kickmonitor";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = "kickmonitor" }.Build();
    }

    private static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => Model(options.UseNpgsql(source));

    /// <summary>Identity takes its schema from the application's services; outside of them the model would silently lose passkeys.</summary>
    public static void Model(DbContextOptionsBuilder options)
    {
        if (options.Options.FindExtension<CoreOptionsExtension>()?.ApplicationServiceProvider is null)
        {
            options.UseApplicationServiceProvider(new ServiceCollection().Configure<IdentityOptions>(AccountServices.Schema).BuildServiceProvider());
        }
    }
}

/// <summary>For <c>dotnet ef</c> only.</summary>
public sealed class DesignTimeDb : IDesignTimeDbContextFactory<KickMonitorDb>
{
    public KickMonitorDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<KickMonitorDb>().UseNpgsql("Host=localhost;Database=design");
        StorageServices.Model(options);
        return new KickMonitorDb(options.Options);
    }
}
