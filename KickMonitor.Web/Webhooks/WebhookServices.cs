using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace KickMonitor.Web.Webhooks;

public static class WebhookServices
{
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<WebhookCounts>();
        services.AddSingleton<WebhookReceiver>();
        services.AddSingleton<WebhookWizard>();
        services.AddHostedService(p => p.GetRequiredService<InboxRepeats>());
        services.AddHostedService(p => p.GetRequiredService<Inbox>());
        services.AddHostedService<DispatchLoop>();
        services.AddHostedService<DemoDeliveries>();
        return services;
    }

    /// <summary>Comes before everything that is made for people: no cookie, no antiforgery, no page ever answers Kick.</summary>
    public static void UseWebhooks(this IApplicationBuilder app)
    {
        var kick = app.ApplicationServices.GetRequiredService<KickOptions>();
        var receiver = app.ApplicationServices.GetRequiredService<WebhookReceiver>();
        var readiness = app.ApplicationServices.GetService<Readiness>();
        app.Use((context, next) =>
        {
            if (!context.Request.Path.Equals(new PathString(kick.WebhookPath), StringComparison.OrdinalIgnoreCase))
            {
                return next(context);
            }

            if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
            {
                // They are counted by their answers, at less than half the price.
                metrics.MetricsDisabled = true;
            }

            if (readiness is { IsReady: false })
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers.RetryAfter = "5";
                return Task.CompletedTask;
            }

            return receiver.ReceiveAsync(context);
        });
    }
}
