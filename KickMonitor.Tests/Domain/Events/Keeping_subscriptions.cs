using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
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
                INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
                VALUES ($1, $2, $3, $2, $3, 'unknown', $3, 'ok', nextval('changes'))
                """, streamer.Id, streamer.Slug, _scenario.Clock.GetUtcNow());
        }
    }

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

    [Fact]
    public async Task Everything_wanted_is_created_once_and_then_left_alone()
    {
        (await ReconcileAsync()).Created.ShouldBe(27);
        Kick.Subscriptions.All.Count.ShouldBe(27);
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
        (await ReconcileAsync()).Refused.ShouldBe(27);
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
        (await ReconcileAsync()).Created.ShouldBe(27);
    }

    [Fact]
    public async Task A_reached_limit_stops_the_run_and_says_so()
    {
        Kick.Webhooks.Faults.LimitReached = true;
        (await ReconcileAsync()).Created.ShouldBe(0);
        Kick.Requests.CountOf("/public/v1/events/subscriptions").ShouldBe(2);
        (await _scenario.ScalarAsync<string>("SELECT min(error) FROM subscription_wishes")).ShouldContain("limit reached");
    }

    [Fact]
    public async Task Other_peoples_subscriptions_of_the_same_app_are_left_alone()
    {
        var stranger = Kick.World.Add("stranger");
        Kick.Subscriptions.Add(stranger.Id, [KickEventTypes.Status]);
        (await ReconcileAsync()).Removed.ShouldBe(0);
        Kick.Subscriptions.All.ShouldContain(s => s.BroadcasterId == stranger.Id);
    }

    private async Task<Reconciled> ReconcileAsync() =>
        (await _scenario.RunAsync(_node.GetRequiredService<SubscriptionKeeper>().ReconcileAsync(TestContext.Current.CancellationToken))).ShouldNotBeNull();
}
