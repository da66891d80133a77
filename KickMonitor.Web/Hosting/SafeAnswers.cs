namespace KickMonitor.Web.Hosting;

/// <summary>What every answer carries: headers that keep browsers from doing more than the pages ask for.</summary>
public static class SafeAnswers
{
    // Radzen and Virtualize write style attributes; nothing else is conceded, least of all to scripts.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    /// <summary>Browsers hold a form to the policy of its page also where the answer redirects it, so a form that leads to a provider names it.</summary>
    public static void AllowForms(this HttpContext context, IEnumerable<string> addresses) =>
        context.Response.Headers.ContentSecurityPolicy = Policy.Replace(
            "form-action 'self'", "form-action 'self' " + string.Join(' ', addresses.Select(a => new Uri(a).GetLeftPart(UriPartial.Authority)).Distinct()), StringComparison.Ordinal);

    /// <summary>Lets other sites show this answer within their pages.</summary>
    public static void AllowFrames(this HttpContext context) =>
        context.Response.Headers.ContentSecurityPolicy = Policy.Replace("frame-ancestors 'none'", "frame-ancestors *", StringComparison.Ordinal);

    public static void UseSafeAnswers(this WebApplication app)
    {
        if (!app.Environment.IsDevelopment())
        {
            app.UseExceptionHandler("/error", createScopeForErrors: true);
            app.UseHsts();
        }

        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
            return next(context);
        });
    }
}
