using System.Security.Cryptography;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.DataProtection;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Recognises a browser in which a person has signed in before. What is guessed there is counted apart, so that strangers who guess
/// at the account do not keep its owner out. The cookie opens nothing.
/// </summary>
public sealed class KnownBrowser(IDataProtectionProvider protection, IConfiguration settings)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(365);
    private readonly IDataProtector _protector = protection.CreateProtector("KickMonitor.Accounts", "known browser");
    private readonly string _cookie = HostCookies.NameOf("kickmonitor.browser", settings);

    /// <summary>Where a guess at this account from this browser is counted.</summary>
    public string DoorOf(HttpContext context, Guid userId) => IdOf(context, userId) is { } id ? Guesses.Browser(id) : Guesses.Strangers;

    /// <summary>The person has just signed in here.</summary>
    public void Remember(HttpContext context, Guid userId)
    {
        if (IdOf(context, userId) is null)
        {
            context.Response.Cookies.Append(_cookie, _protector.Protect($"{userId} {Guid.NewGuid()}"), HostCookies.Options(SameSiteMode.Strict, settings, Kept));
        }
    }

    private Guid? IdOf(HttpContext context, Guid userId)
    {
        try
        {
            return context.Request.Cookies[_cookie] is { Length: < 1000 } box && _protector.Unprotect(box).Split(' ') is [var owner, var id] && owner == userId.ToString() ? Guid.Parse(id) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
