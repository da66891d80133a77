using System.Text.Json;

namespace KickMonitor.Tests.Contract;

public sealed class WebsiteTests : ContractTest
{
    [Fact]
    public async Task Times_have_no_zone_and_the_start_is_a_second_before_the_creation()
    {
        var lana = Lana();
        Kick.DefaultRequestHeaders.Authorization = null;

        var reply = await GetAsync("/api/v2/channels/lana-lantern");

        reply.Message.Headers.CacheControl!.MaxAge.ShouldBe(TimeSpan.FromSeconds(15));
        reply.Json.GetProperty("user_id").GetInt64().ShouldBe(lana.Id);
        reply.Json.GetProperty("id").GetInt64().ShouldBe(lana.ChannelId);
        reply.Json.GetProperty("chatroom").GetProperty("channel_id").GetInt64().ShouldBe(lana.ChannelId);
        reply.Json.GetProperty("user").GetProperty("username").GetString().ShouldBe("Lana_Lantern");
        var stream = reply.Json.GetProperty("livestream");
        stream.GetProperty("start_time").GetString().ShouldBe("2026-10-05 18:00:00");
        stream.GetProperty("created_at").GetString().ShouldBe("2026-10-05 18:00:01");
        stream.GetProperty("session_title").GetString().ShouldBe("Ranked <3 & chill");
        stream.GetProperty("viewer_count").GetInt32().ShouldBe(412);
        stream.GetProperty("categories")[0].GetProperty("id").GetInt32().ShouldBe(14);
    }

    [Fact]
    public async Task Offline_the_livestream_is_null()
    {
        World.Add("mo");

        (await GetAsync("/api/v2/channels/mo")).Json.GetProperty("livestream").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData(false, JsonValueKind.Number)]
    [InlineData(true, JsonValueKind.String)]
    public async Task Followers_are_a_number_or_text(bool asText, JsonValueKind kind)
    {
        World.Add("mo");
        Faults.Distortions.FollowersAsText = asText;

        (await GetAsync("/api/v2/channels/mo")).Json.GetProperty("followers_count").ValueKind.ShouldBe(kind);
    }

    [Fact]
    public async Task An_old_slug_is_not_found_after_a_rename()
    {
        World.Rename(Lana().Id, "lana2");

        (await GetAsync("/api/v2/channels/lana-lantern")).Status.ShouldBe(404);
        (await GetAsync("/api/v2/channels/lana2")).Status.ShouldBe(200);
    }
}
