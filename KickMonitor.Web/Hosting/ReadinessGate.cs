using System.Text;
using KickMonitor.Web.Api;
using Npgsql;

namespace KickMonitor.Web.Hosting;

/// <summary>Liveness and readiness for load balancers, and a plain page for people while the database is not there.</summary>
public static class ReadinessGate
{
    private const string Waiting = "KickMonitor is waiting for its database. Nothing is lost; this page works as soon as the database answers.\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void UseReadiness(this WebApplication app)
    {
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.Use(async (context, next) =>
        {
            if (readiness.IsReady || context.Request.Path.StartsWithSegments("/healthz") || context.Request.Path.StartsWithSegments("/readyz") || !await ReachedAsync(readiness, context))
            {
                await NextAsync(next, context);
            }
        });
    }

    /// <summary>A database that goes away in the middle of a request is no failure of the page.</summary>
    private static async Task NextAsync(RequestDelegate next, HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && IsLostConnection(e))
        {
            context.Response.Clear();
            await RefuseAsync(context);
        }
    }

    private static bool IsLostConnection(Exception? e) => e switch
    {
        PostgresException refused => refused.SqlState.StartsWith("57P", StringComparison.Ordinal) || refused.SqlState.StartsWith("53", StringComparison.Ordinal),
        NpgsqlException => true,
        _ => e?.InnerException is { } inner && IsLostConnection(inner),
    };

    private static async Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "5";
        if (context.Request.Path.StartsWithSegments(ApiGuard.Path))
        {
            await TypedResults.Problem(Waiting.TrimEnd(), statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(Waiting, context.RequestAborted);
    }

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/healthz", ["GET", "HEAD"], () => TypedResults.Text("ok\n")).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapMethods("/readyz", ["GET", "HEAD"], async (HealthCheck health, CancellationToken ct) =>
        {
            var problem = await health.ProblemAsync(ct);
            return TypedResults.Text(problem is null ? "ready\n" : $"not ready: {problem}\n", "text/plain", Encoding.UTF8, problem is null ? 200 : 503);
        }).AllowAnonymous().ExcludeFromDescription();
    }

    /// <returns>True if the answer has been given here.</returns>
    private static async Task<bool> ReachedAsync(Readiness readiness, HttpContext context)
    {
        if (await Task.WhenAny(readiness.Reached, Task.Delay(Patience, context.RequestAborted)) == readiness.Reached)
        {
            return false;
        }

        await RefuseAsync(context);
        return true;
    }
}
