using System.Net;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Pictures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace KickMonitor.Tests.Web.Pictures;

public sealed class Fetching_pictures : IAsyncLifetime
{
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3];
    private WebApplication _host = null!;
    private int _asked;
    private int _dripped;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _host = builder.Build();
        _host.Run(AnswerAsync);
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_picture_of_the_stand_in_is_fetched_and_its_kind_is_told_by_its_bytes()
    {
        var fetched = (await FetchAsync("/called-text")).ShouldBeOfType<FetchPicture.Fetched>();

        fetched.Picture.ContentType.ShouldBe("image/png");
        fetched.Picture.Bytes.ShouldBe(Png);
    }

    [Theory]
    [InlineData("/moved", PictureRefusal.Redirected)]
    [InlineData("/missing", PictureRefusal.NotFound)]
    [InlineData("/broken", PictureRefusal.Unreachable)]
    [InlineData("/page", PictureRefusal.NotAPicture)]
    [InlineData("/drawing.svg", PictureRefusal.NotAPicture)]
    [InlineData("/empty", PictureRefusal.NotAPicture)]
    [InlineData("/announced-large", PictureRefusal.TooLarge)]
    [InlineData("/unannounced-large", PictureRefusal.TooLarge)]
    [InlineData("/cut", PictureRefusal.Unreachable)]
    public async Task What_is_no_picture_is_refused(string path, PictureRefusal why) => (await FetchAsync(path)).ShouldBe(new FetchPicture.Refused(why));

    [Fact]
    public async Task A_slow_picture_is_given_up()
    {
        var clock = new TestClock();
        using var source = Source(IPAddress.Loopback, clock);
        var fetched = source.FetchAsync(_host.Urls.Single() + "/dripping", CancellationToken.None);
        await Eventually.ShouldAsync(() => _dripped > 2, "some of it arrives");
        clock.Advance(PictureSource.Patience - TimeSpan.FromSeconds(1));
        fetched.IsCompleted.ShouldBeFalse();

        clock.Advance(1);

        (await fetched).ShouldBe(new FetchPicture.Refused(PictureRefusal.TooSlow));
    }

    [Theory]
    [InlineData("http://example.com/a.png")]
    [InlineData("https://files.kick.com.example.com/a.png")]
    [InlineData("https://evilkick.com/a.png")]
    [InlineData("https://files.kick.com:8443/a.png")]
    [InlineData("https://somebody@files.kick.com/a.png")]
    [InlineData("https://files.kick.com@127.0.0.1/a.png")]
    [InlineData("http://127.0.0.1:1/a.png")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://files.kick.com/a.png")]
    [InlineData("//files.kick.com/a.png")]
    [InlineData("javascript:alert(1)")]
    [InlineData("")]
    public async Task Only_known_hosts_are_asked(string address)
    {
        using var source = Source(resolve: IPAddress.Loopback);

        (await source.FetchAsync(address, CancellationToken.None)).ShouldBe(new FetchPicture.Refused(PictureRefusal.HostNotAllowed));
        _asked.ShouldBe(0);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::1")]
    public async Task A_known_name_that_leads_into_this_network_is_refused(string address)
    {
        using var source = Source(resolve: IPAddress.Parse(address));

        (await source.FetchAsync("http://files.kick.com/a.png", CancellationToken.None)).ShouldBe(new FetchPicture.Refused(PictureRefusal.PrivateAddress));
        _asked.ShouldBe(0);
    }

    [Theory]
    [InlineData("104.18.32.7")]
    [InlineData("172.32.0.1")]
    [InlineData("2606:4700::6812:2007")]
    public void Public_addresses_are_not_private(string address) => PictureHosts.IsPrivate(IPAddress.Parse(address)).ShouldBeFalse();

    [Fact]
    public void Real_Kick_may_never_be_private()
    {
        var hosts = new PictureHosts(new KickOptions());

        hosts.Allowed("https://kick.com/img/default-profile-pictures/1.webp").ShouldNotBeNull();
        hosts.MayBePrivate(new Uri("https://kick.com/a.png")).ShouldBeFalse();
        hosts.MayBePrivate(new Uri("https://api.kick.com/a.png")).ShouldBeFalse();
    }

    private async Task<FetchPicture> FetchAsync(string path)
    {
        using var source = Source(resolve: IPAddress.Loopback);
        return await source.FetchAsync(_host.Urls.Single() + path, CancellationToken.None);
    }

    private PictureSource Source(IPAddress resolve, TimeProvider? time = null) =>
        new(new PictureHosts(new KickOptions { SiteBaseUrl = _host.Urls.Single() }), time ?? TimeProvider.System, (_, _) => Task.FromResult(new[] { resolve }));

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        var response = context.Response;
        switch (context.Request.Path)
        {
            case "/called-text":
                response.ContentType = "text/html";
                await response.Body.WriteAsync(Png);
                break;
            case "/moved":
                response.Redirect("/called-text");
                break;
            case "/missing":
                response.StatusCode = 404;
                break;
            case "/broken":
                response.StatusCode = 502;
                break;
            case "/page":
                response.ContentType = "image/png";
                await response.WriteAsync("<html><script>alert(1)</script></html>");
                break;
            case "/drawing.svg":
                response.ContentType = "image/svg+xml";
                await response.WriteAsync("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>");
                break;
            case "/announced-large":
                response.ContentLength = PictureSource.MostBytes + 1;
                await response.Body.WriteAsync(Png);
                break;
            case "/unannounced-large":
                await response.Body.WriteAsync(Png);
                await response.Body.WriteAsync(new byte[PictureSource.MostBytes]);
                break;
            case "/cut":
                response.ContentLength = 1000;
                await response.Body.WriteAsync(Png);
                await response.Body.FlushAsync();
                context.Abort();
                break;
            case "/dripping":
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await response.Body.WriteAsync(Png);
                    await response.Body.FlushAsync();
                    Interlocked.Increment(ref _dripped);
                    await Task.Delay(10);
                }

                break;
            default:
                break;
        }
    }
}
