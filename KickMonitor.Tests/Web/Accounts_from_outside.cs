using System.Net;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Linking;
using Microsoft.AspNetCore.Http;

namespace KickMonitor.Tests.Web;

public sealed class Accounts_from_outside
{
    private static readonly IPAddress Somewhere = IPAddress.Parse("203.0.113.7");

    [Theory]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("/streamers/lana?x=1", "/streamers/lana?x=1")]
    [InlineData("https://evil.example", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/%2F%2Fevil.example", "/")]
    [InlineData("/%5Cevil.example", "/")]
    [InlineData("/%09/evil.example", "/")]
    [InlineData("/streamers?q=%2F%2Fx", "/streamers?q=%2F%2Fx")]
    [InlineData("\\\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("/\r\nSet-Cookie: x=1", "/")]
    public void A_return_address_stays_on_this_site(string? asked, string expected) => LocalAddress.Of(asked).ShouldBe(expected);

    [Fact]
    public void Fifty_failures_from_one_address_rest_for_a_quarter_of_an_hour_and_nobody_else_pays()
    {
        var clock = new TestClock();
        var limits = new SignInLimits(clock);
        for (int i = 0; i < 50; i++)
        {
            limits.Take(Somewhere).ShouldBeTrue();
        }

        limits.MayTry(Somewhere).ShouldBeFalse();
        limits.Take(Somewhere).ShouldBeFalse();
        limits.MayTry(IPAddress.Parse("::ffff:203.0.113.7")).ShouldBeFalse();
        limits.MayTry(IPAddress.Parse("203.0.113.8")).ShouldBeTrue();
        clock.Advance(TimeSpan.FromMinutes(15.1));
        limits.MayTry(Somewhere).ShouldBeTrue();
    }

    [Fact]
    public void Of_a_thousand_who_come_at_once_fifty_pass_and_who_was_right_gives_the_try_back()
    {
        var limits = new SignInLimits(new TestClock());
        int passed = 0;
        Parallel.For(0, 1000, _ => Interlocked.Add(ref passed, limits.Take(Somewhere) ? 1 : 0));
        passed.ShouldBe(50);

        for (int i = 0; i < 200; i++)
        {
            limits.Take(IPAddress.Parse("203.0.113.9")).ShouldBeTrue();
            limits.GiveBack(IPAddress.Parse("203.0.113.9"));
        }
    }

    [Fact]
    public void A_whole_network_of_IPv6_counts_as_one_address()
    {
        var limits = new SignInLimits(new TestClock());
        for (int i = 0; i < 50; i++)
        {
            limits.Take(IPAddress.Parse($"2001:db8:1:2::{i:x}"));
        }

        limits.MayTry(IPAddress.Parse("2001:db8:1:2:ffff::1")).ShouldBeFalse();
        limits.MayTry(IPAddress.Parse("2001:db8:1:3::1")).ShouldBeTrue();
    }

    [Fact]
    public void Who_knocks_at_providers_from_one_network_of_IPv6_counts_as_one()
    {
        using var limit = new ConnectLimit();
        for (int i = 0; i < ConnectLimit.AMinute; i++)
        {
            limit.MayPass(From($"2001:db8:1:2::{i:x}")).ShouldBeTrue();
        }

        limit.MayPass(From("2001:db8:1:2:ffff::1")).ShouldBeFalse();
        limit.MayPass(From("2001:db8:1:3::1")).ShouldBeTrue();

        static DefaultHttpContext From(string address) => new() { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
    }
}
