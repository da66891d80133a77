using System.Net;
using KickMonitor.Domain.Linking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>What holds for every provider that is added, seen from the other side of the wire.</summary>
public sealed class Any_authorization_server : IAsyncLifetime
{
    private const string Good = """{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":3600}""";
    private readonly List<(string Path, IFormCollection Form)> _asked = [];
    private WebApplication _app = null!;
    private (int Status, string Type, string Body) _answer = (200, "application/json", Good);
    private string? _encoding;
    private Other _provider = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(async context =>
        {
            _asked.Add((context.Request.Path, await context.Request.ReadFormAsync()));
            context.Response.StatusCode = _answer.Status;
            context.Response.ContentType = _answer.Type;
            context.Response.Headers.ContentEncoding = _encoding;
            context.Response.Headers.RetryAfter = _answer.Status is 429 or 503 ? "7" : default;
            await context.Response.WriteAsync(_answer.Body);
        });
        await _app.StartAsync();
        _provider = new Other(_app.Urls.Single());
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task The_verifier_is_sent_whether_or_not_anybody_looks_at_it_and_its_hash_is_the_challenge()
    {
        string verifier = Pkce.NewSecret();
        _provider.AuthorizeAddress("https://monitor.example/back", "state", Pkce.Challenge(verifier)).Query.ShouldContain($"code_challenge={Pkce.Challenge(verifier)}&code_challenge_method=S256");

        await _provider.ExchangeAsync("code", verifier, "https://monitor.example/back", Ct);

        var form = _asked.ShouldHaveSingleItem().Form;
        form["code_verifier"].ToString().ShouldBe(verifier);
        form["grant_type"].ToString().ShouldBe("authorization_code");
    }

    [Theory]
    [InlineData("https://id.other.example", true)]
    [InlineData("https://id.other.example/", false)]
    [InlineData("https://evil.example", false)]
    [InlineData(null, false)]
    public void Whoever_announces_its_name_must_say_it_exactly(string? named, bool isTaken) => _provider.IsIssuer(named).ShouldBe(isTaken);

    [Theory]
    [InlineData(200, "application/json", """{"access_token":"a","token_type":"Bearer"}""", 3600)]
    [InlineData(200, "application/json", """{"access_token":"a","expires_in":"7200"}""", 7200)]
    [InlineData(200, "application/json", """{"access_token":"a","expires_in":-5}""", 3600)]
    [InlineData(200, "application/json", """{"access_token":"a","expires_in":99999999999}""", 366 * 24 * 3600)]
    [InlineData(200, "application/json", """{"access_token":"","expires_in":3600}""", null)]
    [InlineData(200, "application/json", """{"access_token":"a","token_type":"mac"}""", null)]
    [InlineData(200, "application/json", """["access_token"]""", null)]
    [InlineData(200, "application/json", """{"access_token":"a\r\nX-Other: 1"}""", null)]
    [InlineData(200, "application/json", """{"access_token":"a b"}""", null)]
    [InlineData(200, "application/json", """{"access_token":"a","refresh_token":"r\nr"}""", null)]
    [InlineData(200, "application/json", """{"access_token":"ключ"}""", null)]
    [InlineData(200, "application/json", """{"access_token":""", null)]
    [InlineData(200, "text/html", Good, null)]
    [InlineData(200, "application/json", """{"access_token":"a","scope":["\ud800"]}""", 3600)]
    [InlineData(200, "application/json", """{"access_token":"a","\ud800aaaaaaaaaaaaaaaaaaaa":1}""", null)]
    public async Task Odd_answers_come_to_the_right_end(int status, string type, string body, int? seconds)
    {
        _answer = (status, type, body);
        var answer = await _provider.RefreshAsync("r", Ct);

        if (seconds is { } life)
        {
            var tokens = answer.ShouldBeOfType<TokenAnswer.Granted>().Tokens;
            (tokens.ExpiresAt - tokens.AskedAt).ShouldBe(TimeSpan.FromSeconds(life));
        }
        else
        {
            answer.ShouldBeOfType<TokenAnswer.Failed>();
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task An_answer_that_cannot_be_decoded_may_be_lost(string encoding)
    {
        _encoding = encoding;

        (await _provider.RefreshAsync("r", Ct)).ShouldBeOfType<TokenAnswer.Failed>().MayBeLost.ShouldBeTrue();
    }

    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("[]", "")]
    [InlineData("\"read write\"", "read write")]
    [InlineData("null", null)]
    public async Task No_scope_is_none_and_a_scope_that_is_not_told_is_not_known(string scope, string? expected)
    {
        _answer = (200, "application/json", $$"""{"access_token":"a","scope":{{scope}}}""");

        (await _provider.RefreshAsync("r", Ct)).ShouldBeOfType<TokenAnswer.Granted>().Tokens.Scopes.ShouldBe(expected);
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant"}""", typeof(TokenAnswer.Refused))]
    [InlineData(400, "", typeof(TokenAnswer.Doubtful))]
    [InlineData(400, """{"error":"Invalid request"}""", typeof(TokenAnswer.Doubtful))]
    [InlineData(401, """{"error":"invalid_client"}""", typeof(TokenAnswer.Misconfigured))]
    [InlineData(400, """{"error":"unauthorized_client"}""", typeof(TokenAnswer.Misconfigured))]
    [InlineData(429, "", typeof(TokenAnswer.Failed))]
    [InlineData(503, "", typeof(TokenAnswer.Failed))]
    [InlineData(404, "", typeof(TokenAnswer.Failed))]
    public async Task The_grants_end_our_mistake_the_providers_trouble_and_a_riddle_are_told_apart(int status, string body, Type kind)
    {
        _answer = (status, "application/json", body);

        var answer = await _provider.RefreshAsync("r", Ct);

        answer.ShouldBeOfType(kind);
        (answer as TokenAnswer.Failed)?.RetryAfter.ShouldBe(status == 404 ? null : TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task What_an_answer_says_of_other_addresses_is_not_believed()
    {
        _answer = (200, "application/json", """{"access_token":"a","token_endpoint":"https://evil.example/token","issuer":"https://evil.example"}""");
        await _provider.RefreshAsync("r", Ct);
        await _provider.RefreshAsync("r", Ct);

        _asked.Select(a => a.Path).ShouldBe(["/token", "/token"]);
    }

    private sealed class Other(string address) : Provider(new ProviderHttp(ProviderHttp.Client(), TimeProvider.System), TimeProvider.System)
    {
        public override string Name => "other";

        public override string Title => "Other";

        public override bool IsConfigured => true;

        public override IReadOnlyList<ProviderScope> Scopes { get; } = [new("read", "read")];

        public override string AuthorizeUrl => "https://id.other.example/authorize";

        protected override string? Issuer => "https://id.other.example";

        protected override string TokenUrl => address + "/token";

        protected override string? ClientId => "id";

        protected override string? ClientSecret => "secret";

        public override Task<Identity?> IdentifyAsync(string accessToken, CancellationToken ct) => Task.FromResult<Identity?>(null);

        public override Task<bool?> IsAliveAsync(string accessToken, CancellationToken ct) => Task.FromResult<bool?>(null);

        public override Task<bool> RevokeAsync(string token, bool isRefreshToken, CancellationToken ct) => Task.FromResult(false);
    }
}
