using KickMonitor.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class When_Kick_fails(Postgres postgres) : SweepStory(postgres)
{
    public static TheoryData<FaultKind, string?> Faulty => new()
    {
        { FaultKind.Unauthorized, null },
        { FaultKind.FirewallJson, null },
        { FaultKind.FirewallChallenge, null },
        { FaultKind.TooManyRequests, null },
        { FaultKind.TooManyRequests, "7" },
        { FaultKind.TooManyRequests, "0" },
        { FaultKind.TooManyRequests, "-5" },
        { FaultKind.TooManyRequests, "soon" },
        { FaultKind.TooManyRequests, "315360000" },
        { FaultKind.TooManyRequests, "99999999999999999999" },
        { FaultKind.TooManyRequests, "Mon, 05 Oct 2026 18:00:09 GMT" },
        { FaultKind.InternalServerError, null },
        { FaultKind.BadGateway, null },
        { FaultKind.ServiceUnavailable, null },
        { FaultKind.GatewayTimeout, null },
        { FaultKind.HtmlPage, null },
        { FaultKind.EmptyBody, null },
        { FaultKind.EmptyBadRequest, null },
        { FaultKind.Truncated, null },
        { FaultKind.HugeBody, null },
    };

    [Theory, MemberData(nameof(Faulty))]
    public async Task Nobody_goes_offline_and_nothing_is_invented(FaultKind kind, string? retryAfter)
    {
        long lana = await WatchLiveAsync();
        await SweepAsync();
        var before = await EventsAsync();
        before.ShouldBe(["went_live"]);

        Faults.Add(new Fault(kind) { Group = EndpointGroup.Livestreams, RetryAfter = retryAfter, Size = 10 * 1024 * 1024 });
        Faults.Add(new Fault(kind) { Group = EndpointGroup.Channels, RetryAfter = retryAfter, Size = 10 * 1024 * 1024 });
        for (int round = 0; round < 4; round++)
        {
            Scenario.Clock.Advance(15);
            var report = (await SweepAsync())!;
            report.Checked.ShouldBe(0);
            report.FailedCalls.ShouldBeGreaterThan(0);
        }

        (await StatusAsync(lana)).ShouldBe("live");
        (await EventsAsync()).ShouldBe(before);
        var source = await SourceAsync();
        source.State.ShouldBe("failing");
        source.Error.ShouldNotBeNullOrWhiteSpace();

        Faults.Clear();
        Scenario.Clock.Advance(601);
        await SweepAsync();
        Scenario.Clock.Advance(15);
        await SweepAsync();

        (await SourceAsync()).State.ShouldBe("ok");
        (await EventsAsync()).ShouldBe(before);
        (await Scenario.ScalarAsync<DateTime>("SELECT checked_at FROM checks")).ShouldBeGreaterThan(Scenario.Clock.GetUtcNow().UtcDateTime.AddSeconds(-5));
    }

    [Theory]
    [InlineData(FaultKind.WrongTypes)]
    [InlineData(FaultKind.MissingFields)]
    [InlineData(FaultKind.NumbersAsText)]
    [InlineData(FaultKind.NineDigitFractions)]
    public async Task Answers_of_strange_shape_make_nobody_offline_and_start_nothing_twice(FaultKind kind)
    {
        long lana = await WatchLiveAsync();
        Faults.Add(kind, EndpointGroup.Livestreams);
        Faults.Add(kind, EndpointGroup.Channels);

        await SweepForAsync(300);

        (await StatusAsync(lana)).ShouldBe("live");
        (await EventsAsync()).ShouldBe(["went_live"]);
    }

    [Theory]
    [InlineData(FaultKind.Slow)]
    [InlineData(FaultKind.Silence)]
    public async Task An_answer_that_does_not_come_costs_ten_seconds_at_most(FaultKind kind)
    {
        long lana = await WatchLiveAsync();
        Faults.Add(new Fault(kind) { Group = EndpointGroup.Livestreams, Delay = TimeSpan.FromSeconds(60) });
        Scenario.Clock.Advance(15);
        var before = Scenario.Clock.GetUtcNow();

        var report = (await SweepAsync(slow: true))!;

        report.Checked.ShouldBe(0);
        (Scenario.Clock.GetUtcNow() - before).ShouldBeLessThan(TimeSpan.FromSeconds(12));
        (await SourceAsync()).Error!.ShouldContain("no answer in time");
        (await StatusAsync(lana)).ShouldBe("live");
    }

    [Fact]
    public async Task A_source_is_degraded_first_and_failing_from_the_third_failure_on()
    {
        await WatchLiveAsync();
        Faults.Add(FaultKind.HtmlPage, EndpointGroup.Livestreams);
        var states = new List<string>();
        for (int round = 0; round < 3; round++)
        {
            Scenario.Clock.Advance(15);
            await SweepAsync();
            states.Add((await SourceAsync()).State);
        }

        states.ShouldBe(["degraded", "degraded", "failing"]);
    }

    [Fact]
    public async Task One_kind_of_call_that_fails_for_good_is_not_hidden_by_another_that_works()
    {
        await WatchLiveAsync();
        Faults.Add(FaultKind.FirewallJson, EndpointGroup.Channels);
        await SweepForAsync(900);

        (await Scenario.ScalarAsync<string>("SELECT state FROM sources WHERE part = 'channels'")).ShouldBe("failing");
        var source = (await Node.GetRequiredService<StatusReport>().SourcesAsync(Ct)).Single(s => s.Name == SourceLog.KickApi);
        source.State.ShouldBe(SourceState.Degraded);
        source.LastError.ShouldNotBeNull().ShouldStartWith("channels: Blocked");
    }

    [Fact]
    public async Task A_source_remembers_since_when_it_fails_and_since_when_it_is_well_again()
    {
        await WatchLiveAsync();
        Scenario.Clock.Advance(15);
        var failedAt = Scenario.Clock.GetUtcNow();
        Faults.Add(FaultKind.FirewallJson, EndpointGroup.Livestreams);
        await SweepForAsync(60);
        (await SinceAsync()).ShouldBe(failedAt.UtcDateTime, TimeSpan.FromSeconds(1));

        Faults.Clear();
        var healedAt = Scenario.Clock.GetUtcNow();
        await SweepForAsync(60);
        (await SinceAsync()).ShouldBe(healedAt.UtcDateTime, TimeSpan.FromSeconds(5));

        Task<DateTime> SinceAsync() => Scenario.ScalarAsync<DateTime>("SELECT since FROM sources WHERE part = 'livestreams'");
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_fetched_again_once()
    {
        long lana = await WatchLiveAsync();
        Requests.Clear();
        Scenario.Kick.Tokens.RevokeAll();
        Scenario.Clock.Advance(15);

        var report = (await SweepAsync())!;

        report.FailedCalls.ShouldBe(0);
        report.Checked.ShouldBe(1);
        Requests.CountOf(TokenCall).ShouldBe(1);
        (await StatusAsync(lana)).ShouldBe("live");
    }

    [Fact]
    public async Task A_token_that_is_refused_for_good_is_not_fetched_over_and_over()
    {
        await WatchLiveAsync();
        Requests.Clear();
        Faults.Add(FaultKind.Unauthorized, EndpointGroup.Livestreams);
        Scenario.Clock.Advance(15);

        await SweepAsync();

        Requests.CountOf(TokenCall).ShouldBe(1);
        Requests.CountOf(LivestreamsCall).ShouldBe(2);
        var source = await SourceAsync();
        source.State.ShouldBe("failing");
    }

    [Fact]
    public async Task Credentials_that_Kick_refuses_are_named()
    {
        await WatchLiveAsync();
        Scenario.Kick.Tokens.RevokeAll();
        Faults.Add(FaultKind.EmptyBadRequest, EndpointGroup.Token);
        Scenario.Clock.Advance(15);

        await SweepAsync();

        (await SourceAsync()).ShouldBe(("failing", 1, "Unauthorized: Kick refused the client id and secret"));
    }

    [Fact]
    public async Task A_server_error_that_passes_is_not_noticed()
    {
        await WatchLiveAsync();
        Scenario.Clock.Advance(15);
        Faults.Add(FaultKind.BadGateway, EndpointGroup.Livestreams, count: 1);

        (await SweepAsync())!.FailedCalls.ShouldBe(0);

        (await SourceAsync()).State.ShouldBe("ok");
    }

    [Fact]
    public async Task After_an_outage_an_answer_is_back_within_two_intervals()
    {
        await WatchLiveAsync();
        Faults.Add(FaultKind.ServiceUnavailable);
        await SweepForAsync(600);

        Faults.Clear();
        await SweepForAsync(30);

        (await SourceAsync()).State.ShouldBe("ok");
    }
}
