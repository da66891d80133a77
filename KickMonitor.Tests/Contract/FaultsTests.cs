using System.Net;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Contract;

public sealed class FaultsTests : ContractTest
{
    private const string Livestreams = "/public/v1/livestreams";

    [Theory]
    [InlineData(FaultKind.Unauthorized, 401, "application/json", "Unauthorized")]
    [InlineData(FaultKind.InvalidGrant, 400, "application/json", "invalid_grant")]
    [InlineData(FaultKind.FirewallJson, 403, "application/json", "Request blocked by security policy.")]
    [InlineData(FaultKind.FirewallChallenge, 403, "text/html; charset=UTF-8", "Just a moment...")]
    [InlineData(FaultKind.TooManyRequests, 429, "application/json", "Too many requests")]
    [InlineData(FaultKind.InternalServerError, 500, "application/json", "Internal server error")]
    [InlineData(FaultKind.BadGateway, 502, "text/html", "502 Bad Gateway")]
    [InlineData(FaultKind.ServiceUnavailable, 503, "text/html", "503")]
    [InlineData(FaultKind.GatewayTimeout, 504, "text/html", "504")]
    [InlineData(FaultKind.HtmlPage, 200, "text/html; charset=UTF-8", "<!DOCTYPE html>")]
    [InlineData(FaultKind.EmptyBody, 200, "application/json", "")]
    [InlineData(FaultKind.EmptyBadRequest, 400, null, "")]
    public async Task A_fault_answers_in_place_of_kick(FaultKind kind, int status, string? contentType, string text)
    {
        Faults.Add(kind);

        var reply = await GetAsync(Livestreams);

        reply.Status.ShouldBe(status);
        reply.ContentType.ShouldBe(contentType);
        reply.Body.ShouldContain(text);
        (reply.Body.Length == 0).ShouldBe(text.Length == 0);
    }

    [Fact]
    public async Task A_counted_fault_is_over_after_its_count()
    {
        Faults.Add(FaultKind.InternalServerError, count: 2);

        (await GetAsync(Livestreams)).Status.ShouldBe(500);
        (await GetAsync(Livestreams)).Status.ShouldBe(500);
        (await GetAsync(Livestreams)).Status.ShouldBe(200);
        Faults.Active.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fault_hits_its_own_endpoints_only()
    {
        Faults.Add(FaultKind.BadGateway, EndpointGroup.Livestreams);

        (await GetAsync(Livestreams)).Status.ShouldBe(502);
        (await GetAsync("/public/v2/livestreams")).Status.ShouldBe(502);
        (await GetAsync("/public/v1/users/livestreams?user_id=1")).Status.ShouldBe(502);
        (await GetAsync("/public/v1/users?id=1")).Status.ShouldBe(200);
        (await AskForTokenAsync()).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_likely_fault_hits_about_its_share()
    {
        Faults.Add(FaultKind.InternalServerError, probability: 0.5);

        var hit = 0;
        for (var i = 0; i < 100; i++)
        {
            hit += (await GetAsync(Livestreams)).Status == 500 ? 1 : 0;
        }

        hit.ShouldBeInRange(30, 70);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("315360000")]
    [InlineData("Mon, 05 Oct 2026 18:01:00 GMT")]
    public async Task Retry_After_goes_out_as_written(string value)
    {
        Faults.Add(FaultKind.TooManyRequests, count: 1, retryAfter: value);

        (await GetAsync(Livestreams)).Message.Headers.NonValidated["Retry-After"].ToString().ShouldBe(value);
        (await GetAsync(Livestreams)).Message.Headers.Contains("Retry-After").ShouldBeFalse();
    }

    [Fact]
    public async Task Revoked_mid_life_a_token_is_refused_until_a_new_one_is_fetched()
    {
        Faults.Add(FaultKind.RevokedTokens, EndpointGroup.Livestreams, count: 1);

        (await GetAsync(Livestreams)).Status.ShouldBe(401);
        (await GetAsync(Livestreams)).Status.ShouldBe(401);

        var token = (await AskForTokenAsync()).Json.GetProperty("access_token").GetString();
        Kick.DefaultRequestHeaders.Authorization = new("Bearer", token);
        (await GetAsync(Livestreams)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_truncated_answer_breaks_off_in_the_middle()
    {
        Lana();
        Faults.Add(FaultKind.Truncated);

        await Should.ThrowAsync<HttpRequestException>(() => GetAsync(Livestreams));
    }

    [Fact]
    public async Task A_slow_answer_comes_when_its_delay_is_over()
    {
        Faults.Add(new Fault(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(20) });

        var asked = GetAsync(Livestreams);
        await SeenAsync(Livestreams);
        asked.IsCompleted.ShouldBeFalse();
        while (!asked.IsCompleted)
        {
            Clock.Advance(20);
            await Task.WhenAny(asked, Task.Delay(10, Ct));
        }

        (await asked).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Silence_sends_headers_and_nothing_more()
    {
        Faults.Add(FaultKind.Silence);

        using var reply = await Kick.GetAsync(Livestreams, HttpCompletionOption.ResponseHeadersRead, Ct);
        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var body = await reply.Content.ReadAsStreamAsync(Ct);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(150));
        await Should.ThrowAsync<OperationCanceledException>(async () => await body.ReadExactlyAsync(new byte[1], patience.Token));
    }

    [Fact]
    public async Task A_huge_body_is_as_huge_as_asked()
    {
        Faults.Add(new Fault(FaultKind.HugeBody) { Size = 3 * 1024 * 1024 });

        var reply = await GetAsync(Livestreams);

        reply.Body.Length.ShouldBeGreaterThan(3 * 1024 * 1024);
        reply.Data.GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Numbers_can_come_as_text()
    {
        Lana();
        Faults.Add(FaultKind.NumbersAsText);

        (await GetAsync(Livestreams)).Only.GetProperty("viewer_count").GetString().ShouldBe("412");
        (await AskForTokenAsync()).Json.GetProperty("expires_in").GetString().ShouldBe("5184000");
    }

    [Fact]
    public async Task Fields_can_vanish_but_ids_stay()
    {
        var lana = Lana();
        Faults.Add(FaultKind.MissingFields);

        var stream = (await GetAsync(Livestreams)).Only;

        stream.TryGetProperty("viewer_count", out _).ShouldBeFalse();
        stream.TryGetProperty("category", out _).ShouldBeFalse();
        stream.GetProperty("broadcaster_user_id").GetInt64().ShouldBe(lana.Id);
    }

    [Fact]
    public async Task Types_can_be_wrong_in_an_answer_that_is_still_json()
    {
        Lana();
        Faults.Add(FaultKind.WrongTypes);

        (await GetAsync(Livestreams)).Only.GetProperty("stream_title").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Times_can_have_nine_digits_after_the_second()
    {
        Lana();
        Faults.Add(FaultKind.NineDigitFractions);

        (await GetAsync(Livestreams)).Only.GetProperty("started_at").GetString().ShouldBe("2026-10-05T18:00:00.123456789Z");
    }

    [Fact]
    public async Task Beyond_the_hidden_limit_there_is_429_until_the_minute_has_passed()
    {
        Faults.RateLimit.PerMinute = 2;

        (await GetAsync(Livestreams)).Status.ShouldBe(200);
        (await GetAsync(Livestreams)).Status.ShouldBe(200);
        (await GetAsync(Livestreams)).Status.ShouldBe(429);

        Clock.Advance(60);
        (await GetAsync(Livestreams)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Closing_does_not_wait_for_the_silent()
    {
        Faults.Add(FaultKind.Silence);
        using var reply = await Kick.GetAsync(Livestreams, HttpCompletionOption.ResponseHeadersRead, Ct);

        await Sandbox.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5), Ct);
    }

    private async Task SeenAsync(string path)
    {
        for (var i = 0; i < 500 && Sandbox.Requests.CountOf(path) == 0; i++)
        {
            await Task.Delay(10, Ct);
        }
    }
}
