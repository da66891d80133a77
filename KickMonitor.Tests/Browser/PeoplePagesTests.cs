using System.Globalization;
using System.Text.RegularExpressions;
using KickMonitor.Tests.Web.Accounts;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

/// <summary>What Admins do for people, and what people then see.</summary>
[Collection(nameof(Browser))]
public sealed class PeoplePagesTests(Site site)
{
    [Fact]
    public async Task An_Admin_lets_somebody_in_gives_them_a_streamer_and_sees_it_in_the_audit_log()
    {
        var given = site.Server.Kick.World.Streamers[3];
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await admin.GoAsync("/admin/users");
        await admin.Page.GetByText("Let people in").ClickAsync();
        await admin.Page.GetByLabel("E-mail addresses, one a line").FillAsync("invited@example.com\nnonsense");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Let them in" }).ClickAsync();
        await Expect(admin.Page.Locator(".entries")).ToContainTextAsync("That is no e-mail address.");
        await admin.PictureAsync("users");
        string link = await admin.Page.Locator(".entries code").First.InnerTextAsync();

        await using var somebody = await site.OpenAsync();
        await somebody.Page.GotoAsync(link);
        await somebody.Page.GetByLabel("Password").FillAsync("a password of my own");
        await somebody.Page.GetByRole(AriaRole.Button, new() { Name = "Save the password" }).ClickAsync();
        await Expect(somebody.Page.GetByText("Done. Sign in with it now.")).ToBeVisibleAsync();
        await somebody.Page.GotoAsync(link);
        await Expect(somebody.Page.GetByText("This link works no longer")).ToBeVisibleAsync();
        await somebody.SignInAsync("invited@example.com", "a password of my own");
        await Expect(somebody.Page.Locator("tr[data-slug]")).ToHaveCountAsync(0);

        await admin.Page.GetByRole(AriaRole.Link, new() { Name = "invited@example.com" }).ClickAsync();
        await admin.Page.GetByPlaceholder("streamer or group…").FillAsync(given.Slug);
        await admin.Page.Locator(".picker input").First.CheckAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Assign 1" }).ClickAsync();

        await admin.PictureAsync("user");
        await admin.Page.SetViewportSizeAsync(1440, 900);

        // Their open page shows it by itself, and hides it again.
        await Expect(somebody.Page.Locator($"tr[data-slug='{given.Slug}']")).ToBeVisibleAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = $"Take away {given.Name}" }).ClickAsync();
        await Expect(somebody.Page.Locator($"tr[data-slug='{given.Slug}']")).ToHaveCountAsync(0);

        await admin.GoAsync("/admin/audit?subject=invited@example.com");
        await Expect(admin.Page.Locator("tbody code").First).ToHaveTextAsync("user.unassigned");
        await Expect(admin.Page.Locator("tbody tr").First).ToContainTextAsync(RunningServer.AdminEmail);
        await Expect(admin.Page.Locator("tbody tr").First).ToContainTextAsync("127.0.0.1");
        await admin.PictureAsync("audit");
        admin.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_group_is_given_with_rights_from_the_persons_side_and_counts_in_the_list()
    {
        const string email = "by-group@example.com";
        var streamers = site.Server.Kick.World.Streamers;
        await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--name", "By Group", "--password", RunningServer.Password);
        await site.Server.RunAsync("groups", "create", "pair-of-two", streamers[5].Slug, streamers[6].Slug);
        await site.Server.RunAsync("users", "assign", email, streamers[6].Slug, streamers[7].Slug);
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await admin.GoAsync("/admin/users?q=by-group");
        await admin.Page.GetByRole(AriaRole.Link, new() { Name = email }).ClickAsync();
        await admin.Page.GetByText("Assign streamers and groups").ClickAsync();
        await admin.Page.GetByPlaceholder("streamer or group…").FillAsync("pair-of-two");
        await admin.Page.Locator(".picker input").First.CheckAsync();
        await admin.Page.GetByLabel("manage chat", new() { Exact = true }).CheckAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Assign 1" }).ClickAsync();
        await Expect(admin.Page.Locator(".given")).ToContainTextAsync("pair-of-two (2) · manage chat");

        await admin.GoAsync("/admin/users?q=by-group");
        await Expect(admin.Page.Locator("tbody tr")).ToContainTextAsync($"{email} By Group");
        await Expect(admin.Page.Locator("tbody tr .number")).ToHaveTextAsync("3");
    }

    [Fact]
    public async Task Those_who_were_too_many_or_refused_stay_in_the_field()
    {
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await admin.GoAsync("/admin/users");
        await admin.Page.GetByText("Let people in").ClickAsync();
        await Expect(admin.Page.GetByLabel("They come in with")).ToHaveValueAsync("link");
        await admin.Page.GetByLabel("E-mail addresses, one a line").FillAsync("nonsense\n" + string.Join('\n', Enumerable.Range(1, 201).Select(i => $"zz-crowd{i}@example.com")));
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Let them in" }).ClickAsync();

        await Expect(admin.Page.GetByLabel("E-mail addresses, one a line")).ToHaveValueAsync("nonsense\nzz-crowd200@example.com\nzz-crowd201@example.com", new() { Timeout = 60_000 });
        await Expect(admin.Page.Locator(".entries li")).ToHaveCountAsync(200);
    }

    [Fact]
    public async Task Links_go_by_mail_where_there_is_a_server_and_stand_there_to_be_copied_whatever_it_says()
    {
        await using var server = new SmtpListener();
        foreach (var (key, value) in new[] { ("Smtp:Host", "127.0.0.1"), ("Smtp:Port", server.Port.ToString(CultureInfo.InvariantCulture)), ("Smtp:From", "monitor@example.org"), ("Smtp:StartTls", "false") })
        {
            await site.Server.RunAsync("config", "set", key, value);
        }

        try
        {
            await using var admin = await site.OpenAsync();
            await admin.SignInAsync();
            await admin.GoAsync("/admin/users");
            await admin.Page.GetByText("Let people in").ClickAsync();
            await admin.Page.GetByLabel("E-mail addresses, one a line").FillAsync("mail-one@example.com\nmail-two@example.com");
            await admin.Page.GetByLabel("Send the link by e-mail").CheckAsync();
            await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Let them in" }).ClickAsync();
            await Expect(admin.Page.Locator(".entries li .hint")).ToHaveTextAsync(["sent", "sent"]);
            string link = await admin.Page.Locator(".entries code").First.InnerTextAsync();
            server.Mails.Select(m => m.To).ShouldBe(["mail-one@example.com", "mail-two@example.com"], ignoreOrder: true);
            server.Mails.Single(m => m.To == "mail-one@example.com").Text.ShouldContain(link);

            // A server that never answers holds up nobody: the link is there, and so is the rest of the page.
            server.IsSilent = true;
            await admin.Page.GetByRole(AriaRole.Link, new() { Name = "mail-one@example.com" }).ClickAsync();
            await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Send a link by e-mail" }).ClickAsync();
            await Expect(admin.Page.Locator(".secret")).ToContainTextAsync("is being sent…");
            await Expect(admin.Page.Locator(".secret code")).ToContainTextAsync("/welcome?code=");
            await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
            await Expect(admin.Page.GetByText("mail-one@example.com is signed out everywhere, and their API tokens and passkeys have ended.")).ToBeVisibleAsync();

            (server.IsSilent, server.KnowsNobody) = (false, true);
            await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Send a link by e-mail" }).ClickAsync();
            await Expect(admin.Page.Locator(".secret")).ToContainTextAsync("no such mailbox");
            await Expect(admin.Page.Locator(".secret code")).ToContainTextAsync("/welcome?code=");
            admin.Complaints.ShouldBeEmpty();
        }
        finally
        {
            await site.Server.RunAsync("config", "unset", "Smtp:Host");
        }
    }

    [Fact]
    public async Task Who_got_a_temporary_password_opens_nothing_before_they_choose_their_own()
    {
        await site.Server.RunAsync("users", "create", "--email", "forgetful@example.com", "--role", "viewer", "--password", RunningServer.Password);
        string temporary = await site.Server.RunAsync("users", "reset-password", "forgetful@example.com", "--temporary");
        await using var window = await site.OpenAsync(scripts: false);
        await window.SignInAsync("forgetful@example.com", temporary);

        await Expect(window.Page).ToHaveURLAsync(new Regex("/settings/security", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await window.Page.GotoAsync("/events");
        await Expect(window.Page.GetByText("Somebody else made your password.")).ToBeVisibleAsync();
        (await window.Page.APIRequest.GetAsync("/api/v1/streamers")).Status.ShouldBe(403);

        await window.Page.GetByLabel("Current password").FillAsync(temporary);
        await window.Page.GetByLabel("New password").FillAsync("a password of my own");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await window.Page.GotoAsync("/events");
        await Expect(window.Page).ToHaveURLAsync(new Regex("/events", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Viewing_as_somebody_is_marked_written_down_and_changes_nothing()
    {
        var streamer = site.Server.Kick.World.Streamers[2];
        await site.Server.RunAsync("users", "create", "--email", "seen@example.com", "--role", "user", "--password", RunningServer.Password);
        await site.Server.RunAsync("users", "assign", "seen@example.com", streamer.Slug);
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await admin.GoAsync("/admin/users?q=seen@example.com");
        await admin.Page.GetByRole(AriaRole.Link, new() { Name = "seen@example.com" }).ClickAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "View as them" }).ClickAsync();

        await Expect(admin.Page.Locator(".viewing")).ToBeVisibleAsync();
        await Expect(admin.Page.Locator("tr[data-slug]")).ToHaveCountAsync(1);
        (await admin.Page.GotoAsync("/admin/users"))!.Status.ShouldBe(403);
        await Expect(admin.Page.Locator(".viewing")).ToBeVisibleAsync();

        await admin.PictureAsync("viewing");

        // By request, and by what is clicked on an open page.
        var form = admin.Page.Context.APIRequest.CreateFormData();
        form.Set("__RequestVerificationToken", await admin.Page.Locator("input[name=__RequestVerificationToken]").First.InputValueAsync());
        (await admin.Page.APIRequest.PostAsync("/settings/profile", new() { Form = form })).Status.ShouldBe(403);
        (await admin.Page.APIRequest.PatchAsync($"/api/v1/streamers/{streamer.Slug}", new() { DataObject = new { paused = true } })).Status.ShouldBe(403);
        await admin.GoAsync("/");
        await admin.Page.Locator(".star").First.ClickAsync();
        await Expect(admin.Page.GetByText("Nothing was changed")).ToBeVisibleAsync();

        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Stop viewing" }).ClickAsync();
        await Expect(admin.Page).ToHaveURLAsync(new Regex("/admin/users/", RegexOptions.None, TimeSpan.FromSeconds(1)));
        string log = await site.Server.RunAsync("audit", "list", "--subject", "seen@example.com", "--limit", "2");
        log.ShouldContain("user.view_ended");
        log.ShouldContain("user.view_started");
        log.ShouldContain(RunningServer.AdminEmail);
    }

    [Fact]
    public async Task From_a_streamers_page_a_group_is_made_given_to_people_and_taken_away()
    {
        var streamer = site.Server.Kick.World.Streamers[5];
        await site.Server.RunAsync("users", "create", "--email", "grouped@example.com", "--role", "viewer", "--password", RunningServer.Password);
        await using var somebody = await site.OpenAsync();
        await somebody.SignInAsync("grouped@example.com");
        await somebody.GoAsync("/");
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await admin.GoAsync($"/admin/streamers/{streamer.Slug}");

        await admin.Page.GetByLabel("A new group for everybody").FillAsync("Not a name!");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(admin.Page.GetByText("with single hyphens between")).ToBeVisibleAsync();
        await admin.Page.GetByLabel("A new group for everybody").FillAsync("night-shift");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await admin.Page.GetByText("Assign people").ClickAsync();
        await admin.Page.GetByLabel("They get").SelectOptionAsync(new SelectOptionValue { Label = "the group night-shift (1)" });
        await admin.Page.GetByPlaceholder("address or name…").FillAsync("grouped@example.com");
        await admin.Page.Locator(".picker input").First.CheckAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Assign 1" }).ClickAsync();

        await Expect(admin.Page.GetByText("by the group night-shift")).ToBeVisibleAsync();
        await Expect(somebody.Row(streamer.Slug)).ToBeVisibleAsync();
        await admin.PictureAsync("streamer-admin");
        await admin.Page.SetViewportSizeAsync(1440, 900);

        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Take the group night-shift away from grouped@example.com" }).ClickAsync();
        await admin.Page.Locator(".rz-dialog").GetByRole(AriaRole.Button, new() { Name = "Take away" }).ClickAsync();
        await Expect(somebody.Row(streamer.Slug)).ToHaveCountAsync(0);
        await site.Server.RunAsync("groups", "remove", "night-shift");
        admin.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_Admin_is_told_why_they_stay_one()
    {
        await using var admin = await site.OpenAsync();
        await admin.SignInAsync();
        await site.ExecuteAsync("UPDATE users SET disabled_at = now() WHERE role = 'admin' AND email <> $1", RunningServer.AdminEmail);
        try
        {
            await admin.GoAsync($"/admin/users?q={RunningServer.AdminEmail}");
            await Expect(admin.Page.Locator("#list")).ToHaveTextAsync("1 person");
            await admin.Page.GetByRole(AriaRole.Link, new() { Name = RunningServer.AdminEmail }).ClickAsync();
            await Expect(admin.Page.GetByRole(AriaRole.Heading, new() { Name = RunningServer.AdminEmail })).ToBeVisibleAsync();
            await admin.Page.GetByLabel("Role").SelectOptionAsync("Viewer");
            await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
            await Expect(admin.Page.GetByText("This is the last Admin")).ToBeVisibleAsync();
            await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Disable", Exact = true }).ClickAsync();
            await admin.Page.Locator(".rz-dialog").GetByRole(AriaRole.Button, new() { Name = "Disable" }).ClickAsync();
            await Expect(admin.Page.GetByText("Make somebody else an Admin first.").Last).ToBeVisibleAsync();
            await admin.GoAsync("/admin/users");
        }
        finally
        {
            await site.ExecuteAsync("UPDATE users SET disabled_at = NULL WHERE role = 'admin'");
        }
    }

    [Fact]
    public async Task A_session_that_was_left_open_has_no_power_over_another_Admin()
    {
        await site.Server.RunAsync("users", "create", "--email", "powerful@example.com", "--role", "admin", "--password", RunningServer.Password);
        await site.Server.RunAsync("users", "create", "--email", "away@example.com", "--role", "admin", "--password", RunningServer.Password);
        await using var left = await site.OpenAsync();
        await left.SignInAsync("away@example.com");
        await left.GoAsync("/admin/users?q=powerful@example.com");
        await left.Page.GetByRole(AriaRole.Link, new() { Name = "powerful@example.com" }).ClickAsync();
        await site.ExecuteAsync("UPDATE sign_ins SET at = at - interval '61 minutes' WHERE user_id = (SELECT id FROM users WHERE email = $1)", "away@example.com");

        foreach (string act in new[] { "Sign out everywhere", "Make a one-time link", "Disable" })
        {
            await left.Page.GetByRole(AriaRole.Button, new() { Name = act, Exact = true }).First.ClickAsync();
            if (act == "Disable")
            {
                await left.Page.Locator(".rz-dialog").GetByRole(AriaRole.Button, new() { Name = act, Exact = true }).ClickAsync();
            }

            await Expect(left.Page.GetByText("Sign in again first").Last).ToBeVisibleAsync();
            await left.Page.ReloadAsync();
            await left.Page.Locator("main[data-interactive=true]").WaitForAsync();
        }

        (await site.Server.RunAsync("audit", "list", "--subject", "powerful@example.com", "--limit", "5")).ShouldNotContain("user.disabled");
    }

    [Fact]
    public async Task Of_two_Admins_on_the_same_page_the_second_is_told_what_the_first_did()
    {
        string slug = site.Server.Kick.World.Streamers[1].Slug;
        await using var one = await site.OpenAsync();
        await one.SignInAsync();
        await one.GoAsync($"/admin/streamers/{slug}");
        await using var two = await site.OpenAsync();
        await two.SignInAsync();
        await two.GoAsync($"/admin/streamers/{slug}");

        await one.Page.GetByLabel("Notes, seen by Admins only").FillAsync("<b>first</b>");
        await one.Page.Locator("section[aria-labelledby=notes] button").ClickAsync();
        await Expect(one.Page.GetByText("Saved.")).ToBeVisibleAsync();
        await two.Page.GetByLabel("Notes, seen by Admins only").FillAsync("second");
        await two.Page.Locator("section[aria-labelledby=notes] button").ClickAsync();

        await two.PictureAsync("streamer-admin");
        await Expect(two.Page.GetByText($"{RunningServer.AdminEmail} changed this meanwhile")).ToBeVisibleAsync();
        await two.GoAsync($"/admin/streamers/{slug}");
        await Expect(two.Page.GetByLabel("Notes, seen by Admins only")).ToHaveValueAsync("<b>first</b>");
        await two.GoAsync("/admin/audit?verb=streamer");
        await Expect(two.Page.Locator("ins").First).ToHaveTextAsync("<b>first</b>");
    }
}
