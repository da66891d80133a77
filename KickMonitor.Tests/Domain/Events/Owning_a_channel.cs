using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Streamers;
using KickMonitor.Tests.Domain.Linking;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Events;

public sealed class Owning_a_channel(Postgres postgres) : LinkingStory(postgres)
{
    private SubscriptionKeeper Subscriptions => Node.GetRequiredService<SubscriptionKeeper>();

    [Fact]
    public async Task Where_the_apps_token_is_refused_the_owners_is_used()
    {
        var person = await AddPersonAsync();
        var mine = await WatchAsync("lana-lantern");
        await WatchAsync("miro-mast");
        await LinkedAsync(person, mine);
        Scenario.Kick.Webhooks.Faults.OwnersOnly = true;
        var done = (await Scenario.RunAsync(Subscriptions.ReconcileAsync(isAskedFor: false, Ct))).ShouldNotBeNull();
        done.Created.ShouldBe(10);
        done.Failure.ShouldNotBeNull();
        Scenario.Kick.Subscriptions.All.ShouldAllBe(s => s.BroadcasterId == mine);
    }

    [Fact]
    public async Task An_owners_token_that_Kick_refuses_is_renewed_and_tried_once_more()
    {
        var mine = await WatchAsync("lana-lantern");
        var link = await LinkedAsync(await AddPersonAsync(), mine);
        byte[] stale = Node.GetRequiredService<TokenSeal>().Seal("a token that Kick knows no longer", "kick", link.Id.ToString(), "access token");
        await Scenario.QueryAsync("UPDATE account_links SET access_token = $1", stale);
        Scenario.Kick.Webhooks.Faults.OwnersOnly = true;

        (await Scenario.RunAsync(Subscriptions.ReconcileAsync(isAskedFor: false, Ct))).ShouldNotBeNull().Created.ShouldBe(10);

        Grants.All[0].Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_is_subscribed_with_the_token_of_an_owner_who_did_not_allow_it()
    {
        var mine = await WatchAsync("lana-lantern");
        Grants.Withheld.Add("events:subscribe");
        await LinkedAsync(await AddPersonAsync(), mine);
        Scenario.Kick.Webhooks.Faults.OwnersOnly = true;

        (await Scenario.RunAsync(Subscriptions.ReconcileAsync(isAskedFor: false, Ct))).ShouldNotBeNull().Created.ShouldBe(0);

        Scenario.Kick.Subscriptions.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_channel_whose_owner_is_here_matters_more_than_one_that_is_assigned_and_that_more_than_an_older_one()
    {
        var (older, assigned, owned) = (await WatchAsync("old-otto"), await WatchAsync("ada-assigned"), await WatchAsync("lana-lantern"));
        var person = await AddPersonAsync();
        await Node.GetRequiredService<Assignments>().AssignAsync(person, assigned, Ct);
        await LinkedAsync(await AddPersonAsync("owner"), owned);
        (await Subscriptions.PlanAsync(Ct)).Take(3).Select(w => w.BroadcasterUserId).ShouldBe([owned, assigned, older]);
    }

    [Fact]
    public async Task Ownership_is_known_while_the_link_lasts()
    {
        var person = await AddPersonAsync();
        var mine = await WatchAsync("lana-lantern");
        var rights = Node.GetRequiredService<Rights>();
        var link = await LinkedAsync(person, mine);
        await rights.ReadAsync(Ct);
        rights.Of(person)!.Owns(mine).ShouldBeTrue();
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));
        await rights.ReadAsync(Ct);
        rights.Of(person)!.Owns(mine).ShouldBeFalse();
    }

    private async Task<long> WatchAsync(string slug)
    {
        long id = Streamer(slug);
        (await Scenario.RunAsync(Node.GetRequiredService<StreamerIntake>().AddAsync(slug, Ct))).ShouldBeOfType<AddStreamer.Added>();
        Clock.Advance(1);
        return id;
    }
}
