using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class AppearanceTests(Site site)
{
    private static readonly int[] Widths = [390, 768, 1440];

    [Theory]
    [InlineData("viewer@example.com", false)]
    [InlineData("user@example.com", false)]
    [InlineData(RunningServer.AdminEmail, true)]
    public async Task Every_page_that_a_role_opens_is_accessible_in_each_theme_and_fits_each_window(string email, bool isAdmin)
    {
        await using var window = await site.OpenAsync();
        await window.SignInAsync(email);
        foreach (string page in PageAccessTests.Pages.Where(p => p.Value == PageAccessTests.SignedIn || (isAdmin && p.Value == PageAccessTests.Admin)).Select(p => p.Key).Append("/nothing-here"))
        {
            await OpenAsync(window, PageAccessTests.AddressOf(page, site));
            await CheckAsync(window, isAdmin);
        }

        window.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_before_signing_in_are_accessible_and_fit_each_window()
    {
        await using var window = await site.OpenAsync();
        foreach (string page in PageAccessTests.Pages.Where(p => p.Value == PageAccessTests.Anyone).Select(p => p.Key))
        {
            // Nobody gets a circuit, so there is nothing to wait for.
            await window.Page.GotoAsync(PageAccessTests.AddressOf(page, site));
            await CheckAsync(window, allThemes: true);
        }
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
        await AxeAsync(window, null);
        window.Complaints.ShouldBeEmpty();
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

    /// <summary>All rules in one theme; in the others what a theme can break.</summary>
    private static async Task CheckAsync(Window window, bool allThemes)
    {
        foreach (int width in Widths)
        {
            await window.Page.SetViewportSizeAsync(width, 900);
            (await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, $"{window.Page.Url} is wider than its window");
            if (width == Widths[0])
            {
                await AxeAsync(window, null);
            }
        }

        foreach (string theme in allThemes ? ["light", "contrast", "dark"] : Array.Empty<string>())
        {
            await window.Page.EvaluateAsync("theme => { document.documentElement.dataset.theme = theme; }", theme);
            await AxeAsync(window, "color-contrast");
        }
    }

    private static async Task AxeAsync(Window window, string? rule)
    {
        var options = new AxeRunOptions { ResultTypes = [ResultType.Violations] };
        if (rule is not null)
        {
            options.RunOnly = RunOnlyOptions.Rules(rule);
        }

        var result = await window.Page.RunAxe(options);
        result.Violations.Select(v => $"{window.Page.Url} {v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty();
    }
}
