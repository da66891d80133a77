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
        var plan = await Replay.TryAsync(new EventQuery(null) { State = EventState.Held }, Ct);
        plan.ShouldHaveSingleItem().Effects.ShouldContain(e => e.Handler == "tallies" && !e.IsDone);
        (await OfAsync<string>(late, "state")).ShouldBe("held");

        var (id, events) = await Replay.RunAsync(new EventQuery(null) { State = EventState.Held }, "admin@example.com", Ct);
        events.ShouldBe(1);
        (await Replay.ProgressAsync(id, Ct)).ShouldBe((1, 0));
        await HandleAsync();
        (await OfAsync<string>(late, "state")).ShouldBe("done");
        (await Replay.ProgressAsync(id, Ct)).ShouldBe((0, 0));
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies")).ShouldBe(1);
        (await Scenario.ScalarAsync<string>("SELECT requested_by FROM replays")).ShouldBe("admin@example.com");
    }

    [Fact]
    public async Task What_was_done_is_not_done_again()
    {
        foreach (var (type, body) in OneOfEach())
        {
            await TellAsync(type, body);
        }

        (await Replay.TryAsync(new EventQuery(null), Ct)).ShouldAllBe(s => !s.ActsAnew);
        await Replay.RunAsync(new EventQuery(null), "admin@example.com", Ct);
        await HandleAsync();
        (await Scenario.QueryAsync("SELECT followers, subscriptions, renewals, gifts, kicks FROM channel_tallies")).ShouldHaveSingleItem().ShouldBe([1L, 1L, 1L, 3L, 500L]);
        (await Scenario.ScalarAsync<long>("SELECT sum(delivered) FROM event_stats")).ShouldBe(10);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events WHERE state = 'done'")).ShouldBe(10);
    }
}
