using System.Text;

namespace KickMonitor.Sandbox;

/// <summary>The answers that come instead of the endpoint's own.</summary>
internal static class Refusal
{
    private const string ChallengePage = """
        <!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head>
        <body><noscript>Enable JavaScript and cookies to continue</noscript></body></html>
        """;

    private const string ErrorPage = """
        <html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr><center>cloudflare</center></body></html>
        """;

    private const string MaintenancePage = "<!DOCTYPE html><html><head><title>Kick</title></head><body><div id=\"app\"></div></body></html>";

    public static Task WriteAsync(HttpContext context, Fault fault, CancellationToken ct)
    {
        var response = context.Response;
        switch (fault.Kind)
        {
            case FaultKind.Unauthorized:
                return JsonAsync(response, 401, """{"data":{},"message":"Unauthorized"}""", ct);
            case FaultKind.InvalidGrant:
                return JsonAsync(response, 400, OAuthErrors.InvalidGrant, ct);
            case FaultKind.FirewallJson:
                response.Headers["cf-ray"] = "8e1f00d5c0ffee42-MAD";
                return JsonAsync(response, 403, """{"error":"Request blocked by security policy.","reference":"9e4db7e3"}""", ct);
            case FaultKind.FirewallChallenge:
                response.Headers["cf-ray"] = "8e1f00d5c0ffee42-MAD";
                response.Headers["cf-mitigated"] = "challenge";
                return WriteAsync(response, 403, "text/html; charset=UTF-8", ChallengePage, ct);
            case FaultKind.TooManyRequests:
                if (fault.RetryAfter is { } after)
                {
                    response.Headers.RetryAfter = after;
                }

                return JsonAsync(response, 429, """{"data":{},"message":"Too many requests"}""", ct);
            case FaultKind.InternalServerError:
                return JsonAsync(response, 500, """{"data":null,"message":"Internal server error"}""", ct);
            case FaultKind.BadGateway:
                return HtmlAsync(response, 502, "502 Bad Gateway", ct);
            case FaultKind.ServiceUnavailable:
                return HtmlAsync(response, 503, "503 Service Temporarily Unavailable", ct);
            case FaultKind.GatewayTimeout:
                return HtmlAsync(response, 504, "504 Gateway Time-out", ct);
            case FaultKind.HtmlPage:
                return WriteAsync(response, 200, "text/html; charset=UTF-8", MaintenancePage, ct);
            case FaultKind.Redirect:
                // 307 has a client send everything again, its secrets too.
                response.Headers.Location = "/oauth/elsewhere";
                return WriteAsync(response, 307, null, "", ct);
            case FaultKind.EmptyBody:
                return WriteAsync(response, 200, "application/json", "", ct);
            case FaultKind.EmptyBadRequest:
                return WriteAsync(response, 400, null, "", ct);
            case FaultKind.Silence:
                return FallSilentAsync(context, ct);
            case FaultKind.HugeBody:
                return FloodAsync(response, fault.Size, ct);
            default:
                throw new InvalidOperationException($"{fault.Kind} does not refuse.");
        }
    }

    private static Task JsonAsync(HttpResponse response, int status, string body, CancellationToken ct) =>
        WriteAsync(response, status, "application/json", body, ct);

    private static Task HtmlAsync(HttpResponse response, int status, string title, CancellationToken ct) =>
        WriteAsync(response, status, "text/html", ErrorPage.Replace("{0}", title, StringComparison.Ordinal), ct);

    private static async Task WriteAsync(HttpResponse response, int status, string? contentType, string body, CancellationToken ct)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, ct);
    }

    private static async Task FallSilentAsync(HttpContext context, CancellationToken ct)
    {
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(ct);
        await context.Response.Body.FlushAsync(ct);
        await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Abort();
    }

    private static async Task FloodAsync(HttpResponse response, long size, CancellationToken ct)
    {
        response.ContentType = "application/json";
        var chunk = Encoding.UTF8.GetBytes(new string('a', 64 * 1024));
        await response.WriteAsync("""{"message":"OK","padding":" """, ct);
        for (long sent = 0; sent < size; sent += chunk.Length)
        {
            await response.Body.WriteAsync(chunk, ct);
        }

        await response.WriteAsync("\",\"data\":[]}", ct);
    }
}
