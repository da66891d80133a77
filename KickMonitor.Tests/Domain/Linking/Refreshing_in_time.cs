using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>Tokens are renewed before anybody needs them, once, however many ask.</summary>
public sealed class Refreshing_in_time(Postgres postgres) : LinkingStory(postgres)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(2);

    [Fact]
    public async Task Fifty_callers_on_each_of_two_nodes_cost_one_refresh()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        var nodes = new[] { Node, AddNode() };
        Clock.Advance(Life);

        var answers = await Scenario.RunAsync(Task.WhenAll(
            from node in nodes
            from _ in Enumerable.Range(0, 50)
            select Task.Run(() => node.GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct))));

        var grant = Grants.All.ShouldHaveSingleItem();
        grant.Refreshes.ShouldBe(1);
        answers.ShouldAllBe(a => ((UserToken.Ready)a).Token == grant.Access);
        Grants.SpentTokensPresented.ShouldBe(0);
    }

    [Fact]
    public async Task A_token_that_is_good_for_long_is_handed_out_without_asking()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        long calls = TokenCalls();
        Clock.Advance(TimeSpan.FromMinutes(60));

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        TokenCalls().ShouldBe(calls);
    }

    [Fact]
    public async Task Links_are_refreshed_at_about_four_fifths_of_their_life_and_not_all_at_once()
    {
        var links = new List<AccountLink>();
        foreach (string name in new[] { "ann", "ben", "cid", "dee" })
        {
            links.Add(await LinkedAsync(await AddPersonAsync(name), Streamer(name)));
        }

        var parts = links.ConvertAll(l => (l.RefreshAt - l.RefreshedAt) / Life);
        parts.ShouldAllBe(p => p >= 0.75 && p <= 0.85);
        parts.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task The_scheduler_renews_what_nobody_uses()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life * 0.86);

        (await KeepAsync()).Refreshed.ShouldBe(1);

        (await StoredAsync(link.Id)).AccessExpiresAt.ShouldBeGreaterThan(Clock.GetUtcNow() + (Life * 0.9));
        (await KeepAsync()).Refreshed.ShouldBe(0);
    }

    [Fact]
    public async Task A_401_refreshes_once_and_a_second_one_does_not_loop()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        var first = (UserToken.Ready)await Vault.GetAsync(link.Id, null, Ct);

        var second = (await Scenario.RunAsync(Vault.GetAsync(link.Id, first.Token, Ct))).ShouldBeOfType<UserToken.Ready>();
        var again = (await Scenario.RunAsync(Vault.GetAsync(link.Id, first.Token, Ct))).ShouldBeOfType<UserToken.Ready>();

        second.Token.ShouldNotBe(first.Token);
        again.Token.ShouldBe(second.Token);
        Grants.All[0].Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task The_expiry_counts_from_before_the_question()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life);
        var asked = Clock.GetUtcNow();
        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Token, Delay = TimeSpan.FromSeconds(8), Count = 1 });

        await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct), slow: true, step: 200);

        (await StoredAsync(link.Id)).AccessExpiresAt.ShouldBeLessThan(asked + Life + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Four_months_with_faults_on_every_eighth_call_leave_the_link_healthy()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        foreach (var kind in new[] { FaultKind.InternalServerError, FaultKind.EmptyBadRequest, FaultKind.HtmlPage, FaultKind.Truncated })
        {
            Faults.Add(kind, EndpointGroup.Token, probability: 0.03);
        }

        var end = Clock.GetUtcNow().AddDays(120);
        while (Clock.GetUtcNow() < end)
        {
            // Straight to what is due next: the minutes in between hold nothing.
            var stored = await StoredAsync(link.Id);
            stored.State.ShouldNotBe(LinkState.SignInAgain, $"{stored.LastError} at {Clock.GetUtcNow()}");
            if (stored.RefreshAt > Clock.GetUtcNow())
            {
                Clock.Advance(stored.RefreshAt - Clock.GetUtcNow());
            }

            Requests.Clear();
            await KeepAsync();
        }

        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(2));
        await KeepAsync();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
        Grants.All[0].Refreshes.ShouldBeGreaterThan(1500);
        Grants.SpentTokensPresented.ShouldBe(0);
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task A_sealed_token_moved_to_another_row_or_bent_by_a_bit_ends_one_link_and_no_other()
    {
        var ann = await LinkedAsync(await AddPersonAsync("ann"), Streamer("ann"));
        var ben = await LinkedAsync(await AddPersonAsync("ben"), Streamer("ben"));
        var cid = await LinkedAsync(await AddPersonAsync("cid"), Streamer("cid"));
        await Scenario.QueryAsync("UPDATE account_links SET (access_token, refresh_token) = (SELECT access_token, refresh_token FROM account_links WHERE id = $1) WHERE id = $2", ann.Id, ben.Id);
        await Scenario.QueryAsync("UPDATE account_links SET access_token = set_byte(access_token, 60, get_byte(access_token, 60) # 1), refresh_token = set_byte(refresh_token, 60, get_byte(refresh_token, 60) # 1) WHERE id = $1", cid.Id);

        foreach (var spoilt in new[] { ben, cid })
        {
            (await Scenario.RunAsync(Vault.GetAsync(spoilt.Id, null, Ct))).ShouldBeOfType<UserToken.Unavailable>("a key may just be late");
            Clock.Advance(TimeSpan.FromMinutes(3));
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(6));
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(12));
            await KeepAsync();
            (await Vault.GetAsync(spoilt.Id, null, Ct)).ShouldBeOfType<UserToken.SignInAgain>();
        }

        (await Vault.GetAsync(ann.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }
}
