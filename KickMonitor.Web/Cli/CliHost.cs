using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Declarations;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Retention;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Storage.Embedded;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using KickMonitor.Web.Jobs;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace KickMonitor.Web.Cli;

internal enum DatabaseUse
{
    None,

    /// <summary>Whatever its schema.</summary>
    AsItIs,

    /// <summary>With this version's schema; an empty database gets it, an older one is left alone.</summary>
    Current,
}

/// <summary>
/// The product's services for the length of one verb: the server's configuration and database, but no web server, no sweep,
/// and a request budget of its own.
/// </summary>
internal sealed class CliHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly EmbeddedPostgres? _embedded;

    private CliHost(ServiceProvider services, EmbeddedPostgres? embedded) => (_services, _embedded) = (services, embedded);

    public bool IsEmbedded => _embedded is not null;

    public static async Task<CliHost> OpenAsync(Terminal terminal, Output output, DatabaseUse use, bool withKeys, CancellationToken ct, bool checksKey = true)
    {
        var configuration = Configuration(terminal);
        SettingsCheck.Run(configuration);
        bool isDemo = terminal.ReadsEnvironment && Demo.IsOn(configuration, EnvironmentName());
        var embedded = use == DatabaseUse.None ? null : await EmbeddedAsync(configuration, isDemo, ct);
        if (isDemo)
        {
            configuration.AddInMemoryCollection(Demo.Settings(configuration));
        }

        var database = embedded?.Address ?? Location(configuration) ?? new DatabaseAddress(string.Empty);
        var host = new CliHost(Services(configuration, database, output, Key(configuration, withKeys)), embedded);
        try
        {
            if (use != DatabaseUse.None)
            {
                await host.ConnectAsync(ct);
            }

            if (use == DatabaseUse.Current)
            {
                await host.EnsureSchemaAsync(ct);
            }

            if (use == DatabaseUse.Current)
            {
                await host.Get<SettingStore>().ReadAsync(ct);
                await host.Get<Flags>().ReadAsync(ct);
            }

            if (withKeys && checksKey && !await host.Get<KeyCheck>().PassesAsync(ct))
            {
                throw new CliFailure(
                    ExitCode.Refused, "The database belongs to another master key.",
                    File.Exists(KeyRotation.DraftOf(MasterKey.FileIn(host.DataDirectory)))
                        ? "A rotation was cut off here. Finish it with: kickmonitor keys rotate"
                        : "Name the server's data directory with KICKMONITOR_DATA, or its key with KICKMONITOR_MASTER_KEY.");
            }

            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public string DataDirectory => Get<IConfiguration>().DataDirectory();

    public string? Setting(string name) => Get<IConfiguration>()[name];

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }
    }

    private static ConfigurationManager Configuration(Terminal terminal)
    {
        var configuration = new ConfigurationManager();
        if (terminal.ReadsEnvironment)
        {
            configuration.SetBasePath(Directory.GetCurrentDirectory());
            configuration.AddJsonFile("appsettings.json", optional: true);
            configuration.AddJsonFile($"appsettings.{EnvironmentName()}.json", optional: true);
            configuration.AddEnvironmentVariables();
        }

        configuration.AddInMemoryCollection(terminal.Settings);
        configuration.AddKickMonitorNames();
        return configuration;
    }

    /// <summary>The server's key, if it is at hand. None is made here: with another key than the server's a verb could only do harm.</summary>
    private static MasterKey? Key(ConfigurationManager configuration, bool isNeeded)
    {
        string? setting = configuration["MasterKey"];
        string file = MasterKey.FileIn(configuration.DataDirectory());
        return !string.IsNullOrWhiteSpace(setting) || File.Exists(file)
            ? MasterKey.Load(setting, configuration.DataDirectory())
            : !isNeeded ? null : throw new CliFailure(ExitCode.Refused, $"There is no master key in {configuration.DataDirectory()}.", "Name the server's data directory with KICKMONITOR_DATA, or its key with KICKMONITOR_MASTER_KEY.");
    }

    private static string EnvironmentName() =>
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environments.Production;

    private static DatabaseAddress? Location(IConfiguration configuration)
    {
        try
        {
            return DatabaseLocation.From(configuration);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new CliFailure(ExitCode.Usage, e.Message);
        }
    }

    private static async Task<EmbeddedPostgres?> EmbeddedAsync(IConfiguration configuration, bool isDemo, CancellationToken ct)
    {
        if (Location(configuration) is not null)
        {
            return null;
        }

        string data = isDemo ? Demo.Directory(configuration) : configuration.DataDirectory();
        try
        {
            return await EmbeddedPostgres.StartAsync(data, share: true, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.DatabaseUnavailable, $"The data directory {data} cannot be used: {e.Message}", "Name another with KICKMONITOR_DATA, or a database with DATABASE_URL.");
        }
    }

    private static ServiceProvider Services(IConfiguration configuration, DatabaseAddress database, Output output, MasterKey? key)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton(TimeProvider.System);

        // The database's own failures end the verb and are told once, there.
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Microsoft", LogLevel.None).AddFilter("Npgsql", LogLevel.None).AddFilter("KickMonitor.Domain.Linking", LogLevel.None).AddProvider(new CliLog(output)));
        services.AddStorage(database).AddSettings().AddSite().AddKick().AddMonitoring().AddStreamers().AddAccounts().AddEvents().AddLinking().AddBackups(configuration.DataDirectory()).AddDeclarations().AddRetention().AddMail();
        services.AddJobs(database.ConnectionString, NodeName.Create());
        services.AddSingleton<KeyCheck>();
        if (key is not null)
        {
            KeyRing.Add(services, key);
        }
        else
        {
            // Identity wants one; nothing that these verbs do outlives the verb.
            services.AddDataProtection().UseEphemeralDataProtectionProvider();
        }

        return services.BuildServiceProvider();
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        await using var connection = await Get<NpgsqlDataSource>().OpenConnectionAsync(ct);
    }

    private async Task EnsureSchemaAsync(CancellationToken ct)
    {
        var migrator = Get<Migrator>();
        var (applied, pending) = await migrator.InspectAsync(ct);
        if (pending.Count == 0)
        {
            if (!await Get<SchemaOwner>().IsSettledAsync(ct))
            {
                throw new CliFailure(ExitCode.DatabaseUnavailable, "The account that serves was not given yet what it needs.", "Run: kickmonitor db migrate");
            }

            return;
        }

        if (applied.Count > 0 || !await IsEmptyAsync(ct))
        {
            throw new CliFailure(ExitCode.DatabaseUnavailable, $"The database lacks {pending.Count} of this version's migrations.", "Run: kickmonitor db migrate");
        }

        await migrator.MigrateAsync(ct);
    }

    private async Task<bool> IsEmptyAsync(CancellationToken ct)
    {
        await using var command = Get<NpgsqlDataSource>().CreateCommand(
            "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename <> '__EFMigrationsHistory')");
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }
}
