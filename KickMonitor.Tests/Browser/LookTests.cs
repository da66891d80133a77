using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class LookTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task A_theme_is_chosen_once_and_right_from_the_first_paint_on_every_page()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.Locator("summary", new() { HasText = "Look" }).ClickAsync();
        await window.Page.GetByLabel("Theme").SelectOptionAsync("light");
        await window.Page.GetByLabel("scanlines and glow").UncheckAsync();
        await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");

        foreach (string path in new[] { "/", "/settings/tokens", "/nothing-here" })
        {
            string html = await (await window.Page.APIRequest.GetAsync(path)).TextAsync();
            html.ShouldContain("data-theme=\"light\" data-effects=\"off\"");
        }
    }

    [Fact]
    public async Task On_a_phone_names_have_the_room_that_the_hidden_columns_leave()
    {
        await using var window = await site.OpenAsync(390);
        await window.SignInAsync();
        await window.GoAsync("/");
        await Expect(window.Page.Locator("td.c-viewers").First).ToBeVisibleAsync();

        int left = await window.Page.EvaluateAsync<int>("() => Math.round(document.querySelector('td.c-viewers').getBoundingClientRect().left - document.querySelector('th.c-name a').getBoundingClientRect().right)");
        int name = await window.Page.EvaluateAsync<int>("() => Math.round(document.querySelector('tbody th.c-name').getBoundingClientRect().width)");

        name.ShouldBeGreaterThan(150);
        left.ShouldBeLessThan(150);
    }

    [Fact]
    public async Task Cards_show_the_same_and_are_kept_for_this_browser()
    {
        var live = _world.Streamers[8];
        _world.GoLive(live.Id, viewers: 1234, title: "as a card");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync($"/?q={live.Slug}");
        await window.Page.Locator("summary", new() { HasText = "View" }).ClickAsync();
        await window.Page.GetByLabel("Shape").SelectOptionAsync("cards");

        var card = window.Page.Locator($"article[data-slug='{live.Slug}']");
        await Expect(card).ToContainTextAsync("1,234");
        await Expect(card).ToContainTextAsync("as a card");
        await window.GoAsync($"/?q={live.Slug}");
        await Expect(card).ToBeVisibleAsync();
        await Expect(window.Page.Locator("tr[data-slug]")).ToHaveCountAsync(0);
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_star_is_the_persons_own_stands_first_and_stays()
    {
        var starred = _world.Streamers[9];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/?sort=name&reverse=true");
        var star = window.Row(starred.Slug).GetByRole(AriaRole.Button);
        await star.ClickAsync();
        await Expect(star).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(window.Page.Locator("tr[data-slug]").First).ToHaveAttributeAsync("data-slug", starred.Slug);

        await window.GoAsync("/");
        await Expect(window.Page.Locator("tr[data-slug]").First).ToHaveAttributeAsync("data-slug", starred.Slug);
        await star.ClickAsync();
        await Expect(star).ToHaveAttributeAsync("aria-pressed", "false");
    }

    [Fact]
    public async Task A_start_is_told_above_the_table_and_categories_and_languages_can_be_asked_for()
    {
        var fresh = _world.Streamers[10];
        _world.GoLive(fresh.Id, viewers: 5, title: "hello");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await Expect(window.Page.GetByRole(AriaRole.Region, new() { Name = "Just went live" })).ToContainTextAsync(fresh.Name, new() { IgnoreCase = true });

        var row = window.Row(fresh.Slug);
        string category = await row.Locator(".c-category").InnerTextAsync();
        string language = await row.Locator(".c-language").InnerTextAsync();
        await window.Page.GetByRole(AriaRole.Combobox, new() { Name = "Category" }).SelectOptionAsync(category);
        await window.Page.GetByRole(AriaRole.Combobox, new() { Name = "Language" }).SelectOptionAsync(language);
        await RunningServer.EventuallyAsync(
            () => Task.FromResult(window.Page.Url.Contains("category=", StringComparison.Ordinal) && window.Page.Url.Contains("language=", StringComparison.Ordinal)), "both stand in the address");
        await Expect(row).ToBeVisibleAsync();
        var categories = await window.Page.Locator("tr[data-slug] .c-category").AllInnerTextsAsync();
        categories.ShouldAllBe(c => c == category);
    }

    [Fact]
    public async Task What_has_changed_is_lit_alone_and_takes_the_focus_from_nobody()
    {
        var live = _world.Streamers[11];
        _world.GoLive(live.Id, viewers: 10, title: "calm");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync($"/?q={live.Slug}");
        var row = window.Row(live.Slug);
        await Expect(row).ToContainTextAsync("calm");
        var star = row.GetByRole(AriaRole.Button);
        await star.PressAsync("Enter");
        await Expect(star).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(star).ToBeFocusedAsync();
        await star.PressAsync("Enter");
        await Expect(star).ToHaveAttributeAsync("aria-pressed", "false");

        // Nothing moves for somebody who asked for that, so what its start lit is still marked.
        await window.Page.EvaluateAsync("() => document.querySelectorAll('.lit').forEach(c => c.classList.remove('lit'))");
        await row.GetByRole(AriaRole.Link).FocusAsync();
        _world.SetTitle(live.Id, "a storm");
        await Expect(row).ToContainTextAsync("a storm");
        await Expect(row.GetByRole(AriaRole.Link)).ToBeFocusedAsync();

        await Expect(row.Locator(".c-title")).ToHaveClassAsync("c-title lit");
        await Expect(row.Locator(".c-category")).ToHaveClassAsync("c-category");
        window.Complaints.ShouldBeEmpty();
    }
}
