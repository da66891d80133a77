using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace KickMonitor.Tests.Web.Accounts;

public sealed class Known_browsers
{
    private static readonly User Ada = new() { Id = Guid.NewGuid(), SecurityStamp = "before" };
    private readonly KnownBrowser _known = new(new EphemeralDataProtectionProvider(), new ConfigurationBuilder().Build());

    [Fact]
    public void A_browser_keeps_its_own_door_until_the_password_is_another()
    {
        var browser = new DefaultHttpContext();
        _known.DoorOf(browser, Ada).ShouldBe(Guesses.Strangers);
        SignIn(browser, Ada);
        string door = _known.DoorOf(browser, Ada);
        door.ShouldNotBe(Guesses.Strangers);
        SignIn(browser, Ada);
        _known.DoorOf(browser, Ada).ShouldBe(door, "signing in again gives no ten guesses more");

        // Whoever took the cookie along guesses with everybody else now, and the owner's browser is known again with the new password.
        var after = new User { Id = Ada.Id, SecurityStamp = "after a reset" };
        _known.DoorOf(browser, after).ShouldBe(Guesses.Strangers);
        SignIn(browser, after);
        _known.DoorOf(browser, after).ShouldNotBe(Guesses.Strangers);
        _known.DoorOf(browser, Ada).ShouldBe(Guesses.Strangers);
    }

    [Fact]
    public void Somebody_elses_browser_or_a_forged_cookie_is_a_stranger()
    {
        var browser = new DefaultHttpContext();
        SignIn(browser, Ada);

        _known.DoorOf(browser, new User { Id = Guid.NewGuid(), SecurityStamp = Ada.SecurityStamp }).ShouldBe(Guesses.Strangers);
        browser.Request.Headers.Cookie = $"kickmonitor.browser={Ada.Id} {Guid.NewGuid()} {Ada.SecurityStamp}";
        _known.DoorOf(browser, Ada).ShouldBe(Guesses.Strangers);
    }

    private void SignIn(HttpContext browser, User user)
    {
        browser.Response.Headers.Remove("Set-Cookie");
        _known.Remember(browser, user.Id, user.SecurityStamp);
        if (browser.Response.Headers.SetCookie is [{ } given])
        {
            browser.Request.Headers.Cookie = given.Split(';')[0];
        }
    }
}
