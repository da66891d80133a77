using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class PasskeyTests(Site site)
{
    [Fact]
    public async Task A_passkey_is_added_named_used_instead_of_a_password_and_removed()
    {
        await using var window = await OpenAsync("keyholder@example.com");
        await AddAsync(window, "my phoen", "not the password");
        await Expect(window.Page.GetByText("That is not your password.")).ToBeVisibleAsync();
        await AddAsync(window, "my phoen", RunningServer.Password);
        await Expect(window.Page.GetByText("my phoen is added.", new() { Exact = false })).ToBeVisibleAsync();
        await window.Page.GetByLabel("New name of my phoen").FillAsync("my phone");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "rename" }).ClickAsync();
        await Expect(window.Page.GetByText("my phone", new() { Exact = true })).ToBeVisibleAsync();
        await window.PictureAsync("passkeys");

        await SignOutAsync(window);
        await UseAsync(window);
        await window.Page.WaitForURLAsync("**/settings/security");
        await Expect(window.Page.GetByText("my phone", new() { Exact = true })).ToBeVisibleAsync();

        await window.Page.Locator("summary[aria-label='Remove my phone']").ClickAsync();
        await window.Page.Locator(".confirm[open]").GetByLabel("Your password").FillAsync("not the password");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Remove it" }).ClickAsync();
        await Expect(window.Page.GetByText("That is not your password.")).ToBeVisibleAsync();
        await window.Page.Locator("summary[aria-label='Remove my phone']").ClickAsync();
        await window.Page.Locator(".confirm[open]").GetByLabel("Your password").FillAsync(RunningServer.Password);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Remove it" }).ClickAsync();
        await Expect(window.Page.GetByText("my phone is removed.")).ToBeVisibleAsync();
        (await site.Server.RunAsync("audit", "list", "--subject", "keyholder@example.com")).ShouldContain("user.passkey_removed");
        await SignOutAsync(window);
        await UseAsync(window);
        await Expect(window.Page.GetByText("That passkey does not open an account here.")).ToBeVisibleAsync();
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_passkey_of_somebody_who_was_disabled_opens_nothing()
    {
        await using var window = await OpenAsync("keyless@example.com");
        await AddAsync(window, "a key", RunningServer.Password);
        await Expect(window.Page.GetByText("a key is added.", new() { Exact = false })).ToBeVisibleAsync();
        await SignOutAsync(window);
        await site.Server.RunAsync("users", "disable", "keyless@example.com");

        await UseAsync(window);

        await Expect(window.Page.GetByText("That passkey does not open an account here.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Without_a_script_the_buttons_say_what_they_need()
    {
        await site.Server.RunAsync("users", "create", "--email", "scriptless@example.com", "--role", "user", "--password", RunningServer.Password);
        await using var window = await site.OpenAsync(scripts: false);
        await window.Page.GotoAsync("/signin");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await Expect(window.Page.GetByText("That passkey does not open an account here.")).ToBeVisibleAsync();
        await window.SignInAsync("scriptless@example.com");
        await window.Page.GotoAsync("/settings/security");
        await AddAsync(window, "a key", RunningServer.Password);
        await Expect(window.Page.GetByText("It takes a script", new() { Exact = false })).ToBeVisibleAsync();
    }

    /// <summary>Somebody who is signed in, at an address with a name (numbers have no passkeys), with a device that says yes to everything.</summary>
    private async Task<Window> OpenAsync(string email)
    {
        await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--password", RunningServer.Password);
        var window = await site.OpenAsync(host: "localhost");
        var devices = await window.Page.Context.NewCDPSessionAsync(window.Page);
        await devices.SendAsync("WebAuthn.enable");
        await devices.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["options"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
        await window.SignInAsync(email);
        await window.Page.Locator("main[data-interactive=true]").WaitForAsync();
        await window.Page.GotoAsync("/settings/security");
        return window;
    }

    private static async Task AddAsync(Window window, string name, string password)
    {
        var form = window.Page.Locator("form[data-passkey]");
        await form.GetByLabel("Its name").FillAsync(name);
        await form.GetByLabel("Your password").FillAsync(password);
        await form.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
    }

    private static async Task SignOutAsync(Window window)
    {
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await window.Page.WaitForURLAsync("**/signin**");
    }

    private static async Task UseAsync(Window window)
    {
        await window.Page.GotoAsync("/signin?returnUrl=/settings/security");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
    }
}
