using KickMonitor.Domain.Linking;
using KickMonitor.Web.Hosting;

namespace KickMonitor.Web.Linking;

/// <summary>
/// A random value in a cookie of this browser that scripts cannot read. A link that begins in one browser ends in the same, or not
/// at all.
/// </summary>
public sealed class BrowserSecret(PublicAddress address)
{
    private const int Length = 43;

    /// <summary>The prefix makes browsers refuse the cookie from anybody but this very host; it needs https.</summary>
    private string Name => address.IsHttps ? "__Host-kickmonitor.link" : "kickmonitor.link";

    /// <summary>The one that the browser has, so that links begun in two tabs both end well; else a new one.</summary>
    public string Ensure(HttpContext context)
    {
        string secret = Read(context) ?? Pkce.NewSecret();
        context.Response.Cookies.Append(Name, secret, Options(LinkAttempt.Lifetime));
        return secret;
    }

    public string? Read(HttpContext context) => context.Request.Cookies[Name] is { Length: Length } secret ? secret : null;

    public void Forget(HttpContext context) => context.Response.Cookies.Delete(Name, Options(null));

    private CookieOptions Options(TimeSpan? life) => new()
    {
        HttpOnly = true,
        Secure = address.IsHttps,

        // Strict would withhold it on the way back from the provider.
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = life,
        IsEssential = true,
    };
}
