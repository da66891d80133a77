using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>What the provider says, or does not say, to a refresh.</summary>
public sealed class When_a_refresh_fails(Postgres postgres) : LinkingStory(postgres)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(2);

    [Fact]
    public async Task Invalid_grant_ends_the_link_erases_its_tokens_and_nobody_asks_again()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.Disconnect(Streamer());
        Clock.Advance(Life);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.SignInAgain>();

        var stored = await StoredAsync(link.Id);
        stored.State.ShouldBe(LinkState.SignInAgain);
        (stored.AccessToken ?? stored.RefreshToken).ShouldBeNull();
        (await Links.EventsOfAsync(person, 10, Ct)).Count(e => e.Kind == LinkEventKind.SignInAgain).ShouldBe(1);
        long calls = TokenCalls();
        for (int minute = 0; minute < 60; minute++)
        {
            Clock.Advance(60);
            await KeepAsync();
            await Vault.GetAsync(link.Id, null, Ct);
        }

        TokenCalls().ShouldBe(calls);
    }

    [Fact]
    public async Task Linking_again_heals_a_dead_link()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.Disconnect(Streamer());
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));

        (await LinkedAsync(person, Streamer())).Id.ShouldBe(link.Id);

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Theory]
    [InlineData(FaultKind.ServiceUnavailable)]
    [InlineData(FaultKind.TooManyRequests)]
    [InlineData(FaultKind.EmptyBadRequest)]
    [InlineData(FaultKind.HtmlPage)]
    [InlineData(FaultKind.Unauthorized)]
    public async Task What_is_not_the_grants_fault_never_signs_anybody_out(FaultKind fault)
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Faults.Add(fault, EndpointGroup.Token);
        Clock.Advance(Life * 0.86);
        for (int minute = 0; minute < 180; minute += 10)
        {
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(10));
        }

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Retrying);
        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Unavailable>();

        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(2));
        await KeepAsync();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Fact]
    public async Task Refused_for_a_day_without_a_reason_a_link_is_given_up_and_given_back()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.RefusesWithoutReason = true;
        Clock.Advance(Life * 0.86);
        await KeepAsync();
        var first = Clock.GetUtcNow();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Retrying, "once says nothing");
        while ((await StoredAsync(link.Id)).State == LinkState.Retrying)
        {
            (Clock.GetUtcNow() - first).ShouldBeLessThan(TimeSpan.FromHours(27));
            Clock.Advance(TimeSpan.FromMinutes(20));
            await KeepAsync();
        }

        (Clock.GetUtcNow() - first).ShouldBeGreaterThan(TimeSpan.FromHours(24));
        var dead = await StoredAsync(link.Id);
        dead.LastError!.ShouldContain("more than a day");
        (dead.AccessToken ?? dead.RefreshToken).ShouldBeNull();
        Grants.RefusesWithoutReason = false;
        Clock.Advance(TimeSpan.FromMinutes(6));
        await KeepAsync();
        Grants.All[0].IsRevoked.ShouldBeTrue("nobody said that it was over");
        (await LinkedAsync(person, Streamer())).State.ShouldBe(LinkState.Healthy);
        (await StoredAsync(link.Id)).DoubtedSince.ShouldBeNull();
    }

    [Fact]
    public async Task Two_refusals_without_a_reason_and_a_day_of_other_trouble_between_them_end_no_link()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life * 0.86);
        await RefuseAsync();
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        for (int hour = 0; hour < 25; hour++)
        {
            Clock.Advance(TimeSpan.FromMinutes(75));
            await KeepAsync();
        }

        Faults.Clear();
        (await StoredAsync(link.Id)).Failures.ShouldBeGreaterThan(10);
        Clock.Advance(TimeSpan.FromMinutes(75));
        await RefuseAsync();

        var doubted = await StoredAsync(link.Id);
        (doubted.State, doubted.Doubts).ShouldBe((LinkState.Retrying, 2));
        Clock.Advance(TimeSpan.FromMinutes(75));
        await KeepAsync();
        var healthy = await StoredAsync(link.Id);
        (healthy.State, healthy.Doubts, healthy.DoubtedSince).ShouldBe((LinkState.Healthy, 0, null));

        async Task RefuseAsync()
        {
            Grants.RefusesWithoutReason = true;
            await KeepAsync();
            Grants.RefusesWithoutReason = false;
        }
    }

    [Fact]
    public async Task One_success_makes_good_for_all_refusals_without_a_reason()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        for (int day = 0; day < 4; day++)
        {
            Faults.Add(FaultKind.EmptyBadRequest, EndpointGroup.Token);
            for (int minute = 0; minute < 23 * 60; minute += 20)
            {
                Clock.Advance(TimeSpan.FromMinutes(20));
                await KeepAsync();
            }

            Faults.Clear();
            Clock.Advance(TimeSpan.FromMinutes(75));
            await KeepAsync();
            (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy, $"day {day}");
        }
    }

    [Fact]
    public async Task A_failing_refresh_is_tried_less_and_less_often()
    {
        await LinkedAsync(await AddPersonAsync(), Streamer());
        Faults.Add(FaultKind.InternalServerError, EndpointGroup.Token);
        Clock.Advance(Life);
        long before = TokenCalls();
        for (int minute = 0; minute < 24 * 60; minute += 5)
        {
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(5));
        }

        (TokenCalls() - before).ShouldBeInRange(20, 90, "one or two an hour, and not one a minute");
    }

    [Fact]
    public async Task While_a_token_still_lives_a_failing_refresh_is_no_failure()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Faults.Add(FaultKind.BadGateway, EndpointGroup.Token);
        Clock.Advance(Life * 0.9);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task An_answer_lost_on_its_way_is_asked_for_again_within_the_window()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Ready>();
        Grants.SpentTokensPresented.ShouldBe(0);
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Fact]
    public async Task Where_tokens_are_single_use_a_lost_answer_ends_the_link_once_and_without_a_loop()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.ReuseWindow = TimeSpan.Zero;
        Clock.Advance(Life);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.SignInAgain>();
        Grants.SpentTokensPresented.ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_take_the_new_token_along()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life);
        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Token, Delay = TimeSpan.FromSeconds(5), Count = 1 });
        using var leaves = new CancellationTokenSource();
        var call = Vault.GetAsync(link.Id, null, leaves.Token);
        await Eventually.ShouldAsync(() => Requests.Recent.Any(r => r.Path == TokenCall && r.Status is null), "Kick is asked");
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);

        Clock.Advance(6);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct), slow: true)).ShouldBeOfType<UserToken.Ready>();
        Grants.All[0].Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_link_ended_at_Kick_is_noticed_when_it_is_looked_at()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        (await Scenario.RunAsync(Links.CheckAsync(link.Id, Ct))).ShouldNotBeNull().State.ShouldBe(LinkState.Healthy);
        Grants.Disconnect(Streamer());

        (await Scenario.RunAsync(Links.CheckAsync(link.Id, Ct))).ShouldNotBeNull().State.ShouldBe(LinkState.SignInAgain);
    }

    [Fact]
    public async Task Twitch_is_asked_hourly_and_a_disconnect_there_is_noticed_within_the_hour()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer(), Twitch);
        Scenario.Kick.TwitchGrants.Disconnect(Streamer());
        Clock.Advance(TimeSpan.FromHours(1));

        (await KeepAsync()).Checked.ShouldBe(1);

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.SignInAgain);
    }

    [Fact]
    public async Task What_is_wrong_with_some_links_keeps_nothing_from_the_others()
    {
        var seal = Node.GetRequiredService<TokenSeal>();
        for (int i = 0; i < 5; i++)
        {
            // No header takes it, so asking whether it lives fails here.
            var bad = await LinkedAsync(await AddPersonAsync($"bad{i}"), Streamer($"bad{i}"), Twitch);
            await Scenario.QueryAsync("UPDATE account_links SET access_token = $1 WHERE id = $2", seal.Seal("a\nb", "twitch", bad.Id.ToString(), "access token"), bad.Id);
        }

        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Channels);
        await LinkedAsync(await AddPersonAsync(), Streamer());
        var gone = await AddPersonAsync("gone");
        var ended = await LinkedAsync(gone, Streamer("gone"));
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(ended.Id, gone, gone, Ct));
        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(1));

        (await KeepAsync()).Checked.ShouldBe(5);

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(0);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments")).ShouldBe(1);
        (await KeepAsync()).Checked.ShouldBe(0, "they are left for an hour");
    }
}
