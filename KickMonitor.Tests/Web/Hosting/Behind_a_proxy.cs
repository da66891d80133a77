using System.Net;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KickMonitor.Tests.Web.Hosting;

public sealed class Behind_a_proxy
{
    [Theory]
    [InlineData(null, "127.0.0.1 http")]
    [InlineData("10.0.0.0/8, ::1", "127.0.0.1 http")]
    [InlineData("127.0.0.1", "203.0.113.9 https")]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "198.51.100.7 https")]
    public async Task Who_a_request_comes_from_is_told_by_named_proxies_only_and_the_host_by_none(string? trusted, string expected)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<SiteOptions>(o => o.TrustedProxies = trusted);
        await using var app = builder.Build();
        app.UseTrustedProxies();
        app.Run(context => context.Response.WriteAsync($"{context.Connection.RemoteIpAddress} {context.Request.Scheme} {context.Request.Host.Host}"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", trusted?.Contains("10.", StringComparison.Ordinal) == true ? "198.51.100.7, 10.1.2.3" : "198.51.100.7, 203.0.113.9");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https, https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example");

        (await client.GetStringAsync("/", TestContext.Current.CancellationToken)).ShouldBe(expected + " 127.0.0.1");
    }

    [Theory]
    [InlineData("somewhere")]
    [InlineData("10.0.0.0/99")]
    [InlineData("10.0.0.1;10.0.0.2")]
    public void What_is_no_address_is_refused_at_start(string trusted) =>
        Should.Throw<OptionsValidationException>(() => SettingsCheck.Run(new ConfigurationBuilder().AddInMemoryCollection([new("TrustedProxies", trusted)]).Build())).Message.ShouldContain("TrustedProxies");

    [Theory]
    [InlineData("https://monitor.example", "__Host-", true)]
    [InlineData("http://localhost:5080", "", false)]
    public void Cookies_are_bound_to_this_very_host_where_people_come_by_https(string publicUrl, string prefix, bool isSecure)
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("PublicUrl", publicUrl)]).Build()).AddLogging();
        services.AddAntiforgery();
        services.AddAccess();
        using var provider = services.BuildServiceProvider();
        var cookies = provider.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>();

        Check(cookies.Get(IdentityConstants.ApplicationScheme).Cookie, "kickmonitor", SameSiteMode.Lax);
        Check(cookies.Get(IdentityConstants.TwoFactorUserIdScheme).Cookie, "kickmonitor.step", SameSiteMode.Strict);
        foreach (var sameSite in new[] { SameSiteMode.Strict, SameSiteMode.Lax })
        {
            // The view as somebody else, the known browser and the link under way are written by hand.
            var written = HostCookies.Options(sameSite, provider.GetRequiredService<IConfiguration>(), TimeSpan.FromMinutes(1));
            (written.Secure, written.HttpOnly, written.SameSite, written.Path, written.Domain).ShouldBe((isSecure, true, sameSite, "/", null));
            HostCookies.NameOf("kickmonitor.view", provider.GetRequiredService<IConfiguration>()).ShouldBe(prefix + "kickmonitor.view");
        }

        Check(provider.GetRequiredService<IOptions<AntiforgeryOptions>>().Value.Cookie, "kickmonitor.form", SameSiteMode.Strict);

        void Check(CookieBuilder cookie, string name, SameSiteMode sameSite)
        {
            // Plain, as everything is that comes from a proxy that ends TLS.
            var built = cookie.Build(new DefaultHttpContext());
            cookie.Name.ShouldBe(prefix + name);
            built.Secure.ShouldBe(isSecure, name);
            built.HttpOnly.ShouldBeTrue(name);
            built.SameSite.ShouldBe(sameSite, name);
            built.Path.ShouldBe("/", name);
            built.Domain.ShouldBeNull(name);
        }
    }
}
