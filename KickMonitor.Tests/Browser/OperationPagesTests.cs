using Microsoft.Playwright;

namespace KickMonitor.Tests.Browser;

/// <summary>What Admins do to keep the place running, from the browser.</summary>
[Collection(nameof(Browser))]
public sealed class OperationPagesTests(Site site)
{
    [Fact]
    public async Task An_Admin_pauses_a_job_runs_another_and_sees_how_it_went()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/jobs");
        var page = window.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause links" }).ClickAsync();
        await Assertions.Expect(page.Locator("tr", new() { HasText = "Renews linked accounts" })).ToContainTextAsync($"by {RunningServer.AdminEmail}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume links" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause links" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Run backup now" }).ClickAsync();
        await Assertions.Expect(page.Locator("tr", new() { HasText = "Backs the database up" })).ToContainTextAsync("restored on trial", new() { Timeout = 60_000 });
        await window.PictureAsync("jobs");

        await window.GoAsync("/admin/health");
        await Assertions.Expect(page.GetByText("PostgreSQL").First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("restored on trial").First).ToBeVisibleAsync();
        await window.PictureAsync("health");
        await window.GoAsync("/admin/data");
        await Assertions.Expect(page.GetByText("viewer_samples").First).ToBeVisibleAsync();
        await page.GetByLabel("User id at Kick, or name").FillAsync("nobody-at-all");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find" }).ClickAsync();
        await Assertions.Expect(page.GetByText("0 events and 0 entries")).ToBeVisibleAsync();
        await window.PictureAsync("data");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_Admin_switches_a_handler_off_for_all_but_one()
    {
        string slug = site.Server.Kick.World.Streamers[3].Slug;
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/flags");
        var panel = window.Page.GetByRole(AriaRole.Region, new() { Name = "handlers.log" });

        await panel.GetByLabel("State").SelectOptionAsync("some");
        await panel.GetByLabel("And for these, by name").FillAsync(slug);
        await panel.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(panel).ToContainTextAsync("on for 0 % and 1 streamers");
        await window.PictureAsync("flags");
        await panel.GetByLabel("State").SelectOptionAsync("on");
        await panel.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(panel.Locator("b.good")).ToHaveTextAsync("on");
        (await site.Server.RunAsync("flags", "list")).ShouldContain("handlers.log\ton\t" + RunningServer.AdminEmail);
        window.Complaints.ShouldBeEmpty();
    }
}
