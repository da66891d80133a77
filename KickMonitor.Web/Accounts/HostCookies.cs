using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// What all cookies that open something have in common: no script reads them, and where people come by https, browsers take them
/// from this very host only and send them nowhere else.
/// </summary>
internal static class HostCookies
{
    public const string Session = "kickmonitor";

    public static void AddHostCookies(this IServiceCollection services)
    {
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme)
            .Configure<IConfiguration>((o, settings) => Bind(o.Cookie, Session, SameSiteMode.Lax, settings));
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.TwoFactorUserIdScheme)
            .Configure<IConfiguration>((o, settings) => Bind(o.Cookie, "kickmonitor.step", SameSiteMode.Strict, settings));
        services.AddOptions<AntiforgeryOptions>().Configure<IConfiguration>((o, settings) => Bind(o.Cookie, "kickmonitor.form", SameSiteMode.Strict, settings));
    }

    public static string NameOf(string name, IConfiguration settings) => IsHttps(settings) ? "__Host-" + name : name;

    /// <summary>The same for a cookie that is written by hand.</summary>
    public static CookieOptions Options(SameSiteMode sameSite, IConfiguration settings, TimeSpan? life) => new()
    {
        HttpOnly = true,
        Secure = IsHttps(settings),
        SameSite = sameSite,
        Path = "/",
        MaxAge = life,
        IsEssential = true,
    };

    private static void Bind(CookieBuilder cookie, string name, SameSiteMode sameSite, IConfiguration settings)
    {
        cookie.Name = NameOf(name, settings);
        cookie.HttpOnly = true;
        cookie.SameSite = sameSite;
        cookie.Path = "/";

        // Behind a proxy that ends TLS every request seems to be plain.
        cookie.SecurePolicy = IsHttps(settings) ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
    }

    private static bool IsHttps(IConfiguration settings) => settings["PublicUrl"]?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;
}
