using System.Collections.Frozen;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Events;

public sealed class Replaying(Postgres postgres) : EventStory(postgres)
{
    private EventReplay Replay => Node.GetRequiredService<EventReplay>();

    [Fact]
    public async Task A_late_event_acts_when_an_Admin_wants_it_and_trying_changes_nothing()
    {
        var late = await TellAsync("channel.followed", Follow(42), sent: -100_000, received: 0);
        (await OfAsync<string>(late, "mark")).ShouldBe("late");
        var plan = await Replay.TryAsync(new EventQuery(null) { State = EventState.Held }, Speech.English, Ct);
        plan.ShouldHaveSingleItem().Effects.ShouldContain(e => e.Handler == "tallies" && !e.IsDone);
        (await OfAsync<string>(late, "state")).ShouldBe("held");

        var (id, events) = (await RunAsync(new EventQuery(null) { State = EventState.Held })).ShouldNotBeNull();
        events.ShouldBe(1);
        (await Replay.ProgressAsync(id, Ct)).ShouldBe((1, 0));
        await HandleAsync();
        (await OfAsync<string>(late, "state")).ShouldBe("done");
        (await Replay.ProgressAsync(id, Ct)).ShouldBe((0, 0));
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies")).ShouldBe(1);
        (await Scenario.ScalarAsync<string>("SELECT requested_by FROM replays")).ShouldBe("admin@example.com");
        (await Scenario.QueryAsync("SELECT verb, after->>'filter', (after->>'events')::int FROM audit WHERE verb LIKE 'events.%'")).ShouldHaveSingleItem().ShouldBe(["events.replayed", "held", 1]);
    }

    [Fact]
    public async Task Of_several_that_tell_the_same_the_trial_lets_one_act()
    {
        await TellAsync("kicks.gifted", Kicks(5), sent: -100_000, received: 0);
        await TellAsync("kicks.gifted", Kicks(5), sent: -99_999, received: 1);
        var held = new EventQuery(null) { State = EventState.Held };
        (await Replay.TryAsync(held, Speech.English, Ct)).Select(s => s.ActsAnew).ShouldBe([true, false]);
        await RunAsync(held);
        await HandleAsync();
        (await Scenario.ScalarAsync<long>("SELECT kicks FROM channel_tallies")).ShouldBe(5);
    }

    [Fact]
    public async Task What_was_done_is_not_done_again()
    {
        foreach (var (type, body) in OneOfEach())
        {
            await TellAsync(type, body);
        }

        (await Replay.TryAsync(new EventQuery(null), Speech.English, Ct)).ShouldAllBe(s => !s.ActsAnew);
        await RunAsync(new EventQuery(null));
        await HandleAsync();
        (await Scenario.QueryAsync("SELECT followers, subscriptions, renewals, gifts, kicks FROM channel_tallies")).ShouldHaveSingleItem().ShouldBe([1L, 1L, 1L, 3L, 500L]);
        (await Scenario.ScalarAsync<long>("SELECT sum(delivered) FROM event_stats")).ShouldBe(10);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events WHERE state = 'done'")).ShouldBe(10);
    }

    [Fact]
    public async Task Only_what_was_tried_is_replayed_and_only_for_an_Admin()
    {
        await TellAsync("channel.followed", Follow(42), sent: -100_000, received: 0);
        var held = new EventQuery(null) { State = EventState.Held };
        var plan = await Replay.TryAsync(held, Speech.English, Ct);
        await TellAsync("channel.followed", Follow(43), sent: -100_000, received: 0);
        (await Replay.RunAsync(plan, held, await PersonAsync(Role.User), Ct)).ShouldBeNull();
        (await Replay.RunAsync(plan, held, await PersonAsync(Role.Admin), Ct)).ShouldNotBeNull().Events.ShouldBe(1);
        await HandleAsync();
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies")).ShouldBe(1);
    }

    [Fact]
    public async Task A_chosen_type_person_and_time_narrow_it()
    {
        await TellAsync("kicks.gifted", Kicks(5), sent: -100_000, received: 0);
        await TellAsync("channel.followed", Follow(42), sent: -100_000, received: 1);
        var all = new EventQuery(null);
        (await Replay.TryAsync(all with { Type = "kicks.gifted" }, Speech.English, Ct)).ShouldHaveSingleItem().Event.Actor.ShouldBe("whale");
        (await Replay.TryAsync(all with { Person = "WHA" }, Speech.English, Ct)).ShouldHaveSingleItem();
        (await Replay.TryAsync(all with { Person = "hale" }, Speech.English, Ct)).ShouldBeEmpty();
        (await Replay.TryAsync(all with { From = At(0.5) }, Speech.English, Ct)).ShouldHaveSingleItem().Event.Type.ShouldBe("channel.followed");
        (await Replay.TryAsync(all with { To = At(0.5) }, Speech.English, Ct)).ShouldHaveSingleItem().Event.Type.ShouldBe("kicks.gifted");
    }

    [Fact]
    public async Task Whoever_manages_a_streamers_events_replays_those_and_no_others()
    {
        await WatchAsync(Miro, "miro");
        await TellAsync("channel.followed", Follow(42), sent: -100_000, received: 0);
        await TellAsync("channel.followed", Follow(43, Miro), sent: -100_000, received: 0);
        var manager = await PersonAsync(Role.User) with { EventsManaged = FrozenSet.Create(Lana) };
        var lanas = new EventQuery([Lana]);
        var both = new EventQuery(null);
        (await Replay.RunAsync(await Replay.TryAsync(both, Speech.English, Ct), both, manager, Ct)).ShouldBeNull();
        (await Replay.RunAsync(await Replay.TryAsync(lanas, Speech.English, Ct), lanas, manager with { Role = Role.Viewer }, Ct)).ShouldBeNull();
        (await Replay.RunAsync(await Replay.TryAsync(lanas, Speech.English, Ct), lanas, manager, Ct)).ShouldNotBeNull().Events.ShouldBe(1);
        await HandleAsync();
        (await Scenario.QueryAsync("SELECT broadcaster_user_id, followers FROM channel_tallies")).ShouldHaveSingleItem().ShouldBe([Lana, 1L]);
    }

    [Fact]
    public async Task The_trial_promises_nothing_for_channels_that_are_not_ours()
    {
        var foreign = await TellAsync("channel.followed", Follow(42, 999), sent: 0);
        (await OfAsync<string>(foreign, "mark")).ShouldBe("foreign");
        (await Replay.TryAsync(new EventQuery(null), Speech.English, Ct)).ShouldHaveSingleItem().Effects.ShouldBeEmpty();
        await WatchAsync(999, "newcomer");
        (await Replay.TryAsync(new EventQuery(null), Speech.English, Ct)).ShouldHaveSingleItem().Effects.ShouldContain(e => e.Handler == "tallies" && e.ActsAnew);
    }

    [Fact]
    public async Task The_trial_speaks_the_language_of_whoever_asks()
    {
        await TellAsync("channel.followed", Follow(42), sent: -100_000, received: 0);
        var step = (await Replay.TryAsync(new EventQuery(null), (text, _) => text.ToUpperInvariant(), Ct)).ShouldHaveSingleItem();
        step.Effects.Select(e => e.Does).ShouldBe(["COUNT ONE MORE FOLLOWER", "WRITE A LINE TO THE LOG"], ignoreOrder: true);
    }

    private async Task<(long Id, int Events)?> RunAsync(EventQuery query) => await Replay.RunAsync(await Replay.TryAsync(query, Speech.English, Ct), query, await PersonAsync(Role.Admin), Ct);

    private async Task<UserRights> PersonAsync(Role role)
    {
        string email = role == Role.Admin ? "admin@example.com" : "user@example.com";
        var created = (CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync(email, role, "a long enough password", Ct);
        await Node.GetRequiredService<Rights>().ReadAsync(Ct);
        return Node.GetRequiredService<Rights>().Of(created.User.Id)!;
    }
}
