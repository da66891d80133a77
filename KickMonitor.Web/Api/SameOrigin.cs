using KickMonitor.Web.Hosting;

namespace KickMonitor.Web.Api;

/// <summary>
/// Tells requests that another website makes a browser send, with the cookie of whoever sits there, from our own. Programs
/// send neither header, and are not meant.
/// </summary>
public sealed class SameOrigin(SiteOptions site)
{
    private string? Public => Uri.TryCreate(site.PublicUrl, UriKind.Absolute, out var address) ? address.Authority : null;

    public bool IsForeign(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } site])
        {
            return site is not ("same-origin" or "none");
        }

        // Browsers leave that header out on plain http, but never this one.
        return request.Headers.Origin is [{ Length: > 0 } origin] && !IsOurs(origin, request.Host);
    }

    /// <summary>Browsers let any page open a WebSocket to anywhere, with cookies; this lets only our own through.</summary>
    public static RequestDelegate Refusing(RequestDelegate next) => context =>
    {
        if (!context.RequestServices.GetRequiredService<SameOrigin>().IsForeign(context.Request))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    };

    private bool IsOurs(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var from)
        && (from.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase) || from.Authority.Equals(Public, StringComparison.OrdinalIgnoreCase));
}
