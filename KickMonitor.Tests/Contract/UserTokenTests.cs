using System.Net.Http.Headers;
using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Domain.Linking;
using Microsoft.AspNetCore.WebUtilities;

namespace KickMonitor.Tests.Contract;

public sealed class UserTokenTests : ContractTest
{
    private const string Callback = "https://app.example/back";
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    [Fact]
    public async Task A_code_gives_a_pair_for_two_hours_that_names_its_user()
    {
        var pair = await LinkedAsync();

        pair.Status.ShouldBe(200);
        pair.Json.GetProperty("token_type").GetString().ShouldBe("Bearer");
        pair.Json.GetProperty("expires_in").GetInt32().ShouldBe(7200);
        pair.Json.GetProperty("scope").GetString().ShouldBe("user:read");
        Kick.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Of(pair, "access_token"));
        (await GetAsync("/public/v1/users")).Only.GetProperty("name").GetString().ShouldBe("Lana_Lantern");
        (await PostAsync("/oauth/token/introspect")).Data.GetProperty("token_type").GetString().ShouldBe("user");
        Clock.Advance(TimeSpan.FromHours(2));
        (await GetAsync("/public/v1/users")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_code_is_good_once_and_a_second_time_takes_back_what_it_gave()
    {
        string code = await CodeAsync();
        var pair = await ExchangeAsync(code);

        (await ExchangeAsync(code)).Json.GetProperty("error").GetString().ShouldBe("invalid_grant");
        (await RefreshAsync(Of(pair, "refresh_token"))).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("wrong-verifier-wrong-verifier-wrong-verifier-wrong", Callback)]
    [InlineData("", Callback)]
    [InlineData(Verifier, "https://app.example/Back")]
    public async Task A_code_needs_its_own_verifier_and_address(string verifier, string callback) =>
        (await ExchangeAsync(await CodeAsync(), verifier, callback)).Status.ShouldBe(400);

    [Fact]
    public async Task A_code_is_good_for_ten_minutes()
    {
        string code = await CodeAsync();
        Clock.Advance(TimeSpan.FromMinutes(10));

        (await ExchangeAsync(code)).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Each_refresh_rotates_and_the_old_token_is_taken_for_a_minute_more()
    {
        string first = Of(await LinkedAsync(), "refresh_token");
        Of(await RefreshAsync(first), "refresh_token").ShouldNotBe(first);

        (await RefreshAsync(first)).Status.ShouldBe(200);
        Clock.Advance(61);
        (await RefreshAsync(first)).Json.GetProperty("error").GetString().ShouldBe("invalid_grant");
    }

    [Fact]
    public async Task Tokens_may_be_single_use()
    {
        Sandbox.Grants.ReuseWindow = TimeSpan.Zero;
        string first = Of(await LinkedAsync(), "refresh_token");
        await RefreshAsync(first);

        (await RefreshAsync(first)).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_refresh_token_that_rests_for_thirty_days_is_dead()
    {
        string token = Of(await LinkedAsync(), "refresh_token");
        Clock.Advance(TimeSpan.FromDays(30));

        (await RefreshAsync(token)).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("code_challenge")]
    [InlineData("state")]
    [InlineData("redirect_uri")]
    [InlineData("client_id")]
    public async Task The_consent_page_wants_every_part(string missing)
    {
        var query = AuthorizeQuery();
        query.Remove(missing);

        (await GetAsync(QueryHelpers.AddQueryString("/oauth/authorize", query))).ShouldBe(400, """{"error":"Invalid request"}""");
    }

    [Fact]
    public async Task The_first_loopback_address_becomes_localhost()
    {
        var query = AuthorizeQuery();
        query["redirect_uri"] = "http://127.0.0.1:5000/back";

        (await Consent.DenyAsync(new Uri(Sandbox.BaseAddress, QueryHelpers.AddQueryString("/oauth/authorize", query)))).Host.ShouldBe("localhost");
    }

    [Fact]
    public async Task Revoking_ends_the_grant()
    {
        var pair = await LinkedAsync();

        (await PostAsync($"/oauth/revoke?token={Of(pair, "refresh_token")}&token_hint_type=refresh_token")).ShouldBe(200, "OK");
        (await RefreshAsync(Of(pair, "refresh_token"))).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Twitch_ignores_the_challenge_wants_the_secret_and_words_its_refusals()
    {
        var back = await Consent.AllowAsync(new Uri(Sandbox.BaseAddress, QueryHelpers.AddQueryString("/twitch/oauth2/authorize", AuthorizeQuery())), Lana().Id);
        string code = QueryHelpers.ParseQuery(back.Query)["code"].ToString();

        (await PostAsync("/twitch/oauth2/token", ("client_id", Sandbox.ClientId), ("grant_type", "authorization_code"), ("code", code))).Json.GetProperty("message").GetString().ShouldBe("missing client secret");
        var pair = await TwitchAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Callback));
        pair.Json.GetProperty("scope").GetArrayLength().ShouldBe(1);
        pair.Json.GetProperty("expires_in").GetInt32().ShouldBe(14_400);
        (await TwitchAsync(("grant_type", "refresh_token"), ("refresh_token", "x"))).ShouldBe(400, """{"error":"Bad Request","status":400,"message":"Invalid refresh token"}""");
        Kick.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("OAuth", Of(pair, "access_token"));
        (await GetAsync("/twitch/oauth2/validate")).Json.GetProperty("login").GetString().ShouldBe("lana-lantern");
    }

    private static string Of(Reply reply, string name) => reply.Json.GetProperty(name).GetString()!;

    private Dictionary<string, string?> AuthorizeQuery() => new(StringComparer.Ordinal)
    {
        ["response_type"] = "code",
        ["client_id"] = Sandbox.ClientId,
        ["redirect_uri"] = Callback,
        ["scope"] = "user:read",
        ["state"] = "s",
        ["code_challenge"] = Pkce.Challenge(Verifier),
        ["code_challenge_method"] = "S256",
    };

    private async Task<string> CodeAsync()
    {
        long account = (World.Find("lana-lantern") ?? Lana()).Id;
        var back = await Consent.AllowAsync(new Uri(Sandbox.BaseAddress, QueryHelpers.AddQueryString("/oauth/authorize", AuthorizeQuery())), account);
        return QueryHelpers.ParseQuery(back.Query)["code"].ToString();
    }

    private async Task<Reply> LinkedAsync() => await ExchangeAsync(await CodeAsync());

    private Task<Reply> ExchangeAsync(string code, string verifier = Verifier, string callback = Callback) => PostAsync(
        "/oauth/token",
        ("grant_type", "authorization_code"), ("client_id", Sandbox.ClientId), ("client_secret", Sandbox.ClientSecret), ("code", code), ("redirect_uri", callback), ("code_verifier", verifier));

    private Task<Reply> RefreshAsync(string token) => PostAsync(
        "/oauth/token", ("grant_type", "refresh_token"), ("client_id", Sandbox.ClientId), ("client_secret", Sandbox.ClientSecret), ("refresh_token", token));

    private Task<Reply> TwitchAsync(params (string, string)[] form) => PostAsync(
        "/twitch/oauth2/token", [.. form, ("client_id", Sandbox.ClientId), ("client_secret", Sandbox.ClientSecret)]);
}
