using KickMonitor.Sandbox;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class LinkingTests(Site site)
{
    private SandboxServer Kick => site.Server.Kick;

    [Fact]
    public async Task A_fresh_user_links_a_Kick_account_keeps_it_and_unlinks_it()
    {
        await using var window = await FreshUserAsync("linker@example.com");
        var streamer = Kick.World.Streamers[3];
        await LinkAsync(window, streamer, "Allow access");

        await Expect(window.Page.GetByText("Kick is linked.")).ToBeVisibleAsync();
        await Expect(window.Page.GetByText(streamer.Name, new() { Exact = true })).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("● healthy")).ToBeVisibleAsync();
        window.Page.Url.ShouldNotContain("code=");
        window.Page.Url.ShouldNotContain("state=");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Check now" }).ClickAsync();
        await Expect(window.Page.GetByText("Checked: it works.")).ToBeVisibleAsync();
        await window.PictureAsync("links");

        await window.GoAsync("/");
        await Expect(window.Row(streamer.Slug)).ToBeVisibleAsync();

        await window.Page.GotoAsync("/settings/links");
        await window.Page.Locator("summary", new() { HasText = "Unlink" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Unlink Kick" }).ClickAsync();
        await Expect(window.Page.GetByText("Kick is unlinked.", new() { Exact = false })).ToBeVisibleAsync();
        Kick.Grants.All[^1].IsRevoked.ShouldBeTrue();
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_cancels_at_Kick_reads_what_happened()
    {
        await using var window = await FreshUserAsync("hesitant@example.com");
        await LinkAsync(window, Kick.World.Streamers[4], "Cancel");

        await Expect(window.Page.GetByText("You cancelled at Kick, so nothing was linked.")).ToBeVisibleAsync();
        await window.PictureAsync("cancelled");
    }

    [Fact]
    public async Task A_link_ended_at_Kick_says_what_to_do()
    {
        await using var window = await FreshUserAsync("ended@example.com");
        var streamer = Kick.World.Streamers[5];
        await LinkAsync(window, streamer, "Allow access");
        Kick.Grants.Disconnect(streamer.Id);

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Check now" }).ClickAsync();

        await Expect(window.Page.GetByText("○ sign in again")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Link Kick again" })).ToBeVisibleAsync();
        await window.PictureAsync("ended");
    }

    [Fact]
    public async Task What_was_not_allowed_is_shown_as_off()
    {
        await using var window = await FreshUserAsync("partial@example.com");
        Kick.Grants.Withheld.Add("events:subscribe");
        try
        {
            await LinkAsync(window, Kick.World.Streamers[10], "Allow access");
        }
        finally
        {
            Kick.Grants.Withheld.Clear();
        }

        await Expect(window.Page.Locator(".grants li.no")).ToContainTextAsync("not allowed, so this is off");
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Link Kick again" })).ToBeVisibleAsync();
        await window.PictureAsync("partial");
    }

    [Fact]
    public async Task Linking_works_without_a_script()
    {
        await site.Server.RunAsync("users", "create", "--email", "plain@example.com", "--role", "user", "--password", RunningServer.Password);
        await using var window = await site.OpenAsync(scripts: false);
        await window.SignInAsync("plain@example.com");
        await LinkAsync(window, Kick.World.Streamers[6], "Allow access");

        await Expect(window.Page.GetByText("Kick is linked.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_second_step_is_set_up_by_a_QR_code_and_asked_for_at_the_next_sign_in()
    {
        await using var window = await FreshUserAsync("careful@example.com");
        await window.Page.GotoAsync("/settings/security");
        await window.Page.Locator("form:has-text('Set it up')").GetByLabel("Your password").FillAsync(RunningServer.Password);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Set it up" }).ClickAsync();
        await Expect(window.Page.Locator("img.qr")).ToBeVisibleAsync();
        string key = (await window.Page.Locator(".secret code").InnerTextAsync()).Replace(" ", string.Empty, StringComparison.Ordinal);
        await window.PictureAsync("qr");
        await window.Page.GetByLabel("Code").FillAsync(KickMonitor.Domain.Accounts.Totp.CodeAt(key, DateTimeOffset.UtcNow));
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Switch it on" }).ClickAsync();
        await Expect(window.Page.GetByText("The second step is on.")).ToBeVisibleAsync();
        string recovery = await window.Page.Locator(".codes code").First.InnerTextAsync();
        await window.PictureAsync("security");

        await using var other = await site.OpenAsync();
        await other.SignInAsync("careful@example.com");
        await Expect(other.Page.GetByRole(AriaRole.Heading, new() { Name = "Second step" })).ToBeVisibleAsync();
        await other.Page.GotoAsync("/settings/profile");
        other.Page.Url.ShouldContain("/signin");
        await other.SignInAsync("careful@example.com");
        await other.Page.GetByLabel("Code from your").FillAsync(KickMonitor.Domain.Accounts.Totp.CodeAt(key, DateTimeOffset.UtcNow.AddSeconds(-30)));
        await other.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(other.Problem).ToContainTextAsync("was used already");
        await other.Page.GetByLabel("Code from your").FillAsync(recovery);
        await other.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await other.Page.Locator("main[data-interactive=true]").WaitForAsync();

        await window.Page.GotoAsync("/settings/security");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere else" }).ClickAsync();
        await other.Page.WaitForURLAsync("**/signin**");
    }

    [Fact]
    public async Task A_new_password_ends_other_sessions_and_keeps_this_one()
    {
        await using var window = await FreshUserAsync("renewed@example.com");
        await using var other = await site.OpenAsync();
        await other.SignInAsync("renewed@example.com");
        await other.GoAsync("/");

        await window.Page.GotoAsync("/settings/security");
        await window.Page.GetByLabel("Current password").FillAsync(RunningServer.Password);
        await window.Page.GetByLabel("New password").FillAsync("another long password");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();

        await Expect(window.Page.GetByText("The password is changed.")).ToBeVisibleAsync();
        await other.Page.WaitForURLAsync("**/signin**");
        await window.Page.GotoAsync("/settings/profile");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Profile" })).ToBeVisibleAsync();
        await window.Page.GetByLabel("Time zone").SelectOptionAsync("Asia/Tokyo");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(window.Page.GetByText("Saved.")).ToBeVisibleAsync();
        await window.PictureAsync("profile");
    }

    private async Task<Window> FreshUserAsync(string email)
    {
        await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--password", RunningServer.Password);
        var window = await site.OpenAsync();
        await window.SignInAsync(email);
        await window.Page.Locator("main[data-interactive=true]").WaitForAsync();
        return window;
    }

    private static async Task LinkAsync(Window window, Streamer streamer, string answer)
    {
        await window.Page.GotoAsync("/settings/links");
        await window.PictureAsync("unlinked");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Link Kick" }).ClickAsync();
        await window.Page.GetByLabel("You are").SelectOptionAsync(streamer.Slug);
        await window.PictureAsync("consent");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = answer }).ClickAsync();
        await window.Page.Locator("h1").WaitForAsync();
    }
}
