using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class AppearanceTests(Site site)
{
    [Theory]
    [InlineData(1440, "dark")]
    [InlineData(768, "dark")]
    [InlineData(390, "dark")]
    [InlineData(390, "dark.cards.dense")]
    [InlineData(1440, "light.cards")]
    [InlineData(768, "light")]
    [InlineData(1440, "contrast.dense")]
    public async Task Every_page_is_accessible_and_fits_its_window(int width, string look)
    {
        var somebody = site.Server.Kick.World.Streamers[6];
        await using var window = await site.OpenAsync(width);
        await window.Page.Context.AddCookiesAsync([new() { Name = "kickmonitor.look", Value = look, Url = site.Server.Address.ToString() }]);
        await window.Page.GotoAsync("/signin");
        await CheckAsync(window, width);
        await window.SignInAsync();
        foreach (string path in new[] { "/", $"/streamers/{somebody.Slug}", "/admin/streamers", "/settings/tokens", "/settings/profile", "/settings/links", "/settings/security", "/admin/links", "/nothing-here" })
        {
            await window.Page.GotoAsync(path);
            if (!path.StartsWith("/settings", StringComparison.Ordinal) && path is not ("/admin/links" or "/nothing-here"))
            {
                await window.Page.Locator("main[data-interactive=true]").WaitForAsync();
            }

            await CheckAsync(window, width);
        }

        window.Complaints.ShouldBeEmpty();
    }

    private static async Task CheckAsync(Window window, int width)
    {
        var result = await window.Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        result.Violations.Select(v => $"{window.Page.Url} {v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty();
        (await window.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, $"{window.Page.Url} is wider than its window");
    }
}
