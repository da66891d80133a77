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
    private static readonly ReadOnlyGuard Guard = new();

    /// <summary>The database and everything that lives in it but the master key.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, DatabaseAddress address) =>
        services.AddStorage(address, () => DataSource(address.ConnectionString));

    public static IServiceCollection AddStorage(this IServiceCollection services, DatabaseAddress address, Func<NpgsqlDataSource> source)
    {
        services.AddSingleton(address);
        services.AddSingleton(_ => source());
        services.Configure<IdentityOptions>(AccountServices.Schema);
        services.AddDbContextFactory<KickMonitorDb>((provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<SchemaOwner>();
        services.AddSingleton<Migrator>();
        services.AddSingleton<Bus>();
        return services;
    }

    public static NpgsqlDataSource DataSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        // ContainsKey would say whether there is such a setting, not whether it is set.
        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 30;
        }

        if (!settings.ShouldSerialize("Timeout"))
        {
            settings.Timeout = 5;
        }

        // The same few statements come again and again, and planning one takes longer than running it.
        if (!settings.ShouldSerialize("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = 40;
            settings.AutoPrepareMinUsages = 3;
        }

        // The merge is a large statement over few rows: compiling it takes a hundred times longer than running it.
        settings.Options = $"-c jit=off {settings.Options}".TrimEnd();
        settings.ApplicationName ??= "kickmonitor";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = "kickmonitor" }.Build();
    }

    private static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => Model(options.UseNpgsql(source).AddInterceptors(Guard));

    /// <summary>Identity takes its schema from the application's services; outside of them the model would silently lose passkeys.</summary>
    public static void Model(DbContextOptionsBuilder options)
    {
        if (options.Options.FindExtension<CoreOptionsExtension>()?.ApplicationServiceProvider is null)
        {
            options.UseApplicationServiceProvider(new ServiceCollection().Configure<IdentityOptions>(AccountServices.Schema).BuildServiceProvider());
        }
    }
}

/// <summary>Where the database is, with the password, for programs that connect by themselves; the data source keeps it to itself.</summary>
/// <param name="ConnectionString">Of the account that serves.</param>
/// <param name="Owner">Of the account that owns the schema; null if the one that serves does.</param>
public sealed record DatabaseAddress(string ConnectionString, string? Owner = null)
{
    public override string ToString() => nameof(DatabaseAddress);
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
