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
        await Assertions.Expect(page.Locator("tr", new() { HasText = "Backs the database up" })).ToContainTextAsync("restored on trial");
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
    public async Task What_became_of_a_setting_is_seen_wherever_on_the_page_it_stands()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/configuration");
        await window.Page.GetByLabel("Smtp:Port", new() { Exact = true }).FillAsync("0");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Save Smtp:Port" }).ClickAsync();

        await Assertions.Expect(window.Page.GetByText("Smtp:Port must be between 1 and 65535.")).ToBeInViewportAsync();
    }

    [Theory]
    [InlineData("/admin/jobs")]
    [InlineData("/admin/users")]
    [InlineData("/admin/data")]
    [InlineData("/admin/audit")]
    public async Task On_a_phone_nothing_of_a_list_is_beyond_the_edge(string address)
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.Page.SetViewportSizeAsync(390, 844);
        await window.GoAsync(address);
        await Assertions.Expect(window.Page.Locator("table.cards td").First).ToBeVisibleAsync();

        var beyond = await window.Page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('table.cards :is(td, button)')].filter(c => c.getBoundingClientRect().right > innerWidth).map(c => c.textContent.trim())");

        beyond.ShouldBeEmpty();
    }

    [Fact]
    public async Task Health_says_by_its_worst_finding_whether_somebody_should_look()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await site.Server.RunAsync("jobs", "pause", "links");
        await site.ExecuteAsync("INSERT INTO backups (node, file, started_at, problem) VALUES ('n', '/b', now(), '<b>the disk is full</b>')");
        try
        {
            await window.GoAsync("/admin/health");
            var facts = window.Page.Locator("table.health");
            await Assertions.Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Something is wrong" })).ToBeVisibleAsync();
            await Assertions.Expect(facts.Locator("tr", new() { HasText = "Backup" })).ToContainTextAsync("✗ bad");
            await Assertions.Expect(facts.Locator("tr", new() { HasText = "Backup" })).ToContainTextAsync("<b>the disk is full</b>");
            await Assertions.Expect(facts.Locator("tr", new() { HasText = "Scheduler" })).ToContainTextAsync("paused: links");
            await Assertions.Expect(facts.Locator("tr", new() { HasText = "Scheduler" })).ToContainTextAsync("? doubtful");
            await Assertions.Expect(facts.Locator("tr", new() { HasText = "Database" }).First).ToContainTextAsync("good");
            await window.PictureAsync("health-bad");

            await site.ExecuteAsync("DELETE FROM backups WHERE file = '/b'");
            await site.Server.RunAsync("jobs", "resume", "links");
            await window.Page.GetByRole(AriaRole.Button, new() { Name = "Look again" }).ClickAsync();
            await Assertions.Expect(facts.Locator("tr", new() { HasText = "Scheduler" })).ToContainTextAsync("✓ good");
            await Assertions.Expect(window.Page.GetByText("the disk is full")).ToHaveCountAsync(0);
        }
        finally
        {
            await site.ExecuteAsync("DELETE FROM backups WHERE file = '/b'");
        }

        string log = await site.Server.RunAsync("audit", "list", "--verb", "job", "--subject", "links", "--limit", "2");
        log.ShouldContain("job.resumed");
        log.ShouldContain("job.paused");
        log.ShouldContain("cli");
    }

    [Fact]
    public async Task An_Operator_has_a_job_run_from_the_shell_and_the_server_does_it()
    {
        await site.Server.RunAsync("jobs", "run", "retention");

        await RunningServer.EventuallyAsync(async () => (await site.Server.RunAsync("jobs", "list")).Split('\n').Single(l => l.StartsWith("retention\t", StringComparison.Ordinal)).Contains("past keeping", StringComparison.Ordinal), "the job ran");
    }

    [Fact]
    public async Task Of_two_Admins_at_a_setting_and_a_flag_the_second_is_told_what_the_first_did()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/configuration");
        await window.Page.GetByLabel("Monitor:DetailInterval", new() { Exact = true }).FillAsync("400");
        await site.Server.RunAsync("config", "set", "Monitor:DetailInterval", "500");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Save Monitor:DetailInterval" }).ClickAsync();
        await Assertions.Expect(window.Page.GetByText("cli changed Monitor:DetailInterval meanwhile.")).ToBeVisibleAsync();
        (await site.Server.RunAsync("config", "get", "Monitor:DetailInterval")).ShouldBe("500");
        await site.Server.RunAsync("config", "unset", "Monitor:DetailInterval");

        await window.GoAsync("/admin/flags");
        var panel = window.Page.GetByRole(AriaRole.Region, new() { Name = "handlers.log" });
        await panel.GetByLabel("State").SelectOptionAsync("off");
        await site.Server.RunAsync("flags", "set", "handlers.log", "on");
        await panel.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(window.Page.GetByText("cli changed handlers.log meanwhile.")).ToBeVisibleAsync();
        (await site.Server.RunAsync("flags", "list")).ShouldContain("handlers.log\ton\tcli");
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_Admin_who_leads_the_mail_password_elsewhere_is_asked_first_and_has_it_removed()
    {
        await site.Server.RunAsync("config", "set", "Smtp:Host", "mail.example.org");
        try
        {
            await using var window = await site.OpenAsync();
            await window.SignInAsync();
            await window.GoAsync("/admin/configuration");
            var page = window.Page;
            var (host, password) = (page.GetByLabel("Smtp:Host", new() { Exact = true }), page.GetByLabel("Smtp:Password", new() { Exact = true }));
            await password.FillAsync("hunter2-hunter2");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save Smtp:Password" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Smtp:Password is changed.")).ToBeVisibleAsync();
            await Assertions.Expect(password).ToHaveAttributeAsync("placeholder", "set; type to replace it");

            await host.FillAsync("mail.elsewhere.example");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save Smtp:Host" }).ClickAsync();
            var question = page.GetByRole(AriaRole.Alertdialog);
            await Assertions.Expect(question).ToContainTextAsync("Smtp:Password is kept for where Smtp:Host leads now");
            await window.PictureAsync("configuration-secret");
            await question.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
            (await site.Server.RunAsync("config", "get", "Smtp:Host")).ShouldBe("mail.example.org");

            await page.GetByRole(AriaRole.Button, new() { Name = "Save Smtp:Host" }).ClickAsync();
            await question.GetByRole(AriaRole.Button, new() { Name = "Change and remove" }).ClickAsync();
            await Assertions.Expect(page.GetByText("Smtp:Host is changed, and Smtp:Password is removed: type it in again.")).ToBeVisibleAsync();
            await Assertions.Expect(password).ToHaveAttributeAsync("placeholder", "not set");

            await page.GetByRole(AriaRole.Button, new() { Name = "Undo the change of Smtp:Password" }).ClickAsync();
            await Assertions.Expect(page.GetByText("What Smtp:Password was before is kept for where it was sent then.")).ToBeVisibleAsync();
            window.Complaints.ShouldBeEmpty();
        }
        finally
        {
            await site.Server.RunAsync("config", "unset", "Smtp:Host");
        }
    }

    [Fact]
    public async Task An_Admin_changes_a_setting_sees_who_did_and_takes_it_back()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/admin/configuration");
        var page = window.Page;

        await page.GetByLabel("Monitor:SampleEvery", new() { Exact = true }).FillAsync("45");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save Monitor:SampleEvery" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Monitor:SampleEvery is changed.")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("tr", new() { HasText = "Monitor:SampleEvery" }).First).ToContainTextAsync(RunningServer.AdminEmail);
        (await page.GetByLabel("Monitor:Interval", new() { Exact = true }).IsDisabledAsync()).ShouldBeTrue();
        (await page.GetByLabel("Kick:ClientSecret", new() { Exact = true }).InputValueAsync()).ShouldBeEmpty();

        await page.GetByLabel("Monitor:EndAfter", new() { Exact = true }).WaitForAsync();
        await page.GetByLabel("Monitor:DetailInterval", new() { Exact = true }).FillAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save Monitor:DetailInterval" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "must be between" })).ToBeVisibleAsync();
        await window.PictureAsync("configuration");

        await page.GetByRole(AriaRole.Button, new() { Name = "Undo the change of Monitor:SampleEvery" }).First.ClickAsync();
        await Assertions.Expect(page.GetByLabel("Monitor:SampleEvery", new() { Exact = true })).ToHaveValueAsync("60");
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
