using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class LiveTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task The_dashboard_shows_a_start_its_viewers_and_its_title_without_a_reload()
    {
        var lana = _world.Streamers[0];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.EvaluateAsync("() => { window.sameDocument = true; }");
        await Expect(window.Row(lana.Slug)).ToContainTextAsync("offline");

        _world.GoLive(lana.Id, viewers: 4321, title: "Ranked until it hurts");

        await Expect(window.Row(lana.Slug)).ToContainTextAsync("live");
        await Expect(window.Row(lana.Slug)).ToContainTextAsync("4,321");
        await Expect(window.Row(lana.Slug)).ToContainTextAsync("Ranked until it hurts");
        (await window.Page.EvaluateAsync<bool>("() => window.sameDocument === true")).ShouldBeTrue();
        (await window.Page.TitleAsync()).ShouldContain("live)");

        _world.SetTitle(lana.Id, "<script>alert(1)</script> & friends");
        await Expect(window.Row(lana.Slug)).ToContainTextAsync("<script>alert(1)</script> & friends");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_window_is_called_what_the_page_is_about_wherever_one_goes_in_it()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.EvaluateAsync("() => { window.sameDocument = true; }");
        var main = window.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main" });

        await main.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await Expect(window.Page).ToHaveTitleAsync("Events · KickMonitor");
        await main.GetByRole(AriaRole.Link, new() { Name = "Live" }).ClickAsync();
        await window.Page.WaitForFunctionAsync("() => !document.title.includes('·') && document.title.endsWith('KickMonitor')");
        (await window.Page.EvaluateAsync<bool>("() => window.sameDocument === true")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_failing_Kick_is_told_on_the_page_and_nobody_turns_offline()
    {
        var omar = _world.Streamers[1];
        _world.GoLive(omar.Id, viewers: 77, title: "steady");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await Expect(window.Row(omar.Slug)).ToContainTextAsync("live");

        var banner = window.Page.Locator(".banner.trouble", new() { HasText = "kick-api" });
        site.Server.Kick.Faults.Add(KickMonitor.Sandbox.FaultKind.BadGateway);
        try
        {
            await Expect(banner).ToBeVisibleAsync();
            await Expect(window.Row(omar.Slug)).ToContainTextAsync("live");
        }
        finally
        {
            site.Server.Kick.Faults.Clear();
        }

        await Expect(banner).ToHaveCountAsync(0);
        await Expect(window.Row(omar.Slug)).ToContainTextAsync("live");
    }

    [Fact]
    public async Task Search_filter_and_sort_stand_in_the_address_and_survive_a_reload()
    {
        var wanted = _world.Streamers[2];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");

        await window.Page.GetByPlaceholder("search…").FillAsync(wanted.Slug);
        await Expect(window.Page.Locator("tr[data-slug]")).ToHaveCountAsync(1);
        window.Page.Url.ShouldContain("q=");

        await window.GoAsync(new Uri(window.Page.Url).PathAndQuery);
        await Expect(window.Row(wanted.Slug)).ToBeVisibleAsync();
        await Expect(window.Page.Locator("tr[data-slug]")).ToHaveCountAsync(1);

        await window.GoAsync("/?q=nobody-is-called-this");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Show everybody" }).ClickAsync();
        await Expect(window.Row(wanted.Slug)).ToBeVisibleAsync();

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "streamer" }).ClickAsync();
        await Expect(window.Page).ToHaveURLAsync("/?sort=name");
        var names = await window.Page.Locator("tr[data-slug] th a").AllInnerTextsAsync();
        names.ShouldBe(names.Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_viewer_sees_only_who_is_assigned_and_an_assignment_acts_on_the_open_page()
    {
        var mine = _world.Streamers[3];
        await using var window = await site.OpenAsync();
        await window.SignInAsync("viewer@example.com");
        await window.GoAsync("/");
        await Expect(window.Page.GetByText("No streamers are assigned to you")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Link, new() { Name = "Admin" })).ToHaveCountAsync(0);

        await site.Server.RunAsync("users", "assign", "viewer@example.com", mine.Slug);
        await Expect(window.Row(mine.Slug)).ToBeVisibleAsync();
        await Expect(window.Page.Locator("tr[data-slug]")).ToHaveCountAsync(1);

        var other = await window.Page.GotoAsync($"/streamers/{_world.Streamers[4].Slug}");
        other!.Status.ShouldBe(404);

        await site.Server.RunAsync("users", "unassign", "viewer@example.com", mine.Slug);
        await window.GoAsync("/");
        await Expect(window.Row(mine.Slug)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_old_slug_leads_to_the_renamed_streamer()
    {
        var streamer = _world.Streamers[5];
        _world.GoLive(streamer.Id, viewers: 5);
        string renamed = "brand-new-name";
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("live");

        _world.Rename(streamer.Id, renamed);
        await Expect(window.Row(renamed)).ToBeVisibleAsync();

        await window.Page.GotoAsync($"/streamers/{streamer.Slug}");
        await Expect(window.Page).ToHaveURLAsync("/streamers/" + renamed);
    }
}
