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
    public string DoorOf(HttpContext context, User user) => IdOf(context, user.Id, user.SecurityStamp) is { } id ? Guesses.Browser(id) : Guesses.Strangers;

    /// <summary>The person has just signed in here.</summary>
    /// <param name="stamp">Theirs at this moment. Another password, or whatever else changes it, makes every browser a stranger that does not bring the new one.</param>
    public void Remember(HttpContext context, Guid userId, string? stamp)
    {
        if (IdOf(context, userId, stamp) is null)
        {
            context.Response.Cookies.Append(_cookie, _protector.Protect($"{userId} {Guid.NewGuid()} {stamp}"), HostCookies.Options(SameSiteMode.Strict, settings, Kept));
        }
    }

    private Guid? IdOf(HttpContext context, Guid userId, string? stamp)
    {
        try
        {
            return context.Request.Cookies[_cookie] is { Length: < 1000 } box && _protector.Unprotect(box).Split(' ', 3) is [var owner, var id, var then] && owner == userId.ToString() && then == stamp
                ? Guid.Parse(id) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
