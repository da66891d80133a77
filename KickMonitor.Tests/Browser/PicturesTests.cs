using System.Net;

namespace KickMonitor.Tests.Browser;

[Collection(nameof(Browser))]
public sealed class PicturesTests(Site site)
{
    [Fact]
    public async Task Pictures_come_from_this_server_for_those_who_may_see_the_streamer_and_are_never_a_hole()
    {
        var streamer = site.Server.Kick.World.Streamers[7];
        string path = $"/pictures/{streamer.Id}/avatar";
        await using var window = await site.OpenAsync();
        (await window.Page.APIRequest.GetAsync(path)).Status.ShouldBe(404, "nobody learns whether there is one");

        await window.SignInAsync();
        await window.GoAsync($"/?q={streamer.Slug}");
        var row = window.Row(streamer.Slug);
        await row.Locator("img").WaitForAsync();
        (await row.Locator("img").EvaluateAsync<bool>("async (i) => { await i.decode(); return i.naturalWidth > 0; }")).ShouldBeTrue();

        // The stand-in draws in SVG, which could carry a script: the generated one is shown in its place.
        var answer = await window.Page.APIRequest.GetAsync(path);
        answer.Headers["content-type"].ShouldBe("image/svg+xml");
        answer.Headers["content-security-policy"].ShouldContain("sandbox");
        (await answer.TextAsync()).ShouldContain("<text");
        var again = await window.Page.APIRequest.GetAsync(path, new() { Headers = [new("If-None-Match", answer.Headers["etag"])] });
        again.Status.ShouldBe((int)HttpStatusCode.NotModified);
        (await window.Page.APIRequest.GetAsync("/pictures/1/avatar")).Status.ShouldBe(404);

        await using var other = await site.OpenAsync();
        await other.SignInAsync("user@example.com");
        await other.GoAsync("/");
        (await other.Page.APIRequest.GetAsync(path)).Status.ShouldBe(404);
        window.Complaints.ShouldBeEmpty();
    }
}
