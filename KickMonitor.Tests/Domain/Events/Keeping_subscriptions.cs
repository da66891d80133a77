using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Events;

public sealed class Keeping_subscriptions(Postgres postgres) : IAsyncLifetime
{
    private Scenario _scenario = null!;
    private IServiceProvider _node = null!;

    private SandboxServer Kick => _scenario.Kick;

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres, withKick: true, world: new SandboxOptions { Streamers = 3, Live = 0 });
        _node = _scenario.AddNode();
        foreach (var streamer in Kick.World.Streamers)
        {
            await _scenario.QueryAsync(
                """
                WITH s AS (INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
                    VALUES ($1, $2, $3, $2, $3, 'unknown', $3, 'ok', nextval('changes')))
                INSERT INTO checks (broadcaster_user_id, next_check_at, next_detail_at, next_profile_at, checked_by, version) VALUES ($1, $3, $3, $3, 'poll', nextval('changes'))
                """, streamer.Id, streamer.Slug, _scenario.Clock.GetUtcNow());
        }
    }

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

    [Fact]
    public async Task Everything_wanted_is_created_once_and_then_left_alone()
    {
        (await ReconcileAsync()).Created.ShouldBe(30);
        Kick.Subscriptions.All.Count.ShouldBe(30);
        var again = await ReconcileAsync();
        (again.Created, again.Removed).ShouldBe((0, 0));
        Kick.Requests.CountOf("/public/v1/events/subscriptions").ShouldBe(3 * 2 + 2);
    }

    [Fact]
    public async Task What_vanished_comes_back_and_doubles_go()
    {
        await ReconcileAsync();
        Kick.Subscriptions.RemoveAll(KickEventTypes.Followed);
        Kick.Subscriptions.Add(Kick.World.Streamers[0].Id, [KickEventTypes.Status]);
        _scenario.Clock.Advance(60);
        var mended = await ReconcileAsync();
        (mended.Created, mended.Removed).ShouldBe((3, 1));
        Kick.Subscriptions.All.GroupBy(s => (s.Event, s.BroadcasterId)).ShouldAllBe(g => g.Count() == 1);
    }

    [Fact]
    public async Task What_is_refused_or_never_appears_is_asked_for_ever_more_rarely()
    {
        Kick.Webhooks.Faults.ErrorRows = true;
        (await ReconcileAsync()).Refused.ShouldBe(30);
        (await ReconcileAsync()).Refused.ShouldBe(0);
        (await _scenario.ScalarAsync<string>("SELECT min(error) FROM subscription_wishes")).ShouldBe("webhooks are not enabled for app");
        Kick.Webhooks.Faults.ErrorRows = false;
        Kick.Webhooks.Faults.CreatedButNotThere = true;
        _scenario.Clock.Advance(61);
        await ReconcileAsync();
        Kick.Webhooks.Faults.CreatedButNotThere = false;
        _scenario.Clock.Advance(61);
        (await ReconcileAsync()).Created.ShouldBe(0);
        _scenario.Clock.Advance(61);
        (await ReconcileAsync()).Created.ShouldBe(30);
    }

    [Fact]
    public async Task Whoever_mended_the_cause_need_not_wait_for_the_next_try()
    {
        Kick.Webhooks.Faults.ErrorRows = true;
        await ReconcileAsync();
        (await _node.GetRequiredService<Integrity>().ReadAsync(Ct)).TroubleCount.ShouldBe(30);
        Kick.Webhooks.Faults.ErrorRows = false;
        (await ReconcileAsync()).Created.ShouldBe(0);
        (await ReconcileAsync(isAskedFor: true)).Created.ShouldBe(30);
    }

    [Fact]
    public async Task What_is_refused_is_counted_whole_though_only_some_of_it_is_listed()
    {
        await _scenario.QueryAsync("INSERT INTO subscription_wishes (type, broadcaster_user_id, since, attempts, asked_at, error) SELECT 'channel.followed', n, $1, 1, $1, 'no' FROM generate_series(1, 90) n", _scenario.Clock.GetUtcNow());
        var report = await _node.GetRequiredService<Integrity>().ReadAsync(Ct);
        (report.TroubleCount, report.Troubles.Count).ShouldBe((90, 50));
    }

    [Fact]
    public async Task A_limit_that_is_reached_for_everything_is_not_tried_for_everybody()
    {
        Kick.Webhooks.Faults.LimitReached = true;
        (await ReconcileAsync()).Created.ShouldBe(0);
        Kick.Requests.CountOf("/public/v1/events/subscriptions").ShouldBe(1 + 2 + 10);
        (await _scenario.ScalarAsync<string>("SELECT min(error) FROM subscription_wishes")).ShouldContain("limit reached");
        (await LookAsync()).ShouldContain(f => f.Kind == FindingKind.Full && f.IsTrouble);
    }

    [Fact]
    public async Task The_limit_of_one_type_keeps_no_other_type_out()
    {
        Kick.Subscriptions.MostChat = 1;
        var done = await ReconcileAsync();
        (done.Created, done.Refused).ShouldBe((28, 2));
        await ReconcileAsync();
        Kick.Subscriptions.All.Count(s => s.Event == KickEventTypes.Chat).ShouldBe(1);
        (await LookAsync()).Single(f => f.Kind == FindingKind.Full).Words.ShouldContain("2 subscriptions of chat.message.sent");
    }

    [Fact]
    public async Task Who_is_no_longer_watched_frees_their_slots()
    {
        await ReconcileAsync();
        await _scenario.QueryAsync("UPDATE streamers SET removed_at = now() WHERE broadcaster_user_id = $1", Kick.World.Streamers[0].Id);
        await _scenario.QueryAsync("UPDATE streamers SET paused_at = now() WHERE broadcaster_user_id = $1", Kick.World.Streamers[1].Id);
        (await ReconcileAsync()).Removed.ShouldBe(20);
        Kick.Subscriptions.All.ShouldAllBe(s => s.BroadcasterId == Kick.World.Streamers[2].Id);
    }

    [Fact]
    public async Task What_Kick_drops_without_a_word_is_told_until_it_is_back()
    {
        await ReconcileAsync();
        await ReconcileAsync();
        Kick.Subscriptions.RemoveAll(KickEventTypes.Followed);
        Kick.Webhooks.Faults.ErrorRows = true;
        _scenario.Clock.Advance(60);
        await ReconcileAsync();
        var gone = (await LookAsync()).ShouldHaveSingleItem();
        (gone.Kind, gone.IsTrouble).ShouldBe((FindingKind.Unsubscribed, true));
        gone.Words.ShouldContain("3 subscriptions of channel.followed");

        Kick.Subscriptions.RemoveAll(KickEventTypes.Chat);
        _scenario.Clock.Advance(60);
        await ReconcileAsync();
        (await LookAsync()).ShouldHaveSingleItem().Words.ShouldStartWith("Kick dropped 6 subscriptions of 2 types without a word");

        Kick.Webhooks.Faults.ErrorRows = false;
        _scenario.Clock.Advance(120);
        await ReconcileAsync();
        await ReconcileAsync();
        (await LookAsync()).ShouldHaveSingleItem().IsTrouble.ShouldBeFalse();
    }

    [Fact]
    public async Task An_empty_list_is_not_believed_at_once()
    {
        await ReconcileAsync();
        await ReconcileAsync();
        Kick.Webhooks.Faults.NotListed = true;
        _scenario.Clock.Advance(60);
        (await ReconcileAsync()).Failure.ShouldNotBeNull();
        Kick.Webhooks.Faults.NotListed = false;
        _scenario.Clock.Advance(60);
        await ReconcileAsync();
        Kick.Subscriptions.All.Count.ShouldBe(30);
        (await LookAsync()).ShouldBeEmpty();

        Kick.Subscriptions.RemoveAll();
        _scenario.Clock.Advance(60);
        (await ReconcileAsync()).Created.ShouldBe(0);
        _scenario.Clock.Advance(130);
        (await ReconcileAsync()).Created.ShouldBe(30);
    }

    [Fact]
    public async Task A_subscription_that_is_listed_and_does_not_deliver_is_made_anew()
    {
        await ReconcileAsync();
        await ReconcileAsync();
        var (mute, heard) = (Kick.World.Streamers[0].Id, Kick.World.Streamers[1].Id);
        string[] before = [.. Kick.Subscriptions.All.Where(s => s.BroadcasterId == mute).Select(s => s.Id)];
        _scenario.Clock.Advance(600);
        await FoundByPollingAsync(mute);
        await FoundByPollingAsync(mute);
        await FoundByPollingAsync(heard);
        await HeardAsync("livestream.status.updated", heard, 1);
        _scenario.Clock.Advance(180);
        (await LookAsync()).ShouldHaveSingleItem().Kind.ShouldBe(FindingKind.Stuck);

        // In one go, for what happens in between would be lost.
        var mended = await ReconcileAsync();
        (mended.Removed, mended.Created).ShouldBe((10, 10));
        Kick.Subscriptions.All.Where(s => s.BroadcasterId == mute).Select(s => s.Id).ShouldNotContain(id => before.Contains(id));
        _scenario.Clock.Advance(60);
        (await ReconcileAsync()).Removed.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_at_all_delivered_while_polling_finds_changes_means_another_address()
    {
        await ReconcileAsync();
        await ReconcileAsync();
        _scenario.Clock.Advance(600);
        foreach (var streamer in Kick.World.Streamers)
        {
            await FoundByPollingAsync(streamer.Id);
            await FoundByPollingAsync(streamer.Id);
        }

        _scenario.Clock.Advance(180);
        var finding = (await LookAsync()).ShouldHaveSingleItem();
        finding.Kind.ShouldBe(FindingKind.Elsewhere);
        finding.Words.ShouldContain("another address");

        // They are made anew, which may not help: only a delivery proves that it did.
        (await ReconcileAsync()).Created.ShouldBe(30);
        (await LookAsync()).ShouldHaveSingleItem().Kind.ShouldBe(FindingKind.Elsewhere);
        _scenario.Clock.Advance(60);
        await ReconcileAsync();
        (await LookAsync()).ShouldHaveSingleItem().Kind.ShouldBe(FindingKind.Elsewhere);
        await HeardAsync("channel.followed", Kick.World.Streamers[0].Id, 1);
        (await LookAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_type_that_used_to_come_and_stopped_is_trouble_on_every_page_until_it_comes_again()
    {
        var watch = _node.GetRequiredService<SubscriptionWatch>();
        await HeardAsync("channel.followed", Kick.World.Streamers[0].Id, 500);
        await FoundByPollingAsync(Kick.World.Streamers[0].Id);
        await watch.ReportAsync(Ct);
        (await _scenario.ScalarAsync<long>("SELECT count(*) FROM sources WHERE name = 'kick-webhooks'")).ShouldBe(0);
        _scenario.Clock.Advance(3 * 3600);
        await watch.ReportAsync(Ct);
        (await _scenario.QueryAsync("SELECT state, last_error FROM sources WHERE name = 'kick-webhooks'")).ShouldHaveSingleItem()[1].ShouldBeOfType<string>().ShouldStartWith("channel.followed used to come and has stopped");
        await _scenario.QueryAsync("UPDATE event_stats SET last_received_at = $1", _scenario.Clock.GetUtcNow());
        await watch.ReportAsync(Ct);
        (await _scenario.ScalarAsync<long>("SELECT count(*) FROM sources WHERE name = 'kick-webhooks'")).ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_on_the_air_is_no_silence()
    {
        var (busy, calm) = (Kick.World.Streamers[0].Id, Kick.World.Streamers[1].Id);
        await FoundByPollingAsync(busy);
        _scenario.Clock.Advance(3600);
        await HeardAsync("chat.message.sent", busy, 5000);
        await HeardAsync("chat.message.sent", calm, 2);
        await EndedAsync(busy);

        // The night, and then somebody whose chat hardly talks.
        _scenario.Clock.Advance(12 * 3600);
        (await LookAsync()).ShouldBeEmpty();
        await FoundByPollingAsync(calm);
        _scenario.Clock.Advance(8 * 3600);
        (await LookAsync()).ShouldBeEmpty();

        await FoundByPollingAsync(busy);
        _scenario.Clock.Advance(3600);
        (await LookAsync()).ShouldHaveSingleItem().Words.ShouldStartWith("chat.message.sent used to come and has stopped");
    }

    [Fact]
    public async Task A_slot_changes_hands_within_one_comparison()
    {
        Kick.Subscriptions.MostChat = 1;
        _node = _scenario.AddNode(new Dictionary<string, string?> { ["Events:ChatChannels"] = "1" });
        await ReconcileAsync();
        long heir = Kick.World.Streamers[2].Id;
        await _scenario.QueryAsync("UPDATE streamers SET priority = 1 WHERE broadcaster_user_id = $1", heir);
        var done = await ReconcileAsync();
        (done.Removed, done.Created, done.Refused).ShouldBe((1, 1, 0));
        Kick.Subscriptions.All.Single(s => s.Event == KickEventTypes.Chat).BroadcasterId.ShouldBe(heir);
        (await LookAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_has_no_subscription_is_counted_whatever_else_is_listed()
    {
        await ReconcileAsync();
        var stranger = Kick.World.Add("stranger");
        Kick.Subscriptions.Add(stranger.Id, [KickEventTypes.Followed]);
        Kick.Subscriptions.Remove([Kick.Subscriptions.All.First(s => s.Event == KickEventTypes.Followed).Id]);
        Kick.Webhooks.Faults.ErrorRows = true;
        await ReconcileAsync();
        var slots = (await _node.GetRequiredService<Integrity>().ReadAsync(Ct)).Slots.Single(s => s.Type == KickEventTypes.Followed);
        (slots.Used, slots.Wished, slots.Without).ShouldBe((3, 3, 1));
    }

    [Fact]
    public void Beyond_the_limit_the_most_important_keep_their_slots()
    {
        var plan = SubscriptionPlan.Of([.. Enumerable.Range(1, 10_050).Select(i => (long)i)], new EventOptions());
        plan.Count(w => w.Type == KickEventTypes.Status).ShouldBe(10_000);
        plan.Count(w => w.Type == KickEventTypes.Chat).ShouldBe(1_000);
        plan.Where(w => w.Type == KickEventTypes.Chat).Max(w => w.BroadcasterUserId).ShouldBe(1_000);
    }

    [Fact]
    public async Task Other_peoples_subscriptions_of_the_same_app_are_left_alone()
    {
        var stranger = Kick.World.Add("stranger");
        Kick.Subscriptions.Add(stranger.Id, [KickEventTypes.Status]);
        (await ReconcileAsync()).Removed.ShouldBe(0);
        Kick.Subscriptions.All.ShouldContain(s => s.BroadcasterId == stranger.Id);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Task<List<Finding>> LookAsync() => _node.GetRequiredService<SubscriptionWatch>().LookAsync(Ct);

    /// <summary>A new stream that no webhook told; if another one ran, polling noticed its end too.</summary>
    private async Task FoundByPollingAsync(long id)
    {
        _scenario.Clock.Advance(10);
        var now = _scenario.Clock.GetUtcNow();
        await _node.GetRequiredService<Merge>().ApplyAsync([new Observation(id, ObservationKind.Live, Source.Poll, now, now) { StartedAt = now.AddSeconds(-1) }], null, Ct);
    }

    private async Task EndedAsync(long id)
    {
        var now = _scenario.Clock.GetUtcNow();
        await _node.GetRequiredService<Merge>().ApplyAsync([new Observation(id, ObservationKind.Ended, Source.Webhook, now, now) { EndedAt = now }], null, Ct);
    }

    private async Task HeardAsync(string type, long broadcaster, int times) => await _scenario.QueryAsync(
        """
        INSERT INTO event_stats (day, type, broadcaster_user_id, delivered, last_received_at, duplicates, late, held, failed, within1s, within5s, within30s, within2m, within10m, within1h, beyond1h)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, $4, 0, 0, 0, 0, 0, 0)
        """, DateOnly.FromDateTime(_scenario.Clock.GetUtcNow().UtcDateTime), type, broadcaster, times, _scenario.Clock.GetUtcNow());

    private async Task<Reconciled> ReconcileAsync(bool isAskedFor = false) =>
        (await _scenario.RunAsync(_node.GetRequiredService<SubscriptionKeeper>().ReconcileAsync(isAskedFor, TestContext.Current.CancellationToken))).ShouldNotBeNull();
}
