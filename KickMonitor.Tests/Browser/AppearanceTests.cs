using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class AppearanceTests(Site site)
{
    public static readonly TheoryData<int> Widths = [1440, 768, 390];

    [Theory]
    [MemberData(nameof(Widths))]
    public async Task Every_page_is_accessible_and_fits_its_window(int width)
    {
        var somebody = site.Server.Kick.World.Streamers[6];
        await using var window = await site.OpenAsync(width);
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
