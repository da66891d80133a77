using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.Identity;
using Npgsql;
using Quartz;
using Radzen;

namespace KickMonitor.Benchmarks.Yardsticks;

/// <summary>
/// The product's packages and database with nothing in between: Blazor Server, Radzen, Identity over EF Core, and Quartz, which
/// starts after the server listens. It makes sure that its database is there, and asks it nothing else.
/// </summary>
internal static class BareStack
{
    public const string Name = "bare-stack";

    public static async Task<int> RunAsync(string[] args)
    {
        string connectionString = args[0];
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().AddJsonConsole().SetMinimumLevel(LogLevel.Warning);
        var services = builder.Services;
        services.AddStorage(new DatabaseAddress(connectionString));
        services.AddIdentityCore<User>().AddEntityFrameworkStores<KickMonitorDb>().AddSignInManager().AddDefaultTokenProviders();
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
        services.AddAuthorization();
        services.AddCascadingAuthenticationState();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddRadzenComponents();
        services.AddSignalR();
        services.AddSingleton<BareBoard>();
        services.AddQuartz(quartz => quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(connectionString);
            store.UseSystemTextJsonSerializer();
            store.ProvisionSchema();
        }));
        services.AddQuartzHostedService(q => q.AwaitApplicationStarted = true);

        await using var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapGet("/healthz", () => "ok");
        app.MapStaticAssets();
        app.MapHub<BareHub>("/hub");
        app.MapHub<BareBroadcast>("/broadcast");
        app.MapRazorComponents<BareApp>().AddInteractiveServerRenderMode(o => o.DisableWebSocketCompression = true);
        _ = app.Services.GetRequiredService<BareBoard>();
        await using (var command = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SELECT 1"))
        {
            await command.ExecuteScalarAsync();
        }

        await app.RunAsync();
        return 0;
    }
}
