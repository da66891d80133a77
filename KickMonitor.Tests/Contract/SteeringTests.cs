using System.Net.Http.Json;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Contract;

public sealed class SteeringTests : ContractTest
{
    [Fact]
    public async Task A_streamer_is_created_taken_live_and_ended_over_json()
    {
        var id = (await SendAsync(HttpMethod.Post, "streamers", new { slug = "mo" })).Json.GetProperty("id").GetInt64();

        await SendAsync(HttpMethod.Patch, $"streamers/{id}", new { live = true, viewers = 7, title = "hello", category = "Chess" });
        var mo = World.Find("mo")!;
        mo.Broadcast!.Viewers.ShouldBe(7);
        mo.Broadcast.Title.ShouldBe("hello");
        mo.Broadcast.Category.Name.ShouldBe("Chess");

        await SendAsync(HttpMethod.Patch, $"streamers/{id}", new { live = false, slug = "mo2", vanished = true });
        World.Find("mo2").ShouldNotBeNull().IsLive.ShouldBeFalse();
        World.Find("mo2")!.Vanished.ShouldBeTrue();
    }

    [Fact]
    public async Task The_impossible_is_refused_with_a_reason()
    {
        var lana = Lana();

        var reply = await SendAsync(HttpMethod.Patch, $"streamers/{lana.Id}", new { category = "Knitting" });

        reply.ShouldBe(400, """{"error":"No category is called 'Knitting'."}""");
        (await SendAsync(HttpMethod.Post, "streamers", new { slug = "lana-lantern" })).Status.ShouldBe(400);
        (await SendAsync(HttpMethod.Patch, "streamers/1", new { live = true })).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Streamers_are_searched_page_by_page()
    {
        for (var i = 0; i < 30; i++)
        {
            World.Add($"streamer{i}");
        }

        var reply = await GetAsync("/sandbox/api/streamers?q=streamer&page=3&size=12&live=");

        reply.Json.GetProperty("total").GetInt32().ShouldBe(30);
        reply.Json.GetProperty("streamers").GetArrayLength().ShouldBe(6);
    }

    [Fact]
    public async Task A_fault_is_set_listed_and_cleared_over_json()
    {
        await SendAsync(HttpMethod.Post, "faults", new { kind = "too-many-requests", group = "users", count = 5, retryAfter = "9" });
        (await GetAsync("/public/v1/users?id=1")).Status.ShouldBe(429);
        var listed = (await GetAsync("/sandbox/api/faults")).Json.GetProperty("faults")[0];
        listed.GetProperty("kind").GetString().ShouldBe("too-many-requests");
        listed.GetProperty("count").GetInt32().ShouldBe(4);

        await SendAsync(HttpMethod.Delete, "faults");
        (await GetAsync("/public/v1/users?id=1")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_fault_that_makes_no_sense_is_refused()
    {
        (await SendAsync(HttpMethod.Post, "faults", new { kind = "slow", probability = 2 })).Status.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, "faults", new { kind = "too-many-requests", retryAfter = "1\r\nX: y" })).Status.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, "faults", new { kind = "earthquake" })).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Switches_are_turned_over_json()
    {
        await SendAsync(HttpMethod.Patch, "faults", new { startLagSeconds = 41, hiddenViewers = true, requestsPerMinute = 60 });

        Faults.Distortions.StartLag.ShouldBe(TimeSpan.FromSeconds(41));
        Faults.Distortions.HiddenViewers.ShouldBeTrue();
        Faults.Distortions.BlankOfflineFields.ShouldBeTrue();
        Faults.RateLimit.PerMinute.ShouldBe(60);
    }

    [Fact]
    public async Task What_was_asked_is_remembered_and_counted()
    {
        await GetAsync("/public/v1/users?id=1");
        await GetAsync("/api/v2/channels/nobody");
        await GetAsync("/favicon.ico");
        await GetAsync("/sandbox/api/counters");

        Sandbox.Requests.Total.ShouldBe(3);
        Sandbox.Requests.CountOf(RequestHistory.Unknown).ShouldBe(1);
        Sandbox.Requests.CountOf("/api/v2/channels/{slug}").ShouldBe(1);
        var first = Sandbox.Requests.Recent[0];
        (first.Method, first.Path, first.Query, first.Status).ShouldBe(("GET", "/public/v1/users", "?id=1", 200));
        first.At.ShouldBe(Clock.GetUtcNow());
    }

    [Fact]
    public async Task Reset_forgets_everything()
    {
        Lana();
        Faults.RateLimit.PerMinute = 1;
        await GetAsync("/public/v1/users?id=1");

        await SendAsync(HttpMethod.Post, "reset");

        World.Count.ShouldBe(0);
        Faults.RateLimit.PerMinute.ShouldBeNull();
        Sandbox.Requests.Total.ShouldBe(0);
    }

    [Fact]
    public async Task The_page_encodes_what_it_shows()
    {
        World.SetTitle(Lana().Id, "<script>alert(1)</script>\"'");

        var page = await GetAsync("/sandbox?q=%22%3E%3Cscript%3Ex");
        page.Body.ShouldNotContain("<script>x");
        page = await GetAsync("/sandbox?live=");
        page.Status.ShouldBe(200);
        page.Body.ShouldContain("lana-lantern");
        page.Body.ShouldNotContain("<script>alert");
        page.Message.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldContain("script-src 'self'");
    }

    [Theory]
    [InlineData("/sandbox/steering.css", "text/css")]
    [InlineData("/sandbox/steering.js", "text/javascript")]
    public async Task The_page_brings_its_own_style_and_script(string path, string contentType)
    {
        var reply = await GetAsync(path);

        reply.Status.ShouldBe(200);
        reply.ContentType.ShouldBe(contentType);
    }

    [Fact]
    public async Task Foreign_pages_cannot_steer()
    {
        using var disguised = new HttpRequestMessage(HttpMethod.Get, "/sandbox");
        disguised.Headers.Host = "evil.example";
        (await Kick.SendAsync(disguised, Ct)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Forbidden);

        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/sandbox/api/reset");
        foreign.Headers.Add("Sec-Fetch-Site", "cross-site");
        (await Kick.SendAsync(foreign, Ct)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Forbidden);
    }

    private async Task<Reply> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/sandbox/api/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        return await Reply.OfAsync(await Kick.SendAsync(request, Ct));
    }
}
