using KickMonitor.Sandbox;
using Microsoft.Playwright;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class EventsPagesTests(Site site)
{
    [Fact]
    public async Task An_event_appears_by_itself_and_only_to_those_who_may_see_it()
    {
        var kick = site.Server.Kick;
        var streamer = kick.World.Streamers[0];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/events?type=kicks.gifted");
        await using var viewer = await site.OpenAsync();
        await viewer.SignInAsync("viewer@example.com");
        await viewer.GoAsync("/events?type=kicks.gifted");

        kick.Webhooks.Url = new Uri(site.Server.Address, "/webhooks/kick");
        kick.Webhooks.Send(EventTypes.Kicks, streamer.Id, kick.Webhooks.Bodies.Kicks(streamer, 77, 500, "<b>gg</b>", DateTimeOffset.UtcNow));
        var line = window.Page.GetByText("Viewer_77 sent 500 Kicks");
        await line.WaitForAsync();
        (await line.InnerTextAsync()).ShouldContain("<b>gg</b>");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "payload" }).First.ClickAsync();
        (await window.Page.Locator(".payload").InnerTextAsync()).ShouldContain("\"amount\": 500");
        (await viewer.Page.GetByText("Viewer_77").CountAsync()).ShouldBe(0);
        window.Complaints.ShouldBeEmpty();
        viewer.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_Admin_sees_whether_webhooks_work()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/webhooks");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Test" }).ClickAsync();
        await window.Page.GetByText("The signature").WaitForAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Try without doing" }).ClickAsync();
        await window.Page.GetByText("would act").WaitForAsync();
        window.Complaints.ShouldBeEmpty();
    }
}
