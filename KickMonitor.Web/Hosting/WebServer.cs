using System.Text.Json;
using Microsoft.Extensions.Logging.Console;

namespace KickMonitor.Web.Hosting;

public static class WebServer
{
    /// <summary>Readable lines at a terminal; one JSON object a line in production, or where it is asked for.</summary>
    public static void AddLogs(this WebApplicationBuilder builder, bool isJson)
    {
        builder.Logging.ClearProviders();
        if (isJson || builder.Environment.IsProduction())
        {
            builder.Logging.AddJsonConsole(o =>
            {
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                o.JsonWriterOptions = new JsonWriterOptions { Indented = false };
            });
        }
        else
        {
            builder.Logging.AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.TimestampFormat = "HH:mm:ss ";
                o.ColorBehavior = LoggerColorBehavior.Default;
            });
        }
    }

    public static void AddWebServer(this WebApplicationBuilder builder)
    {
        // An unpublished build has its styles and scripts in the source folders, whatever the environment is called.
        builder.WebHost.UseStaticWebAssets();

        // Straight to the pool's threads: queues of its own between the sockets and the requests only cost.
        builder.WebHost.UseSockets(sockets => sockets.IOQueueCount = 0);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 8 * 1024 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        if (builder.Configuration["urls"] is not { Length: > 0 } && builder.Configuration["http_ports"] is not { Length: > 0 } && builder.Configuration["https_ports"] is not { Length: > 0 })
        {
            builder.WebHost.UseUrls("http://localhost:5080");
        }

        builder.Services.Configure<HostOptions>(o =>
        {
            o.ShutdownTimeout = TimeSpan.FromSeconds(8);

            // One failing background service must not take the pages with it; each of ours handles what it expects.
            o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });
    }
}
