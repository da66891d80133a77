namespace KickMonitor.Tests.Contract;

public sealed class LivestreamsTests : ContractTest
{
    [Fact]
    public async Task Version_2_lists_the_oldest_start_first_and_pages_to_the_end()
    {
        for (var i = 0; i < 5; i++)
        {
            World.GoLive(World.Add($"streamer{i}").Id, startedAt: Clock.GetUtcNow().AddMinutes(-i));
        }

        var slugs = new List<string?>();
        var cursor = "";
        do
        {
            var reply = await GetAsync($"/public/v2/livestreams?limit=2&cursor={cursor}");
            slugs.AddRange(reply.Data.EnumerateArray().Select(s => s.GetProperty("channel").GetProperty("slug").GetString()));
            cursor = reply.Json.GetProperty("pagination").GetProperty("next_cursor").GetString();
        }
        while (cursor is not "" && slugs.Count < 10);

        slugs.ShouldBe(["streamer4", "streamer3", "streamer2", "streamer1", "streamer0"]);
    }

    [Fact]
    public async Task A_page_goes_on_where_it_ended_though_somebody_went_offline_meanwhile()
    {
        for (var i = 0; i < 4; i++)
        {
            World.GoLive(World.Add($"streamer{i}").Id, startedAt: Clock.GetUtcNow().AddMinutes(i));
        }

        var first = await GetAsync("/public/v2/livestreams?limit=2");
        World.EndStream(World.Find("streamer0")!.Id);
        var second = await GetAsync($"/public/v2/livestreams?limit=2&cursor={first.Json.GetProperty("pagination").GetProperty("next_cursor").GetString()}");

        second.Data.EnumerateArray().Select(s => s.GetProperty("channel").GetProperty("slug").GetString()).ShouldBe(["streamer2", "streamer3"]);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=many")]
    [InlineData("cursor=***")]
    [InlineData("category_id=dota")]
    public async Task Version_2_refuses_what_it_cannot_read(string query) => (await GetAsync($"/public/v2/livestreams?{query}")).Status.ShouldBe(400);

    [Fact]
    public async Task Version_2_filters_by_category_and_language()
    {
        var lana = Lana();
        World.GoLive(World.Add("mo").Id, category: "Chess");

        (await GetAsync("/public/v2/livestreams?category_id=14&category_id=64")).Only.GetProperty("channel").GetProperty("slug").GetString().ShouldBe("lana-lantern");
        (await GetAsync("/public/v2/livestreams?language_code=xx")).Data.GetArrayLength().ShouldBe(0);
        (await GetAsync($"/public/v2/livestreams?category_id=14&language_code={lana.Language}")).Data.GetArrayLength().ShouldBe(1);
        (await GetAsync($"/public/v2/livestreams?{Repeated("category_id", 26)}")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Version_1_lists_only_who_is_live_with_a_channel_id_of_its_own()
    {
        var lana = Lana();
        var mo = World.Add("mo");

        var stream = (await GetAsync($"/public/v1/livestreams?broadcaster_user_id={mo.Id}&broadcaster_user_id={lana.Id}")).Only;

        stream.GetProperty("broadcaster_user_id").GetInt64().ShouldBe(lana.Id);
        stream.GetProperty("channel_id").GetInt64().ShouldNotBe(lana.Id);
        stream.GetProperty("slug").GetString().ShouldBe("lana-lantern");
        stream.GetProperty("stream_title").GetString().ShouldBe("Ranked <3 & chill");
        stream.GetProperty("viewer_count").GetInt32().ShouldBe(412);
        stream.TryGetProperty("custom_tags", out _).ShouldBeFalse();
        (await GetAsync($"/public/v1/livestreams?broadcaster_user_id={mo.Id}")).ShouldBe(200, """{"data":[],"message":"OK"}""");
    }

    [Fact]
    public async Task Version_1_gives_25_unless_told_otherwise_and_knows_no_pages()
    {
        for (var i = 0; i < 30; i++)
        {
            World.GoLive(World.Add($"streamer{i}").Id, viewers: i);
        }

        (await GetAsync("/public/v1/livestreams")).Data.GetArrayLength().ShouldBe(25);
        (await GetAsync("/public/v1/livestreams?limit=100&page=2")).Data.GetArrayLength().ShouldBe(30);
        (await GetAsync("/public/v1/livestreams?sort=viewer_count&limit=1")).Only.GetProperty("viewer_count").GetInt32().ShouldBe(29);
    }

    [Theory]
    [InlineData("limit=101")]
    [InlineData("sort=title")]
    [InlineData("category_id=x")]
    [InlineData("broadcaster_user_id=x")]
    public async Task Version_1_refuses_what_it_cannot_read(string query) => (await GetAsync($"/public/v1/livestreams?{query}")).Status.ShouldBe(400);

    [Fact]
    public async Task Version_1_takes_fifty_ids_and_no_more() =>
        (await GetAsync($"/public/v1/livestreams?{Repeated("broadcaster_user_id", 51)}")).Status.ShouldBe(400);

    [Fact]
    public async Task The_statistics_count_who_is_live()
    {
        Lana();

        (await GetAsync("/public/v1/livestreams/stats")).ShouldBe(200, """{"data":{"total_count":1},"message":"OK"}""");
    }
}
