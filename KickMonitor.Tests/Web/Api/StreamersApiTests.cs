using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Tests.Web.Api;

public sealed class StreamersApiTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Pages_show_every_streamer_once_and_end()
    {
        string[] slugs = ["page-a", "page-b", "page-c", "page-d", "page-e"];
        foreach (string slug in slugs)
        {
            await host.WatchAsync(slug);
        }

        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        var seen = new List<string?>();
        string? next = null;
        do
        {
            var page = await client.ReadAsync($"/api/v1/streamers?search=PAGE-&limit=2{(next is null ? null : "&after=" + next)}");
            page.GetProperty("items").GetArrayLength().ShouldBeLessThanOrEqualTo(2);
            seen.AddRange(page.GetProperty("items").Strings("slug"));
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        seen.ShouldBe(slugs, ignoreOrder: true);
    }

    [Fact]
    public async Task A_last_page_that_is_full_has_no_next()
    {
        await host.WatchAsync("full-a");
        await host.WatchAsync("full-b");
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var page = await client.ReadAsync("/api/v1/streamers?search=full-&limit=2");

        page.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task People_see_only_what_is_assigned_to_them()
    {
        await host.WatchAsync("mine");
        await host.WatchAsync("theirs");
        using var client = host.As(await host.AddPersonAsync(Role.Viewer, "mine"));

        (await client.ReadAsync("/api/v1/streamers")).GetProperty("items").Strings("slug").ShouldBe(["mine"]);
        (await client.ReadAsync("/api/v1/status")).GetProperty("streamers").GetProperty("total").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/status-events")]
    [InlineData("/broadcasts")]
    [InlineData("/viewers")]
    public async Task What_is_not_yours_looks_like_what_is_not_there(string resource)
    {
        string hidden = await host.WatchAsync("hidden" + resource.Replace('/', '-'));
        using var client = host.As(await host.AddPersonAsync(Role.User));

        var notYours = await client.GetAsync($"/api/v1/streamers/{hidden}{resource}");
        var notThere = await client.GetAsync($"/api/v1/streamers/nobody-of-that-name{resource}");

        await notYours.ShouldBeProblemAsync(404);
        (await notYours.Content.ReadAsStringAsync()).ShouldBe(await notThere.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_live_are_told_from_the_rest()
    {
        await host.WatchAsync("on-air");
        await host.WatchAsync("off-air");
        host.Kick.World.GoLive(host.IdOf("on-air"), viewers: 412, title: "Late night");
        await host.CheckAsync("on-air", "off-air");
        using var client = host.As(await host.AddPersonAsync(Role.Viewer, "on-air", "off-air"));

        var live = (await client.ReadAsync("/api/v1/streamers?status=live")).GetProperty("items")[0];
        live.GetProperty("slug").GetString().ShouldBe("on-air");
        live.GetProperty("viewers").GetInt32().ShouldBe(412);
        live.GetProperty("title").GetString().ShouldBe("Late night");
        live.GetProperty("since").GetString()!.ShouldEndWith("Z");
        (await client.ReadAsync("/api/v1/streamers?status=offline")).GetProperty("items").Strings("slug").ShouldBe(["off-air"]);

        var told = (await client.ReadAsync("/api/v1/streamers/on-air/status-events")).GetProperty("items")[0];
        told.GetProperty("kind").GetString().ShouldBe("went_live");
        told.GetProperty("streamer").GetString().ShouldBe("on-air");
        (await client.ReadAsync("/api/v1/streamers/on-air/broadcasts")).GetProperty("items")[0].GetProperty("title").GetString().ShouldBe("Late night");
        (await client.ReadAsync("/api/v1/streamers/on-air/viewers?resolution=raw")).GetProperty("items")[0].GetProperty("viewers").GetInt32().ShouldBe(412);
    }

    [Theory]
    [InlineData("/api/v1/streamers?status=asleep")]
    [InlineData("/api/v1/streamers?limit=0")]
    [InlineData("/api/v1/streamers?limit=201")]
    [InlineData("/api/v1/streamers?limit=many")]
    [InlineData("/api/v1/streamers?limit=99999999999999999999")]
    [InlineData("/api/v1/streamers?after=here")]
    [InlineData("/api/v1/streamers?after=")]
    [InlineData("/api/v1/streamers/strict/status-events?limit=-1")]
    [InlineData("/api/v1/streamers/strict/status-events?after=zzz")]
    [InlineData("/api/v1/streamers/strict/broadcasts?limit=1000")]
    [InlineData("/api/v1/streamers/strict/broadcasts?after=%00")]
    [InlineData("/api/v1/streamers/strict/viewers?resolution=week")]
    [InlineData("/api/v1/streamers/strict/viewers?from=yesterday")]
    [InlineData("/api/v1/streamers/strict/viewers?from=2026-10-05")]
    [InlineData("/api/v1/streamers/strict/viewers?from=2026-10-06T00:00:00Z&to=2026-10-05T00:00:00Z")]
    [InlineData("/api/v1/users?limit=0")]
    [InlineData("/api/v1/users?after=zzz")]
    public async Task A_question_that_makes_no_sense_is_refused(string question)
    {
        if (host.Board.Snapshot.Find("strict") is null)
        {
            await host.WatchAsync("strict");
        }

        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        await (await client.GetAsync(question)).ShouldBeProblemAsync(400);
    }

    [Theory]
    [InlineData("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z")]
    [InlineData("from=2026-10-05T00:00:00+02:00&to=2026-10-05T00:00:00.5Z&resolution=hour")]
    [InlineData("to=0001-01-01T01:00:00Z")]
    public async Task Any_span_can_be_asked_for(string span)
    {
        if (host.Board.Snapshot.Find("timeless") is null)
        {
            await host.WatchAsync("timeless");
        }

        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        (await client.ReadAsync("/api/v1/streamers/timeless/viewers?" + span)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_channel_is_added_once_and_comes_with_its_state()
    {
        host.Kick.World.Add("fresh");
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var added = await client.PostAsJsonAsync("/api/v1/streamers", new { slug = "https://kick.com/Fresh" });
        var again = await client.PostAsJsonAsync("/api/v1/streamers", new { slug = "fresh" });

        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        added.Headers.Location!.OriginalString.ShouldBe("/api/v1/streamers/fresh");
        var streamer = await added.JsonAsync();
        streamer.GetProperty("slug").GetString().ShouldBe("fresh");
        streamer.GetProperty("status").GetString().ShouldBe("offline");
        streamer.GetProperty("source").GetString().ShouldBe("poll");
        await again.ShouldBeProblemAsync(409);
    }

    [Theory]
    [InlineData("nobody-has-this-name", 404)]
    [InlineData("not a slug", 400)]
    [InlineData("", 400)]
    [InlineData(null, 400)]
    [InlineData("nul\u0000", 400)]
    public async Task What_cannot_be_added_is_refused(string? slug, int status)
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        await (await client.PostAsJsonAsync("/api/v1/streamers", new { slug })).ShouldBeProblemAsync(status);
    }

    [Fact]
    public async Task A_former_slug_answers_with_the_streamer_of_now()
    {
        await host.WatchAsync("old-name");
        long id = host.IdOf("old-name");
        host.Kick.World.GoLive(id);
        host.Kick.World.Rename(id, "new-name");
        await host.CheckAsync("old-name");
        using var client = host.As(await host.AddPersonAsync(Role.Viewer, "new-name"));

        (await client.ReadAsync("/api/v1/streamers/old-name")).GetProperty("slug").GetString().ShouldBe("new-name");
        (await client.ReadAsync("/api/v1/streamers/OLD-NAME/status-events")).GetProperty("items").Strings("kind").ShouldContain("renamed");
    }

    [Fact]
    public async Task Checks_are_paused_and_resumed_and_the_answer_shows_it()
    {
        await host.WatchAsync("sleepy");
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var paused = await client.PatchAsJsonAsync("/api/v1/streamers/sleepy", new { paused = true });
        (await paused.JsonAsync()).GetProperty("paused").GetBoolean().ShouldBeTrue();
        var resumed = await client.PatchAsJsonAsync("/api/v1/streamers/sleepy", new { paused = false });
        (await resumed.JsonAsync()).GetProperty("paused").GetBoolean().ShouldBeFalse();
        await (await client.PatchAsJsonAsync("/api/v1/streamers/sleepy", new { })).ShouldBeProblemAsync(400);
        await (await client.PatchAsJsonAsync("/api/v1/streamers/sleepy", new { paused = "yes" })).ShouldBeProblemAsync(400);
    }

    [Fact]
    public async Task A_removed_streamer_is_gone_at_once()
    {
        await host.WatchAsync("leaving");
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        (await client.DeleteAsync("/api/v1/streamers/leaving")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await (await client.GetAsync("/api/v1/streamers/leaving")).ShouldBeProblemAsync(404);
        await (await client.DeleteAsync("/api/v1/streamers/leaving")).ShouldBeProblemAsync(404);
        (await client.ReadAsync("/api/v1/streamers?search=leaving")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }
}
