using System.Diagnostics;

namespace KickMonitor.Web.Hosting;

public static class RequestTrace
{
    /// <summary>
    /// Gives a request the trace by which an error is found in the log. The host gives one to every request, webhooks included,
    /// but only where traces are exported or its own log is on.
    /// </summary>
    public static void UseRequestTrace(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        using var trace = Activity.Current is null ? new Activity("request").Start() : null;
        await next(context);
    });
}
