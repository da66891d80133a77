using System.Text.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KickMonitor.Tests.Browser;

/// <summary>Every page, for each role, in each theme and each width: it fits its window, and axe finds nothing.</summary>
[Collection(nameof(Browser))]
public sealed class AppearanceTests(Site site, Postgres postgres)
{
    // In all themes the elements are the same: in one of them all rules, in the others what a theme can break.
    private const string Find = """
        async () => {
          const found = [];
          for (const theme of ["contrast", "light", "dark"]) {
            document.documentElement.dataset.theme = theme;
            const rules = theme === "dark" ? {} : { runOnly: ["color-contrast"] };
            const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false, ...rules });
            found.push(...violations.map(v => `${location.pathname} at ${innerWidth} px, ${theme}: ${v.id}: ${v.nodes.map(n => n.html).join(" | ")}`));
          }
          return found;
        }
        """;

    private static readonly int[] Widths = [390, 768, 1440];
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();
    private readonly KickMonitor.Sandbox.World _world = site.Server.Kick.World;

    [Theory]
    [InlineData("viewer@example.com")]
    [InlineData("user@example.com")]
    [InlineData(RunningServer.AdminEmail)]
    public async Task Every_page_that_a_role_opens_is_accessible_in_each_theme_and_fits_each_window(string email)
    {
        bool isAdmin = email == RunningServer.AdminEmail;
        string slug = _world.Streamers[7].Slug;
        if (!isAdmin)
        {
            await site.Server.RunAsync("users", "assign", email, slug);
        }

        await using var window = await site.OpenAsync();
        await window.SignInAsync(email);
        foreach (string page in PageAccessTests.Pages.Where(p => p.Value == PageAccessTests.SignedIn || (isAdmin && p.Value == PageAccessTests.Admin)).Select(p => p.Key).Append("/nothing-here"))
        {
            await OpenAsync(window, PageAccessTests.AddressOf(page, site));
            await CheckAsync(window);
        }

        if (isAdmin)
        {
            await OpenAsync(window, await PageOfAsync(window, "user@example.com"));
            await CheckAsync(window);
        }
        else
        {
            await OpenAsync(window, "/admin/users");
            await CheckAsync(window);
            await site.Server.RunAsync("users", "unassign", email, slug);
        }

        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_before_signing_in_are_accessible_in_each_theme_and_fit_each_window()
    {
        string invited = await site.Server.RunAsync("users", "create", "--email", "welcomed@example.com", "--role", "user", "--invite", "--json");
        string welcome = JsonDocument.Parse(invited).RootElement.GetProperty("entryLink").GetString()!;
        await site.Server.RunAsync("groups", "create", "seen", "--public", _world.Streamers[6].Slug, _world.Streamers[7].Slug);
        await using var window = await site.OpenAsync();
        string[] pages =
        [
            .. PageAccessTests.Pages.Where(p => p.Value == PageAccessTests.Anyone).Select(p => PageAccessTests.AddressOf(p.Key, site)),
            "/refused/400", "/refused/403", "/refused/429", "/p/seen", "/p/seen/card", new Uri(welcome).PathAndQuery,
        ];
        foreach (string page in pages)
        {
            // Nobody gets a circuit, so there is nothing to wait for.
            await window.Page.GotoAsync(page);
            await CheckAsync(window);
        }

        await site.Server.RunAsync("groups", "remove", "seen");
    }

    [Fact]
    public async Task The_second_step_is_accessible_in_each_theme_and_fits_each_window()
    {
        const string email = "stepper@example.com";
        await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--password", RunningServer.Password);
        await site.ExecuteAsync("UPDATE users SET two_factor_enabled = true WHERE email = $1", email);
        await using var window = await site.OpenAsync();
        await window.SignInAsync(email);
        await window.Page.WaitForURLAsync("**/signin/code*");
        await CheckAsync(window);
    }

    [Fact]
    public async Task The_set_up_page_is_accessible_in_each_theme_and_fits_each_window()
    {
        await using var server = await RunningServer.StartAsync(await postgres.CreateDatabaseAsync(isEmpty: false), settings: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KICKMONITOR_ADMIN_EMAIL"] = string.Empty,
            ["KICKMONITOR_ADMIN_PASSWORD"] = string.Empty,
        });
        await using var window = await site.OpenAsync();
        await window.Page.GotoAsync(new Uri(server.Address, "/setup").ToString());
        await Expect(window.Page).ToHaveTitleAsync("Set up · KickMonitor");
        await CheckAsync(window);
    }

    [Theory]
    [InlineData(390, "dark.cards.dense")]
    [InlineData(1440, "light.cards")]
    [InlineData(1440, "contrast.dense")]
    public async Task The_dashboard_is_accessible_in_each_shape(int width, string look)
    {
        await using var window = await site.OpenAsync(width);
        await window.Page.Context.AddCookiesAsync([new() { Name = "kickmonitor.look", Value = look, Url = site.Server.Address.ToString() }]);
        await window.SignInAsync();
        await window.GoAsync("/");
        await CheckAsync(window);
        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_opens_above_a_page_is_accessible_too()
    {
        await using var window = await site.OpenAsync(390);
        await window.SignInAsync();
        await window.GoAsync("/");
        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Locator("#palette [aria-selected=true]").WaitForAsync();
        await CheckAsync(window);
        await window.Page.Keyboard.PressAsync("Escape");
        await window.Page.Keyboard.PressAsync("?");
        await CheckAsync(window);
        await window.Page.Keyboard.PressAsync("Escape");
        foreach (string menu in new[] { "View", "Look" })
        {
            await window.Page.Locator("summary", new() { HasText = menu }).ClickAsync();
            await CheckAsync(window);
        }
    }

    /// <summary>Opens a page and waits until it is what it will be: clicks before that are lost, and so is what they would show.</summary>
    private static async Task OpenAsync(Window window, string path)
    {
        var answer = await window.Page.GotoAsync(path);
        if ((await answer!.TextAsync()).Contains("<!--Blazor:{\"type\":\"server\"", StringComparison.Ordinal))
        {
            await window.Page.Locator("main[data-interactive=true]").WaitForAsync();
        }
    }

    private static async Task<string> PageOfAsync(Window window, string email)
    {
        await window.GoAsync($"/admin/users?q={email}");
        return await window.Page.GetByRole(AriaRole.Link, new() { Name = email }).First.GetAttributeAsync("href") ?? string.Empty;
    }

    private static async Task CheckAsync(Window window)
    {
        await window.Page.EvaluateAsync(Axe);
        foreach (int width in Widths)
        {
            await window.Page.SetViewportSizeAsync(width, 900);
            (await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, $"{window.Page.Url} is wider than its window");
            (await window.Page.EvaluateAsync<string[]>(Find)).ShouldBeEmpty();
        }
    }
}
