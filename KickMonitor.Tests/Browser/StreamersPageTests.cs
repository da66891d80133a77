using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class StreamersPageTests(Site site)
{
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Fact]
    public async Task An_Admin_adds_pauses_and_removes_a_streamer()
    {
        var fresh = _world.Add("fresh-face");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/streamers");

        await AddAsync(window, "https://kick.com/Fresh-Face?x=1");
        await Expect(window.Page.GetByText("fresh-face is watched from now on.")).ToBeVisibleAsync();
        await AddAsync(window, fresh.Slug);
        await Expect(window.Page.GetByText("fresh-face is already watched.")).ToBeVisibleAsync();
        await AddAsync(window, "nobody-is-called-this");
        await Expect(window.Page.GetByText("Kick knows no channel")).ToBeVisibleAsync();
        await AddAsync(window, new string('a', 26));
        await Expect(window.Page.GetByText("That is no name of a Kick channel")).ToBeVisibleAsync();
        await AddAsync(window, "<b>bold</b>");
        await Expect(window.Page.GetByText("That is no name of a Kick channel")).ToBeVisibleAsync();

        await window.Page.Locator(".panel-head input[type=search]").FillAsync("fresh-face");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = $"Pause {fresh.Name}" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = $"Resume {fresh.Name}" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = $"Remove {fresh.Name}" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Keep" }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = $"Remove {fresh.Name}" })).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = $"Remove {fresh.Name}" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByText("Nobody matches.")).ToBeVisibleAsync();
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_is_imported_with_progress_and_a_report_of_what_was_refused()
    {
        var one = _world.Add("from-list-one");
        var two = _world.Add("from-list-two");
        string csv = $"\uFEFFslug;note\r\n{one.Slug};a\r\n{two.Slug};b\r\n{one.Slug};again\r\nnobody-at-all;c\r\n<i>markup</i>;d\r\n";
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/streamers");

        await window.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "list.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(csv) });

        await Expect(window.Page.GetByText("5 lines: 3 to add, 0 watched already, 1 there twice, 1 that no name can be.")).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByText("3 of 3: 2 added, 0 known already, 2 refused.")).ToBeVisibleAsync();
        await window.Page.GetByText("What was refused, and why").ClickAsync();
        await Expect(window.Page.GetByText("line 5:")).ToContainTextAsync("Kick knows no channel");
        await Expect(window.Page.GetByText("line 6:")).ToContainTextAsync("<i>markup</i>");
    }

    [Fact]
    public async Task Many_streamers_are_given_to_many_people_at_once_and_a_group_shows_who_sees_whom()
    {
        string[] emails = ["many-one@example.com", "many-two@example.com"];
        foreach (string email in emails)
        {
            await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--password", RunningServer.Password);
        }

        var (one, two) = (_world.Add("crowd-one"), _world.Add("crowd-two"));
        await site.Server.RunAsync("streamers", "add", one.Slug, two.Slug);
        await site.Server.RunAsync("groups", "create", "crowd", one.Slug);
        await site.Server.RunAsync("groups", "assign", "crowd", emails[0], "--chat");
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/streamers");
        await window.Page.Locator(".panel-head input[type=search]").FillAsync("crowd-");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Choose all 2" }).First.ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Assign to people…" }).ClickAsync();
        await window.Page.GetByPlaceholder("address or name…").FillAsync("many-");
        await window.Page.Locator(".picker input").First.WaitForAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Choose all 2" }).Last.ClickAsync();
        await window.Page.GetByLabel("manage events").CheckAsync();
        await window.PictureAsync("streamers-assign");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Assign 2" }).ClickAsync();
        await Expect(window.Page.GetByText("4 assigned")).ToBeVisibleAsync();

        await window.GoAsync($"/admin/streamers/{one.Slug}");
        var people = window.Page.Locator("section[aria-labelledby=people] tbody tr");
        await Expect(people).ToHaveCountAsync(3);
        await Expect(people.Nth(2)).ToContainTextAsync("by the group crowd");
        await window.PictureAsync("streamer-people");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Others_are_refused_with_a_readable_page()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync("user@example.com");
        var answer = await window.Page.GotoAsync("/admin/streamers");

        answer!.Status.ShouldBe(403);
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Not for you" })).ToBeVisibleAsync();
    }

    private static async Task AddAsync(Window window, string text)
    {
        await window.Page.GetByLabel("Name or address at Kick").FillAsync(text);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
    }
}
