namespace KickMonitor.Tests.Contract;

public sealed class UserLivestreamsTests : ContractTest
{
    private const string InvalidRequest = """{"data":{},"message":"Invalid request"}""";

    [Fact]
    public async Task Who_is_live_is_listed_and_who_is_not_is_absent()
    {
        var lana = Lana();
        var mo = World.Add("mo");

        var reply = await GetAsync($"/public/v1/users/livestreams?user_id={mo.Id}&user_id={lana.Id}&user_id=5");

        var stream = reply.Only;
        stream.GetProperty("id").GetGuid().ShouldBe(lana.Broadcast!.Id);
        stream.GetProperty("title").GetString().ShouldBe("Ranked <3 & chill");
        stream.GetProperty("started_at").GetString().ShouldBe("2026-10-05T18:00:00Z");
        stream.GetProperty("viewer_count").GetInt32().ShouldBe(412);
        stream.GetProperty("language_code").GetString().ShouldNotBeNullOrEmpty();
        stream.GetProperty("has_mature_content").GetBoolean().ShouldBeFalse();
        stream.GetProperty("broadcaster_user").GetProperty("id").GetInt64().ShouldBe(lana.Id);
        stream.GetProperty("broadcaster_user").GetProperty("username").GetString().ShouldBe("Lana_Lantern");
        stream.GetProperty("category").GetProperty("name").GetString().ShouldBe("Dota 2");
        stream.GetProperty("channel").GetProperty("slug").GetString().ShouldBe("lana-lantern");
        reply.Json.TryGetProperty("pagination", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_hundred_at_once_and_no_more()
    {
        (await GetAsync($"/public/v1/users/livestreams?{Repeated("user_id", 100)}")).Status.ShouldBe(200);
        (await GetAsync($"/public/v1/users/livestreams?{Repeated("user_id", 101)}")).ShouldBe(400, InvalidRequest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?broadcaster_user_id=1")]
    [InlineData("?user_id=lana")]
    [InlineData("?user_id=")]
    [InlineData("?user_id=1,2")]
    public async Task The_ids_are_required_under_their_own_name(string query) =>
        (await GetAsync($"/public/v1/users/livestreams{query}")).ShouldBe(400, InvalidRequest);

    [Fact]
    public async Task Start_times_are_the_same_text_in_every_source()
    {
        var lana = Lana();

        var here = (await GetAsync($"/public/v1/users/livestreams?user_id={lana.Id}")).Only.GetProperty("started_at").GetString();

        (await GetAsync("/public/v1/channels?slug=lana-lantern")).Only.GetProperty("stream").GetProperty("start_time").GetString().ShouldBe(here);
        (await GetAsync("/public/v1/livestreams")).Only.GetProperty("started_at").GetString().ShouldBe(here);
        (await GetAsync("/public/v2/livestreams")).Only.GetProperty("started_at").GetString().ShouldBe(here);
    }

    [Fact]
    public async Task A_new_broadcast_has_a_new_id_and_start()
    {
        var lana = Lana();
        Clock.Advance(600);

        World.GoLive(lana.Id);

        var stream = (await GetAsync($"/public/v1/users/livestreams?user_id={lana.Id}")).Only;
        stream.GetProperty("id").GetGuid().ShouldNotBe(lana.Broadcast!.Id);
        stream.GetProperty("started_at").GetString().ShouldBe("2026-10-05T18:10:00Z");
    }
}
