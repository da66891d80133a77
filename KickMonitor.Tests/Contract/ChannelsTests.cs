using System.Text.Json;

namespace KickMonitor.Tests.Contract;

public sealed class ChannelsTests : ContractTest
{
    private const string InvalidRequest = """{"data":{},"message":"Invalid request"}""";

    [Fact]
    public async Task A_live_channel_tells_title_category_and_stream()
    {
        var lana = Lana();

        var reply = await GetAsync("/public/v1/channels?slug=lana-lantern");

        reply.ContentType.ShouldBe("application/json");
        reply.Json.GetProperty("message").GetString().ShouldBe("OK");
        var channel = reply.Only;
        channel.GetProperty("broadcaster_user_id").GetInt64().ShouldBe(lana.Id);
        channel.GetProperty("slug").GetString().ShouldBe("lana-lantern");
        channel.GetProperty("stream_title").GetString().ShouldBe("Ranked <3 & chill");
        channel.GetProperty("category").GetProperty("id").GetInt32().ShouldBe(14);
        channel.GetProperty("active_subscribers_count").ValueKind.ShouldBe(JsonValueKind.Number);
        var stream = channel.GetProperty("stream");
        stream.GetProperty("is_live").GetBoolean().ShouldBeTrue();
        stream.GetProperty("start_time").GetString().ShouldBe("2026-10-05T18:00:00Z");
        stream.GetProperty("viewer_count").GetInt32().ShouldBe(412);
        stream.GetProperty("key").GetString().ShouldBe("");
        stream.GetProperty("url").GetString().ShouldBe("");
    }

    [Fact]
    public async Task An_offline_channel_is_blank_and_began_in_the_year_1()
    {
        World.EndStream(Lana().Id);

        var channel = (await GetAsync("/public/v1/channels?slug=lana-lantern")).Only;

        channel.GetProperty("stream_title").GetString().ShouldBe("");
        channel.GetProperty("category").GetRawText().ShouldBe("""{"id":0,"name":"","thumbnail":""}""");
        channel.GetProperty("stream").GetRawText().ShouldBe(
            """{"is_live":false,"is_mature":false,"key":"","language":"","start_time":"0001-01-01T00:00:00Z","thumbnail":"","url":"","viewer_count":0}""");
    }

    [Fact]
    public async Task Custom_tags_are_absent_and_unknown_fields_present()
    {
        Lana();

        var channel = (await GetAsync("/public/v1/channels?slug=lana-lantern")).Only;

        channel.GetProperty("stream").TryGetProperty("custom_tags", out _).ShouldBeFalse();
        channel.TryGetProperty("experiment", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task An_unknown_slug_is_left_out_and_the_answer_stays_200()
    {
        Lana();

        (await GetAsync("/public/v1/channels?slug=lana-lantern&slug=nobody")).Only.GetProperty("slug").GetString().ShouldBe("lana-lantern");
        (await GetAsync("/public/v1/channels?slug=nobody")).ShouldBe(200, """{"data":[],"message":"OK"}""");
    }

    [Theory]
    [InlineData("slug=abcdefghijklmnopqrstuvwxyz")]
    [InlineData("slug=not%20a%20slug")]
    [InlineData("slug=")]
    [InlineData("broadcaster_user_id=lana-lantern")]
    [InlineData("broadcaster_user_id=-1")]
    public async Task One_ill_formed_name_fails_the_whole_call(string wrong)
    {
        Lana();

        (await GetAsync($"/public/v1/channels?slug=lana-lantern&{wrong}")).ShouldBe(400, InvalidRequest);
        (await GetAsync($"/public/v1/channels?{wrong}")).ShouldBe(400, InvalidRequest);
    }

    [Fact]
    public async Task Slugs_and_ids_cannot_be_mixed()
    {
        var lana = Lana();

        (await GetAsync($"/public/v1/channels?slug=lana-lantern&broadcaster_user_id={lana.Id}")).ShouldBe(400, InvalidRequest);
    }

    [Theory]
    [InlineData("slug")]
    [InlineData("broadcaster_user_id")]
    public async Task Fifty_at_once_and_no_more(string parameter)
    {
        (await GetAsync($"/public/v1/channels?{Repeated(parameter, 50)}")).Status.ShouldBe(200);
        (await GetAsync($"/public/v1/channels?{Repeated(parameter, 51)}")).ShouldBe(400, InvalidRequest);
    }

    [Fact]
    public async Task An_app_has_no_channel_of_its_own() => (await GetAsync("/public/v1/channels")).Status.ShouldBe(401);

    [Fact]
    public async Task A_rename_shows_under_the_same_id_and_forgets_the_old_slug()
    {
        var lana = World.Rename(Lana().Id, "lana_returns");

        (await GetAsync($"/public/v1/channels?broadcaster_user_id={lana.Id}")).Only.GetProperty("slug").GetString().ShouldBe("lana_returns");
        (await GetAsync("/public/v1/channels?slug=lana-lantern")).Data.GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_vanished_channel_is_missing_by_slug_and_by_id_until_it_returns()
    {
        var lana = World.Vanish(Lana().Id);
        (await GetAsync("/public/v1/channels?slug=lana-lantern")).Data.GetArrayLength().ShouldBe(0);
        (await GetAsync($"/public/v1/channels?broadcaster_user_id={lana.Id}")).Data.GetArrayLength().ShouldBe(0);

        World.Return(lana.Id);
        (await GetAsync("/public/v1/channels?slug=lana-lantern")).Only.GetProperty("stream").GetProperty("is_live").GetBoolean().ShouldBeTrue();
    }
}
