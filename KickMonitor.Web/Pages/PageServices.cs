using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Api;
using KickMonitor.Web.Components;
using KickMonitor.Web.Hosting;
using KickMonitor.Web.Pages.Admin;
using KickMonitor.Web.Pages.Live;
using KickMonitor.Web.Pictures;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Diagnostics;
using Radzen;

namespace KickMonitor.Web.Pages;

public static class PageServices
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents(o => o.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(2));
        services.AddLeanScripts();
        services.AddRadzenComponents();
        services.AddCascadingAuthenticationState();
        services.AddScoped<CircuitPerson>();
        services.AddScoped<AuthenticationStateProvider>(s => s.GetRequiredService<CircuitPerson>());
        services.AddScoped<CircuitHandler, ActingCircuit>();
        services.AddSingleton<SourceStates>();
        services.AddSingleton<LivePulse>();
        services.AddSingleton<Sparklines>();
        services.AddSingleton<LiveFaces>();
        services.AddSingleton<LiveStarts>();
        services.AddSingleton<Favourites>();
        services.AddPictures();
        services.AddAntiforgery();
        return services;
    }

    /// <summary>Words and dresses refusals that have no page of their own. Programs' answers have their own words.</summary>
    public static void UsePages(this WebApplication app)
    {
        app.UseRefusalPages();
        app.Use((context, next) =>
        {
            if (!IsForPeople(context.Request) && context.Features.Get<IStatusCodePagesFeature>() is { } words)
            {
                words.Enabled = false;
            }

            return next(context);
        });
    }

    private static bool IsForPeople(HttpRequest request) =>
        !request.Path.StartsWithSegments("/api") && !request.Path.StartsWithSegments("/hubs") && !request.Path.StartsWithSegments("/_blazor")
        && !request.Path.StartsWithSegments("/metrics") && !request.Path.StartsWithSegments("/webhooks") && !request.Path.StartsWithSegments("/pictures") && !Path.HasExtension(request.Path);

    public static void MapPages(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/_blazor"), circuits => circuits.Use(SameOrigin.Refusing));
        app.MapStaticAssets().AllowAnonymous();
        app.MapSignOut();
        app.MapPasskeys();
        ViewAs.Map(app);
        AuditExport.Map(app);
        StreamerExport.Map(app);
        app.MapPictures();
        app.MapPalette();
        LiveStarts.Map(app);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(o =>
        {
            // Compression more than doubles what a circuit costs, and our own policy already forbids framing.
            o.DisableWebSocketCompression = true;
            o.ContentSecurityFrameAncestorsPolicy = null;
        });
    }
}
