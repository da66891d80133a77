using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class StreamerPageTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task A_streamers_page_shows_the_state_the_broadcast_and_viewers_over_the_time_that_one_asks_for()
    {
        var streamer = _world.Streamers[11];
        _world.GoLive(streamer.Id, viewers: 642, title: "for the chart");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync($"/streamers/{streamer.Slug}");

        var header = window.Page.Locator("header.streamer");
        await Expect(header).ToContainTextAsync("642");
        await Expect(header).ToContainTextAsync("for the chart");
        await Expect(window.Page.Locator("table.plain")).ToContainTextAsync("so far");
        await Expect(window.Page.Locator(".timeline")).ToContainTextAsync("went live");
        (await header.Locator("img").First.EvaluateAsync<int>("i => i.naturalWidth")).ShouldBeGreaterThan(0);

        var times = window.Page.GetByRole(AriaRole.Navigation, new() { Name = "Time" });
        await Expect(times.Locator("[aria-current]")).ToHaveTextAsync("broadcast");
        await times.GetByText("7 d").ClickAsync();
        await Expect(window.Page).ToHaveURLAsync($"/streamers/{streamer.Slug}?range=week");
        await Expect(times.Locator("[aria-current]")).ToHaveTextAsync("7 d");

        // All that was counted in a week falls into one point, and is seen.
        await Expect(window.Page.Locator(".chart .dots:not([d=''])")).ToHaveCountAsync(1);
        window.Complaints.ShouldBeEmpty();
    }
}
