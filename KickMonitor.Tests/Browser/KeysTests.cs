using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class KeysTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task The_palette_leads_to_a_streamer_by_keys_alone()
    {
        var wanted = _world.Streamers[4];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.Keyboard.PressAsync("Control+k");
        await Expect(window.Page.GetByRole(AriaRole.Combobox, new() { Name = "Go to" })).ToBeFocusedAsync();
        await window.Page.Keyboard.TypeAsync("something else");
        await window.Page.Keyboard.PressAsync("Escape");
        await Expect(window.Page.Locator("#palette")).ToBeHiddenAsync();
        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync(wanted.Slug);
        await Expect(window.Page.Locator("#palette [aria-selected=true]")).ToContainTextAsync(wanted.Name);
        await window.Page.Keyboard.PressAsync("Enter");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(wanted.Name);

        // A page without a circuit has it too.
        await window.Page.GotoAsync("/settings/tokens");
        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync("theme: li");
        await Expect(window.Page.Locator("#palette [role=option]")).ToHaveCountAsync(1);
        await window.Page.Keyboard.PressAsync("Enter");
        await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_phone_opens_the_palette_by_a_button()
    {
        await using var window = await site.OpenAsync(width: 390);
        await window.SignInAsync();
        await window.GoAsync("/");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Go to" }).ClickAsync();
        await window.Page.Locator("#palette [role=option]", new() { HasText = "People" }).ClickAsync();

        await Expect(window.Page).ToHaveURLAsync("/admin/users");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_palette_knows_nobody_and_nothing_that_one_may_not_see()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync("user@example.com");
        await window.GoAsync("/");

        string found = await (await window.Page.APIRequest.GetAsync("/palette?q=s")).TextAsync();

        found.ShouldContain("Sign out");
        found.ShouldNotContain("/streamers");
        (await (await window.Page.APIRequest.GetAsync($"/palette?q={_world.Streamers[4].Slug}")).TextAsync()).ShouldBe("[]");
    }

    [Theory]
    [InlineData("user@example.com")]
    [InlineData(RunningServer.AdminEmail)]
    public async Task The_palette_leads_to_every_page_that_one_may_open_and_to_no_other(string email)
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync(email);
        await window.GoAsync("/");
        var answer = await (await window.Page.APIRequest.GetAsync("/palette?q=")).JsonAsync();
        var found = answer!.Value.EnumerateArray().Select(e => e.GetProperty("href").GetString()).OfType<string>().Select(a => a.Split('?')[0]).ToHashSet(StringComparer.Ordinal);

        // The two without a name of their own are the first of their kind.
        found.Order(StringComparer.Ordinal).ShouldBe(PageAccessTests.Pages
            .Where(p => p.Value == PageAccessTests.SignedIn || (p.Value == PageAccessTests.Admin && email == RunningServer.AdminEmail))
            .Select(p => p.Key).Where(p => !p.Contains('{', StringComparison.Ordinal) && p is not ("/admin" or "/settings")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task J_and_k_walk_the_rows_slash_searches_and_the_question_mark_helps()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/?sort=name");
        var names = window.Page.Locator("tr[data-slug] th a");

        // A page that has just opened moves the focus to its heading, once without a circuit and once with it.
        do
        {
            await window.Page.Keyboard.PressAsync("j");
            await Task.Delay(400);
        }
        while (await window.Page.EvaluateAsync<bool>("() => !document.activeElement.closest('tr')"));
        await Expect(names.Nth(0)).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("j");
        await window.Page.Keyboard.PressAsync("j");
        await window.Page.Keyboard.PressAsync("k");
        await Expect(names.Nth(1)).ToBeFocusedAsync();

        await window.Page.Keyboard.PressAsync("?");
        await Expect(window.Page.GetByRole(AriaRole.Dialog, new() { Name = "Keys" })).ToBeVisibleAsync();
        await window.Page.Keyboard.PressAsync("Escape");
        await window.Page.Keyboard.PressAsync("/");
        await Expect(window.Page.GetByPlaceholder("search…")).ToBeFocusedAsync();
        await window.Page.Keyboard.TypeAsync("jjk?w");
        await Expect(window.Page.GetByPlaceholder("search…")).ToHaveValueAsync("jjk?w");
        await Expect(window.Page.Locator("html")).Not.ToHaveAttributeAsync("data-wall", string.Empty);
    }

    [Fact]
    public async Task A_start_can_be_asked_for_by_a_tab_that_is_not_drawn()
    {
        var lana = _world.Streamers[5];
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        var first = await window.Page.APIRequest.GetAsync("/live/starts");
        long cursor = (await first.JsonAsync())!.Value.GetProperty("next").GetInt64();
        _world.GoLive(lana.Id, viewers: 10, title: "told");

        await RunningServer.EventuallyAsync(
            async () => (await (await window.Page.APIRequest.GetAsync($"/live/starts?after={cursor}")).TextAsync()).Contains(lana.Slug, StringComparison.OrdinalIgnoreCase), "the start is told");

        await using var other = await site.OpenAsync();
        await other.SignInAsync("user@example.com");
        await other.GoAsync("/");
        (await (await other.Page.APIRequest.GetAsync($"/live/starts?after={cursor}")).TextAsync()).ShouldNotContain(lana.Slug);
    }
}
