using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

/// <summary>What a page does that is left open: it tells, it sounds, it turns its pages.</summary>
[Collection(nameof(Browser))]
public sealed class AlertsTests(Site site)
{
    // Notes what the browser was asked to show and to play, and lets it do so.
    private const string Listen = """
        window.notes = [];
        window.tones = 0;
        const Shown = window.Notification, Played = window.OscillatorNode;
        window.Notification = class extends Shown { constructor(title, options) { super(title, options); window.notes.push(title); } };
        window.OscillatorNode = class extends Played { constructor(...all) { super(...all); window.tones++; } };
        """;

    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task A_start_is_told_by_a_notification_and_a_sound_to_who_asked_for_it()
    {
        var star = _world.Streamers[10];
        await using var window = await site.OpenAsync();
        await window.Page.Context.GrantPermissionsAsync(["notifications"]);
        await window.Page.AddInitScriptAsync(Listen);
        await window.Page.Clock.InstallAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        (await window.Page.EvaluateAsync<int>("() => window.notes.length + window.tones")).ShouldBe(0, "nobody is told who did not ask");

        await window.Page.Locator("summary", new() { HasText = "View" }).ClickAsync();
        await window.Page.GetByLabel("with a sound").CheckAsync();
        var asked = window.Page.WaitForResponseAsync("**/live/starts**");
        await window.Page.GetByLabel("Tell me when live").SelectOptionAsync("everybody");
        await asked;
        int tones = await window.Page.EvaluateAsync<int>("() => window.tones");

        // Two broadcasts that begin in the same second are one to Kick.
        _world.EndStream(star.Id);
        await Expect(window.Row(star.Slug)).ToContainTextAsync("offline");
        _world.GoLive(star.Id, viewers: 3, title: "again");
        await Expect(window.Row(star.Slug)).ToContainTextAsync("again");
        await RunningServer.EventuallyAsync(
            async () =>
            {
                await window.Page.Clock.FastForwardAsync(16_000);
                return (await window.Page.EvaluateAsync<string[]>("() => window.notes")).Any(n => n.Equals($"{star.Name} is live", StringComparison.OrdinalIgnoreCase));
            }, "the notification");
        (await window.Page.EvaluateAsync<int>("() => window.tones")).ShouldBeGreaterThan(tones);
    }

    [Fact]
    public async Task The_wall_turns_its_pages_by_itself_and_begins_again_after_the_last()
    {
        await using var window = await site.OpenAsync(height: 400);
        await window.Page.Clock.InstallAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.Keyboard.PressAsync("w");
        await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-wall", string.Empty);
        await Expect(window.Page.Locator(".bar")).ToBeHiddenAsync();

        await window.Page.Clock.FastForwardAsync(13_000);
        int second = await window.Page.EvaluateAsync<int>("() => Math.round(scrollY)");
        second.ShouldBeGreaterThan(100);
        var pages = new List<int>();
        for (int i = 0; i < 6 && !pages.Contains(0); i++)
        {
            await window.Page.Clock.FastForwardAsync(13_000);
            pages.Add(await window.Page.EvaluateAsync<int>("() => Math.round(scrollY)"));
        }

        pages.ShouldContain(0, "after the last page comes the first");
        await window.Page.Keyboard.PressAsync("Escape");
        await Expect(window.Page.Locator(".bar")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_wall_begins_from_any_page()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        var html = window.Page.Locator("html");
        foreach (string page in new[] { "/settings/tokens", "/events" })
        {
            await window.Page.GotoAsync(page);
            await window.Page.Keyboard.PressAsync("Control+k");
            await window.Page.Keyboard.TypeAsync("wall");
            await Expect(window.Page.Locator("#palette [role=option]")).ToHaveCountAsync(1);
            await window.Page.Keyboard.PressAsync("Enter");
            await Expect(html).ToHaveAttributeAsync("data-wall", string.Empty);
            await Expect(window.Page).ToHaveURLAsync("/");
            await window.Page.Keyboard.PressAsync("Escape");
            await Expect(html).Not.ToHaveAttributeAsync("data-wall", string.Empty);
        }

        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_wall_begins_again_at_once_after_it_was_left()
    {
        // In a window of its own: a full screen that another page left may end this one's.
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        var html = window.Page.Locator("html");
        await window.GoAsync("/");
        await window.Page.Keyboard.PressAsync("w");
        await window.Page.WaitForFunctionAsync("() => document.fullscreenElement !== null");
        await Expect(html).ToHaveAttributeAsync("data-wall", string.Empty);

        // The browser tells of the full screen that was left when there is a wall again.
        await window.Page.EvaluateAsync("() => document.addEventListener('fullscreenchange', () => { window.isTold = true; })");
        await window.Page.Keyboard.PressAsync("w");
        await window.Page.Keyboard.PressAsync("w");
        await window.Page.WaitForFunctionAsync("() => window.isTold");
        await Expect(html).ToHaveAttributeAsync("data-wall", string.Empty);
        await window.Page.Locator("tr[data-slug] th a").First.ClickAsync();
        await Expect(window.Page.Locator(".bar")).ToBeVisibleAsync();
        window.Complaints.ShouldBeEmpty();
    }
}
