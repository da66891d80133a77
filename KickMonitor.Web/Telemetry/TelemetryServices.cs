using System.Diagnostics.Metrics;
using System.Net;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace KickMonitor.Web.Telemetry;

public static class TelemetryServices
{
    private static readonly string[] Meters = ["KickMonitor", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>Of one measurement. Room for each is set aside at the start, and the usual 2,000 take 8 MiB.</summary>
    private const int MostSeries = 300;

    /// <summary>Two measurements a request, webhooks included, to say how many there are at the instant of a scrape.</summary>
    private const string Unwanted = "http.server.active_requests";

    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<Measurements>();
        services.AddSingleton<OpenCircuits>();
        services.AddHostedService<QueueLengths>();
        services.AddScoped<Microsoft.AspNetCore.Components.Server.Circuits.CircuitHandler, CircuitCounter>();
        services.AddSingleton<PrometheusText>();
        services.AddSingleton(p => new BaseExportingMetricReader(p.GetRequiredService<PrometheusText>()) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative });
        services.AddSingleton(p => OpenTelemetrySdk.Create(sdk =>
        {
            bool exports = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
            sdk.WithMetrics(m => Export(m.AddMeter(Meters).AddView(View).AddReader(p.GetRequiredService<BaseExportingMetricReader>()), exports));
            if (exports)
            {
                sdk.WithTracing(t => t.AddSource("Microsoft.AspNetCore", "Npgsql").AddOtlpExporter());
            }
        }));
        return services;
    }

    public static void MapMetrics(this WebApplication app)
    {
        // From the start, or what happened before the first scrape would be missing; beside it, since nothing waits for it.
        _ = Task.Run(() => (app.Services.GetRequiredService<OpenTelemetrySdk>(), app.Services.GetRequiredService<Measurements>()));
        app.MapGet("/metrics", async (HttpContext context, PrometheusText text, BaseExportingMetricReader reader, CancellationToken ct) =>
                MayScrape(context)
                    ? Results.Text(await text.ScrapeAsync(reader, ct), "text/plain; version=0.0.4")
                    : Results.Unauthorized())
            .AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>From this machine itself, or with a token. Behind a proxy everybody seems to be this machine, but then there is a header.</summary>
    private static bool MayScrape(HttpContext context) =>
        (context.User.IsToken() && context.User.HasScope(TokenScope.Read))
        || (context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded"));

    private static MetricStreamConfiguration View(Instrument instrument) =>
        instrument.Name == Unwanted ? MetricStreamConfiguration.Drop : new MetricStreamConfiguration { CardinalityLimit = MostSeries };

    private static void Export(MeterProviderBuilder metrics, bool exports)
    {
        if (exports)
        {
            metrics.AddOtlpExporter();
        }
    }
}
