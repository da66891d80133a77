using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Retention;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Storage.Embedded;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Api;
using KickMonitor.Web.Cli;
using KickMonitor.Web.Hubs;
using KickMonitor.Web.Jobs;
using KickMonitor.Web.Linking;
using KickMonitor.Web.Pages;
using KickMonitor.Web.Public;
using KickMonitor.Web.Telemetry;
using KickMonitor.Web.Texts;
using KickMonitor.Web.Webhooks;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Hosting;

/// <summary>The web server: what it is made of, in the order in which it comes up.</summary>
public static class Server
{
    private const int UsageError = 2;
    private const int DatabaseError = 4;
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(9.5);

    /// <returns>The exit code: 0 after an orderly end, 2 for a mistake in the settings, 4 without a database.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        bool isJson = args.Contains("--json");
        var refusals = new Output(Terminal.OfProcess(), isJson);
        var builder = WebApplication.CreateBuilder([.. args.Where(a => a != "--json")]);
        builder.Configuration.AddKickMonitorNames();
        builder.AddLogs(isJson);
        try
        {
            SettingsCheck.Run(builder.Configuration);
            await using var demo = await Demo.StartAsync(builder);
            var named = DatabaseLocation.From(builder.Configuration);
            await using var embedded = named is null ? await StartDatabaseAsync(builder, demo) : null;
            await (demo?.AnnounceAsync() ?? Task.CompletedTask);
            await using var app = Build(builder, demo, named ?? embedded!.Address);
            app.Lifetime.ApplicationStopping.Register(EndInTime);
            await app.RunAsync();
            return Environment.ExitCode;
        }
        catch (Exception e) when (e is OptionsValidationException or FormatException)
        {
            foreach (string mistake in isJson ? [string.Join(' ', Mistakes(e))] : Mistakes(e))
            {
                refusals.Error(mistake, null);
            }

            return UsageError;
        }
        catch (OperationCanceledException) when (Environment.ExitCode != 0)
        {
            // It stopped itself before it listened, and has said why.
            return Environment.ExitCode;
        }
        catch (EmbeddedPostgresException e)
        {
            refusals.Error(e.Message, null);
            return DatabaseError;
        }
        catch (StartRefusedException e)
        {
            refusals.Error(e.Message, null);
            return 1;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            refusals.Error(e.Message, "Choose another port with PORT.");
            return 1;
        }
    }

    /// <summary>Whatever still waits then, such as a scheduler for a database that is gone, ends with the process.</summary>
    private static void EndInTime() =>
        _ = Task.Delay(LongestEnd).ContinueWith(_ => Environment.Exit(Environment.ExitCode), TaskScheduler.Default);

    private static IEnumerable<string> Mistakes(Exception e) => e is OptionsValidationException options ? options.Failures : [e.Message];

    private static Task<EmbeddedPostgres> StartDatabaseAsync(WebApplicationBuilder builder, Demo? demo) =>
        EmbeddedPostgres.StartAsync(demo is null ? builder.Configuration.DataDirectory() : Demo.Directory(builder.Configuration), share: false, CancellationToken.None);

    private static WebApplication Build(WebApplicationBuilder builder, Demo? demo, DatabaseAddress database)
    {
        // The first connection takes longer than all others together; the rest is put together meanwhile. If it fails, so does
        // the next one, in a place that can tell of it.
        var source = StorageServices.DataSource(database.ConnectionString);
        _ = Task.Run(async () => await (await source.OpenConnectionAsync()).DisposeAsync());

        builder.AddWebServer();
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new DemoMode(demo is not null));
        var node = NodeName.Create();
        services.AddSingleton(node);
        services.AddStorage(database, () => source);
        KeyRing.Add(services, MasterKey.Load(builder.Configuration["MasterKey"], builder.Configuration.DataDirectory()));
        services.AddSingleton<KeyCheck>();
        services.AddSettings().AddSite().AddKick().AddMonitoring().AddStreamers().AddAccounts().AddEvents().AddLinking().AddBackups(builder.Configuration.DataDirectory()).AddRetention().AddMail();
        services.AddAccess().AddConnect().AddApi().AddPages().AddPublic().AddJobs(database.ConnectionString, node).AddTelemetry().AddWebhooks();
        services.AddStart(demo);

        var app = builder.Build();
        app.UseWebhooks();
        app.UseRequestTrace();
        app.UseRouting();
        app.UseTrustedProxies();
        app.UseSafeAnswers();
        app.UseSafeRedirects();
        app.UseReadiness();
        app.UsePages();
        app.UseApi();
        app.UseOutputCache();
        app.UseAuthentication();
        app.UseLanguages();
        app.UseAuthorization();
        app.UseActor();
        app.UseAntiforgery();
        app.UseFormCheck();
        app.MapHealth();
        app.MapMetrics();
        app.MapApi();
        LiveHub.Map(app);
        app.MapConnect();
        app.MapOwnData();
        app.MapPublic();
        app.MapPages();
        return app;
    }
}
