using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class SignInTests(Site site)
{
    [Fact]
    public async Task A_wrong_password_is_answered_like_an_unknown_person_and_signs_nobody_in()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync("user@example.com", "not the password");
        string known = await window.Problem.InnerTextAsync();
        await window.SignInAsync("nobody@example.com", "not the password");
        string unknown = await window.Problem.InnerTextAsync();

        unknown.ShouldBe(known);
        await window.Page.GotoAsync("/");
        window.Page.Url.ShouldContain("/signin");
    }

    [Theory]
    [InlineData("/admin/streamers", "/admin/streamers")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example/", "/")]
    [InlineData("/\\evil.example/", "/")]
    public async Task Signing_in_leads_back_and_never_away(string returnUrl, string expected)
    {
        await using var window = await site.OpenAsync();
        await window.Page.GotoAsync("/signin?returnUrl=" + Uri.EscapeDataString(returnUrl));
        await window.Page.GetByLabel("E-mail").FillAsync(RunningServer.AdminEmail);
        await window.Page.GetByLabel("Password").FillAsync(RunningServer.Password);
        await window.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await window.Page.Locator("main[data-interactive=true]").WaitForAsync();

        new Uri(window.Page.Url).AbsolutePath.ShouldBe(expected);
        new Uri(window.Page.Url).Host.ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Disabling_a_person_ends_their_open_page()
    {
        await site.Server.RunAsync("users", "create", "--email", "leaving@example.com", "--role", "viewer", "--password", RunningServer.Password);
        await using var window = await site.OpenAsync();
        await window.SignInAsync("leaving@example.com");
        await window.GoAsync("/");

        await site.Server.RunAsync("users", "disable", "leaving@example.com");

        await window.Page.WaitForURLAsync("**/signin**");
        await window.SignInAsync("leaving@example.com");
        await Expect(window.Problem).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Signing_out_ends_the_session()
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await window.Page.WaitForURLAsync("**/signin**");
        await window.Page.GotoAsync("/");
        window.Page.Url.ShouldContain("/signin");
    }
}
