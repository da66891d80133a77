using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace KickMonitor.Tests.Contract;

public sealed class TokenTests : ContractTest
{
    private const string InvalidRequest = """{"error":"Invalid request"}""";

    [Fact]
    public async Task An_app_token_lasts_sixty_days_and_has_neither_refresh_token_nor_scope()
    {
        var reply = await AskForTokenAsync();

        reply.Status.ShouldBe(200);
        reply.ContentType.ShouldBe("application/json;charset=UTF-8");
        reply.Message.Headers.CacheControl!.NoStore.ShouldBeTrue();
        reply.Json.GetProperty("token_type").GetString().ShouldBe("Bearer");
        reply.Json.GetProperty("expires_in").GetInt32().ShouldBe(5_184_000);
        reply.Json.TryGetProperty("refresh_token", out _).ShouldBeFalse();
        reply.Json.TryGetProperty("scope", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("nobody", "sandbox-secret-of-no-value")]
    [InlineData("01SANDBOX00000000000CLIENT", "guessed")]
    [InlineData("", "")]
    public async Task Wrong_credentials_are_an_invalid_request(string id, string secret)
    {
        var reply = await PostAsync("/oauth/token", ("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret));

        reply.ShouldBe(400, InvalidRequest);
    }

    [Fact]
    public async Task An_unknown_grant_type_is_an_invalid_request()
    {
        var reply = await PostAsync("/oauth/token", ("grant_type", "password"), ("client_id", Sandbox.ClientId), ("client_secret", Sandbox.ClientSecret));

        reply.ShouldBe(400, InvalidRequest);
    }

    [Fact]
    public async Task A_json_body_gets_no_token()
    {
        using var body = new StringContent("""{"grant_type":"client_credentials"}""", Encoding.UTF8, "application/json");

        (await Reply.OfAsync(await Kick.PostAsync("/oauth/token", body, Ct))).ShouldBe(400, InvalidRequest);
    }

    [Fact]
    public async Task A_refresh_with_a_token_that_is_none_is_an_invalid_grant()
    {
        var reply = await PostAsync(
            "/oauth/token",
            ("grant_type", "refresh_token"), ("client_id", Sandbox.ClientId), ("client_secret", Sandbox.ClientSecret), ("refresh_token", "x"));

        reply.Status.ShouldBe(400);
        reply.Json.GetProperty("error").GetString().ShouldBe("invalid_grant");
        reply.Json.GetProperty("error_description").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("made-up")]
    public async Task Without_a_good_token_the_api_answers_401(string? token)
    {
        Kick.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

        (await GetAsync("/public/v1/livestreams")).ShouldBe(401, """{"data":{},"message":"Unauthorized"}""");
    }

    [Fact]
    public async Task A_token_stops_working_after_sixty_days()
    {
        Clock.Advance(TimeSpan.FromDays(60) - TimeSpan.FromSeconds(1));
        (await GetAsync("/public/v1/livestreams")).Status.ShouldBe(200);

        Clock.Advance(1);
        (await GetAsync("/public/v1/livestreams")).Status.ShouldBe(401);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revoked_token_stops_working_whether_named_in_query_or_form(bool inQuery)
    {
        var token = Kick.DefaultRequestHeaders.Authorization!.Parameter!;

        var reply = inQuery ? await PostAsync($"/oauth/revoke?token={token}&token_hint_type=access_token") : await PostAsync("/oauth/revoke", ("token", token));

        reply.ShouldBe(200, "OK");
        (await GetAsync("/public/v1/livestreams")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Revoking_nothing_is_an_invalid_request() => (await PostAsync("/oauth/revoke")).ShouldBe(400, InvalidRequest);

    [Theory]
    [InlineData("/oauth/token/introspect")]
    [InlineData("/public/v1/token/introspect")]
    public async Task Introspection_tells_that_it_is_an_app_token_and_when_it_ends(string path)
    {
        var facts = (await PostAsync(path)).Data;

        facts.GetProperty("active").GetBoolean().ShouldBeTrue();
        facts.GetProperty("token_type").GetString().ShouldBe("app");
        facts.GetProperty("client_id").GetString().ShouldBe(Sandbox.ClientId);
        facts.GetProperty("exp").GetInt64().ShouldBe(Clock.GetUtcNow().AddDays(60).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Introspection_of_a_dead_token_says_inactive_and_still_200()
    {
        Sandbox.Tokens.RevokeAll();

        var reply = await PostAsync("/oauth/token/introspect");

        reply.Status.ShouldBe((int)HttpStatusCode.OK);
        reply.Data.GetProperty("active").GetBoolean().ShouldBeFalse();
    }
}
