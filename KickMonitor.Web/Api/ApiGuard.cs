using System.Diagnostics;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace KickMonitor.Web.Api;

/// <summary>
/// What holds for every request under /api: whatever goes wrong is told as application/problem+json, other websites cannot
/// act with somebody's cookie, and nobody sends more than their share.
/// </summary>
internal sealed partial class ApiGuard(RequestDelegate next, SameOrigin sameOrigin, ApiLimit limit, ILogger<ApiGuard> logger)
{
    public const string Path = "/api";

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await (Refusal(context) is { } refusal ? refusal.ExecuteAsync(context) : next(context));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, e.StatusCode, DetailOf(e.StatusCode, context));
        }
        catch (Exception e) when (!context.Response.HasStarted && IsDatabaseAway(e))
        {
            DatabaseAway(context.Request.Method, e.Message);
            context.Response.Headers.RetryAfter = "5";
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The database cannot be reached. Try again in a moment.");
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Failed(e, context.Request.Method, context.GetEndpoint()?.DisplayName);
            await WriteAsync(context, StatusCodes.Status500InternalServerError, "Something went wrong here. The log tells more under this traceId.");
        }

        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await WriteAsync(context, response.StatusCode, DetailOf(response.StatusCode, context));
        }
    }

    private ProblemHttpResult? Refusal(HttpContext context)
    {
        var (request, person) = (context.Request, context.User);
        bool isCookie = person.Identity?.IsAuthenticated == true && !person.IsToken();
        if (isCookie && !IsSafe(request.Method) && sameOrigin.IsForeign(request))
        {
            return TypedResults.Problem("Another website sent this request.", statusCode: StatusCodes.Status403Forbidden);
        }

        if (limit.SecondsToWait(person) is not { } seconds)
        {
            return null;
        }

        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem("Too many requests: 100 a second, or 200 at once.", statusCode: StatusCodes.Status429TooManyRequests);
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static bool IsDatabaseAway(Exception e) => e is NpgsqlException { IsTransient: true } || (e.InnerException is { } inner && IsDatabaseAway(inner));

    private static Task WriteAsync(HttpContext context, int status, string? detail)
    {
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        var extensions = status == StatusCodes.Status500InternalServerError
            ? new Dictionary<string, object?> { ["traceId"] = Activity.Current?.Id ?? context.TraceIdentifier }
            : null;
        return TypedResults.Problem(detail, statusCode: status, extensions: extensions).ExecuteAsync(context);
    }

    private static string? DetailOf(int status, HttpContext context) => status switch
    {
        400 => "The request is not what /openapi/v1.json describes: a parameter has the wrong type, or the body is not the expected JSON.",
        401 => "Send a valid token (Authorization: Bearer km_…), or sign in.",
        403 when !context.User.MayUse(context.GetEndpoint()) => context.GetEndpoint()?.Metadata.GetMetadata<NeedsScope>() is { } needs
            ? $"This token lacks the scope \"{TokenScopes.NameOf(needs.Scope)}\"." : "Tokens do not open this.",
        403 => "Only Admins may do that.",
        404 => "There is nothing at this address. /openapi/v1.json lists what there is.",
        405 => $"{context.Request.Method} does not work here. Allowed: {context.Response.Headers.Allow}.",
        413 => "The body is too large.",
        415 => "The body must be JSON, with the content type application/json.",
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Endpoint} failed")]
    private partial void Failed(Exception exception, string method, string? endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An API request ({Method}) found the database away: {Reason}")]
    private partial void DatabaseAway(string method, string reason);
}
