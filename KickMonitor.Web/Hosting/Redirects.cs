namespace KickMonitor.Web.Hosting;

/// <summary>Sends people to other pages here without naming the Host that the request named, which anybody can write, and after a form by a GET.</summary>
public static class Redirects
{
    /// <summary>Must come before whatever redirects.</summary>
    public static void UseSafeRedirects(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(Mend, context);
        return next(context);
    });

    private static Task Mend(object state)
    {
        var context = (HttpContext)state;
        var (request, response) = (context.Request, context.Response);
        if (response.Headers.Location is not [{ } address] || response.StatusCode is < 300 or > 399)
        {
            return Task.CompletedTask;
        }

        if (response.StatusCode == StatusCodes.Status302Found && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status303SeeOther;
        }

        // What begins with two slashes would be another site's.
        string here = $"{request.Scheme}://{request.Host}";
        if (address.StartsWith(here + '/', StringComparison.OrdinalIgnoreCase) && address[here.Length..] is var path && path is "/" or ['/', not ('/' or '\\'), ..])
        {
            response.Headers.Location = path;
        }

        return Task.CompletedTask;
    }
}
