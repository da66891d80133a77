using System.Net;
using System.Xml.Linq;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

/// <summary>What people without an account see: nothing, until an Admin says otherwise.</summary>
[Collection(nameof(Browser))]
public sealed class PublicPageTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task Nothing_is_public_until_an_Admin_makes_a_group_so_and_off_looks_like_unknown()
    {
        var streamer = _world.Streamers[3];
        using var http = Client();
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.Page.GotoAsync("/settings/groups");
        await window.Page.GetByLabel("Name: small letters").FillAsync("friends");
        await window.Page.Locator("section textarea").FillAsync(streamer.Slug);
        await window.Page.GetByLabel("for everybody here").CheckAsync();
        await window.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(window.Page.Locator("summary", new() { HasText = "friends" })).ToBeVisibleAsync();

        string off = await RefusedAsync(http, "/p/friends");
        off.Replace("friends", "nobody-here", StringComparison.Ordinal).ShouldBe(await RefusedAsync(http, "/p/nobody-here"));
        foreach (string address in new[] { "/p/friends/card", "/p/friends/feed.xml", "/p/nobody-here/feed.xml", $"/badge/{streamer.Slug}.svg", "/badge/nobody-here.svg", $"/pictures/{streamer.Id}/avatar" })
        {
            await RefusedAsync(http, address);
        }

        await window.Page.Locator("summary", new() { HasText = "friends" }).ClickAsync();
        var friends = window.Page.GetByRole(Microsoft.Playwright.AriaRole.Group).Filter(new() { HasText = "friends" });
        await friends.GetByLabel("everybody on the internet").CheckAsync();
        await friends.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(window.Page.GetByText("Saved.")).ToBeVisibleAsync();

        var page = await http.GetAsync(new Uri("/p/friends", UriKind.Relative));
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Headers.CacheControl!.Public.ShouldBeTrue();
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'");
        page.Headers.Contains("Set-Cookie").ShouldBeFalse();
        (await page.Content.ReadAsStringAsync()).ShouldContain(streamer.Name);
        var card = await http.GetAsync(new Uri("/p/friends/card", UriKind.Relative));
        card.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors *");
        (await http.GetAsync(new Uri($"/pictures/{streamer.Id}/avatar", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(http, $"/badge/{_world.Streamers[4].Slug}.svg");
    }

    [Fact]
    public async Task Who_is_live_stands_on_the_page_in_the_badge_and_in_the_feed_whatever_their_title_holds()
    {
        var streamer = _world.Streamers[2];
        const string title = "</title><script>alert(1)</script> & \"friends\" \u0007";
        _world.GoLive(streamer.Id, viewers: 4321, title: title);
        using var http = Client();
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await Expect(window.Row(streamer.Slug)).ToContainTextAsync("4,321");
        await MakePublicAsync(window, "stars", streamer.Slug);

        await window.Page.GotoAsync("/p/stars");
        await Expect(window.Page.Locator(".public-live")).ToContainTextAsync("<script>alert(1)</script> & \"friends\"");
        (await window.Page.TitleAsync()).ShouldStartWith("(1 live) stars");
        window.Complaints.ShouldBeEmpty();
        await window.PictureAsync("public");

        var badge = XDocument.Parse(await http.GetStringAsync(new Uri($"/badge/{streamer.Slug}.svg", UriKind.Relative)));
        badge.Root!.Value.ShouldContain("live · 4,321");
        var feed = XDocument.Parse(await http.GetStringAsync(new Uri("/p/stars/feed.xml", UriKind.Relative)));
        var item = feed.Descendants("item").First();
        item.Element("title")!.Value.ShouldBe($"{streamer.Name} is live", StringCompareShould.IgnoreCase);
        item.Element("description")!.Value.ShouldContain("<script>alert(1)</script>");
        item.Element("link")!.Value.ShouldBe($"https://kick.com/{streamer.Slug}");
    }

    [Fact]
    public async Task A_page_for_everybody_renews_itself_in_place()
    {
        var streamer = _world.Streamers[6];
        await site.Server.RunAsync("groups", "create", "kept", "--public", streamer.Slug);
        await using var window = await site.OpenAsync();
        await window.Page.Clock.InstallAsync();
        await window.Page.GotoAsync("/p/kept");
        var link = window.Page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = streamer.Name });
        await link.FocusAsync();
        await window.Page.EvaluateAsync("() => { window.sameDocument = true; document.querySelector('main h1').textContent = 'a minute ago'; }");

        await window.Page.Clock.FastForwardAsync(61_000);

        await Expect(window.Page.GetByRole(Microsoft.Playwright.AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("kept");
        await Expect(link).ToBeFocusedAsync();
        (await window.Page.EvaluateAsync<bool>("() => window.sameDocument === true")).ShouldBeTrue();
        await site.Server.RunAsync("groups", "remove", "kept");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_person_keeps_a_group_of_their_own_and_asks_the_dashboard_for_it_and_for_a_tag()
    {
        var (one, other) = (_world.Streamers[0], _world.Streamers[1]);
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.Page.GotoAsync("/settings/groups");
        await window.Page.GetByLabel("Name: small letters").FillAsync("mine");
        await window.Page.Locator("section textarea").FillAsync($"{one.Slug} nobody-of-this-name");
        await window.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(window.Problem).ToContainTextAsync("nobody-of-this-name");
        await window.Page.Locator("section textarea").FillAsync(one.Slug);
        await window.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(window.Page.GetByText("Saved.")).ToBeVisibleAsync();

        await window.GoAsync($"/streamers/{other.Slug}");
        await window.Page.GetByLabel("mine", new() { Exact = true }).CheckAsync();
        await window.Page.GetByLabel("Tags, with a space between").FillAsync("#FPS coop");
        await window.Page.GetByLabel("Tags, with a space between").PressAsync("Enter");
        await Expect(window.Page.GetByText("Saved.")).ToBeVisibleAsync();

        await window.GoAsync("/?group=mine");
        await Expect(window.Page.Locator("tr[data-slug]")).ToHaveCountAsync(2);
        await window.Page.GetByLabel("Tag").SelectOptionAsync("fps");
        await Expect(window.Page.Locator("tr[data-slug]")).ToHaveCountAsync(1);
        await Expect(window.Row(other.Slug)).ToBeVisibleAsync();
        window.Page.Url.ShouldContain("tag=fps");
    }

    [Fact]
    public async Task Of_two_Admins_who_change_a_group_the_second_is_told_and_keeps_what_was_typed()
    {
        await site.Server.RunAsync("groups", "create", "contested", _world.Streamers[2].Slug);
        await using var first = await site.OpenAsync();
        await using var second = await site.OpenAsync();
        foreach (var admin in new[] { first, second })
        {
            await admin.SignInAsync();
            await admin.Page.GotoAsync("/settings/groups");
            await admin.Page.Locator("summary", new() { HasText = "contested" }).ClickAsync();
        }

        var (ours, theirs) = (first.Page.Locator("details", new() { HasText = "contested" }).First, second.Page.Locator("details", new() { HasText = "contested" }).First);
        await ours.Locator("textarea").FillAsync($"{_world.Streamers[2].Slug} {_world.Streamers[3].Slug}");
        await ours.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(ours.Locator("summary")).ToContainTextAsync("2 streamers");
        await theirs.Locator("textarea").FillAsync(_world.Streamers[4].Slug);
        await theirs.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await Expect(second.Problem).ToContainTextAsync("Nothing was overwritten");
        await Expect(theirs.Locator("summary")).ToContainTextAsync("2 streamers");
        await Expect(theirs.Locator("textarea")).ToHaveValueAsync(_world.Streamers[4].Slug);
        await theirs.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(theirs.Locator("summary")).ToContainTextAsync("1 streamer");
    }

    private static async Task<string> RefusedAsync(HttpClient http, string address)
    {
        var answer = await http.GetAsync(new Uri(address, UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, address);
        string text = await answer.Content.ReadAsStringAsync();
        int start = text.IndexOf("<main", StringComparison.Ordinal);
        return start < 0 ? text : text[start..text.IndexOf("</section>", start, StringComparison.Ordinal)];
    }

    private static async Task MakePublicAsync(Window window, string name, string slug)
    {
        await window.Page.GotoAsync("/settings/groups");
        await window.Page.GetByLabel("Name: small letters").FillAsync(name);
        await window.Page.Locator("section textarea").FillAsync(slug);
        await window.Page.GetByLabel("for everybody here").CheckAsync();
        await window.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        var group = window.Page.Locator("details", new() { HasText = name }).First;
        await group.Locator("summary").ClickAsync();
        await group.GetByLabel("everybody on the internet").CheckAsync();
        await group.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(window.Page.GetByText("Saved.")).ToBeVisibleAsync();
    }

    private HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = site.Server.Address };
}
