using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>What a provider granted and nobody here keeps is given back, whatever happens in between.</summary>
public sealed class Giving_grants_back(Postgres postgres) : LinkingStory(postgres)
{
    private const string Revoke = "/oauth/revoke";

    [Fact]
    public async Task A_grant_whose_owner_Kick_does_not_name_is_given_back()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        Faults.Add(FaultKind.EmptyBody, EndpointGroup.Users);

        (await ProblemAsync(back)).ShouldBe(LinkProblem.NoIdentity);

        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeTrue();
        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_grant_for_an_account_that_is_somebody_elses_is_given_back_and_the_owners_lives()
    {
        var (lana, mallory) = (await AddPersonAsync(), await AddPersonAsync("mallory"));
        var link = await LinkedAsync(lana, Streamer());

        (await LinkAsync(mallory, Streamer())).ShouldBe(new LinkOutcome.Refused(LinkProblem.Taken));

        Grants.All.Select(g => g.IsRevoked).ShouldBe([false, true]);
        (await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct))).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task A_grant_for_another_account_than_the_linked_one_is_given_back()
    {
        var person = await AddPersonAsync();
        await LinkedAsync(person, Streamer());

        (await LinkAsync(person, Streamer("other"))).ShouldBe(new LinkOutcome.Refused(LinkProblem.OtherAccount));

        Grants.All.Select(g => g.IsRevoked).ShouldBe([false, true]);
    }

    [Fact]
    public async Task Linking_again_with_other_scopes_gives_the_grant_before_back()
    {
        var person = await AddPersonAsync();
        Grants.Withheld.Add("events:subscribe");
        var first = await LinkedAsync(person, Streamer());
        Grants.Withheld.Clear();

        var second = await LinkedAsync(person, Streamer());

        second.Id.ShouldBe(first.Id);
        second.GrantedScopes.ShouldContain("events:subscribe");
        Grants.All.Select(g => g.IsRevoked).ShouldBe([true, false]);
        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_node_that_dies_after_the_exchange_leaves_the_grant_on_the_list_and_another_gives_it_back()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        await using (await Scenario.BreakAsync("BEFORE INSERT ON account_links"))
        {
            await Should.ThrowAsync<DbUpdateException>(() => FinishAsync(back));
        }

        (await PendingAsync()).ShouldBe(2);
        Grants.All[0].IsRevoked.ShouldBeFalse();

        Clock.Advance(TimeSpan.FromMinutes(11));
        var other = AddNode();
        await Scenario.RunAsync(other.GetRequiredService<LinkKeeper>().RunAsync(Ct));

        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeTrue();
        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_grant_that_arrives_when_its_person_was_deleted_is_given_back()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        await using var leaves = await Scenario.BreakAsync("AFTER INSERT ON pending_revocations", "DELETE FROM users");

        (await ProblemAsync(back)).ShouldBe(LinkProblem.OtherPerson);

        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeTrue();
    }

    [Fact]
    public async Task A_link_that_is_made_while_its_person_is_deleted_is_given_back()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);

        // The link's row is written and not yet committed when the deletion begins, and stays so until that waits for it.
        await using var slow = await Scenario.BreakAsync(
            "AFTER INSERT ON link_events", "FOR i IN 1..3000 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())); PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP");
        var linking = Flow.FinishAsync(Kick, back, Ct);
        await Eventually.ShouldAsync(
            async () => await Scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'") > 0, "the link is being stored");

        (await Scenario.RunAsync(Node.GetRequiredService<Departure>().LeaveAsync(person, Ct))).ShouldBe(ChangeUser.Done);
        await Scenario.RunAsync(linking);

        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeTrue();
        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM account_links)")).ShouldBe(0);
    }

    [Fact]
    public async Task What_waits_to_be_told_is_counted_and_one_that_cannot_even_be_asked_stops_none_of_the_others()
    {
        var (lana, other) = (await AddPersonAsync(), await AddPersonAsync("other"));
        var links = new[] { await LinkedAsync(lana, Streamer(), Twitch), await LinkedAsync(other, Streamer("other")) };
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(links[0].Id, lana, lana, Ct));
        await Scenario.RunAsync(Links.UnlinkAsync(links[1].Id, other, other, Ct));
        var revocations = Node.GetRequiredService<Revocations>();
        (await revocations.WaitingAsync(Ct)).Select(w => (w.Provider, w.Count, w.Attempts)).ShouldBe([("kick", 2, 1), ("twitch", 2, 1)]);
        Faults.Clear();

        // An address that is none makes every request to Twitch throw before it is sent.
        Node.GetRequiredService<TwitchOptions>().IdBaseUrl = "http://[";
        Clock.Advance(TimeSpan.FromMinutes(6));
        await KeepAsync();

        (await revocations.WaitingAsync(Ct)).Select(w => (w.Provider, w.Count, w.Attempts)).ShouldBe([("twitch", 2, 2)]);
        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeTrue();
    }

    [Fact]
    public async Task A_grant_that_cannot_be_written_down_is_given_back_at_once()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        await using var broken = await Scenario.BreakAsync("BEFORE INSERT ON pending_revocations");

        (await ProblemAsync(back)).ShouldBe(LinkProblem.Unavailable);

        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeTrue();
    }

    [Fact]
    public async Task A_browser_that_leaves_in_the_middle_does_not_lose_the_grant()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Token, Delay = TimeSpan.FromSeconds(5), Count = 1 });
        using var leaves = new CancellationTokenSource();
        var finishing = Flow.FinishAsync(Kick, back, leaves.Token);
        await Eventually.ShouldAsync(() => Requests.Recent.Any(r => r.Path == TokenCall && r.Status is null), "Kick is asked");

        await leaves.CancelAsync();
        Clock.Advance(6);

        (await Scenario.RunAsync(finishing, slow: true)).ShouldBeOfType<LinkOutcome.Linked>();
    }

    [Theory]
    [InlineData(FaultKind.EmptyBadRequest)]
    [InlineData(FaultKind.Unauthorized)]
    [InlineData(FaultKind.FirewallJson)]
    [InlineData(FaultKind.HtmlPage)]
    [InlineData(FaultKind.TooManyRequests)]
    [InlineData(FaultKind.InternalServerError)]
    public async Task Whatever_is_no_yes_is_asked_again_less_and_less_often_until_it_is_one(FaultKind answer)
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Faults.Add(answer, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));
        for (int minute = 0; minute < 24 * 60; minute += 5)
        {
            Clock.Advance(TimeSpan.FromMinutes(5));
            await KeepAsync();
        }

        (await PendingAsync()).ShouldBe(2);
        Requests.CountOf(Revoke).ShouldBeInRange(2 * 6, 2 * 12, "after 5, 10, 20 minutes and so on, up to every six hours");

        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(6));
        await KeepAsync();

        Grants.All[0].IsRevoked.ShouldBeTrue();
        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_token_that_Twitch_does_not_know_is_told_once()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer(), Twitch);
        Scenario.Kick.TwitchGrants.Disconnect(Streamer());

        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task What_cannot_be_told_without_credentials_waits_for_them_and_after_a_week_nothing_is_kept()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await Scenario.QueryAsync(
            "INSERT INTO pending_revocations (id, provider, is_refresh_token, token, attempts, next_at, expires_at) VALUES (gen_random_uuid(), 'a provider of an earlier version', true, '\\x00', 0, $1, $2)",
            Clock.GetUtcNow(), Clock.GetUtcNow().AddDays(7));
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));
        (await PendingAsync()).ShouldBe(3);

        Clock.Advance(TimeSpan.FromDays(7));
        await KeepAsync();

        (await PendingAsync()).ShouldBe(0);
        Log.Text.ShouldContain("were not taken for a week");
    }

    private Task<long> PendingAsync() => Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations");
}
