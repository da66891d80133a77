using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

/// <summary>What an open page does when its connection breaks.</summary>
[Collection(nameof(Browser))]
public sealed class ConnectionTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task A_lost_connection_is_told_calmly_and_resumed_where_the_reader_was()
    {
        IWebSocketRoute? line = null;
        bool isCut = false;
        await using var window = await site.OpenAsync(height: 360);
        await window.Page.RouteWebSocketAsync("**/_blazor**", route =>
        {
            if (isCut)
            {
                _ = route.CloseAsync();
                return;
            }

            route.ConnectToServer();
            line = route;
        });

        // Without a socket the page would poll instead, and be back before anybody saw that it was gone.
        await window.Page.RouteAsync("**/_blazor/**", route => isCut ? route.AbortAsync() : route.ContinueAsync());
        await window.SignInAsync();
        await window.GoAsync("/?sort=name");
        await window.Page.EvaluateAsync("() => { window.sameDocument = true; scrollTo(0, 100_000); }");
        int y = await ScrollAsync(window);
        y.ShouldBeGreaterThan(100);
        var row = window.Page.Locator("tr[data-slug]").Last;
        await Expect(row).ToBeInViewportAsync();
        var last = _world.Find((await row.GetAttributeAsync("data-slug"))!)!;

        isCut = true;
        await line!.CloseAsync(new() { Code = 1011, Reason = "cut" });
        await Expect(window.Page.Locator(".connection-lost")).ToBeVisibleAsync();
        await Expect(window.Row(last.Slug)).ToBeVisibleAsync();
        isCut = false;

        await Expect(window.Page.Locator(".connection-lost")).ToBeHiddenAsync();
        (await ScrollAsync(window)).ShouldBe(y);
        _world.GoLive(last.Id, viewers: 9, title: "after the cut");
        await Expect(window.Row(last.Slug)).ToContainTextAsync("after the cut");
        (await window.Page.EvaluateAsync<bool>("() => window.sameDocument === true")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_circuit_that_the_server_forgot_is_begun_anew_where_the_reader_was()
    {
        await using var window = await site.OpenAsync(height: 360);
        await window.SignInAsync();
        await window.GoAsync("/?sort=name");
        await window.Page.EvaluateAsync("() => { window.sameDocument = true; scrollTo(0, 220); }");
        int y = await ScrollAsync(window);

        await window.Page.EvaluateAsync("() => document.getElementById('components-reconnect-modal').classList.add('components-reconnect-rejected')");

        await window.Page.WaitForFunctionAsync("() => window.sameDocument === undefined && document.querySelector('main[data-interactive=true]') !== null");
        await window.Page.WaitForFunctionAsync("y => Math.abs(scrollY - y) < 3", y);
        window.Complaints.ShouldBeEmpty();
    }

    private static Task<int> ScrollAsync(Window window) => window.Page.EvaluateAsync<int>("() => Math.round(scrollY)");
}
