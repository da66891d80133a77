using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Events;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Events;

public sealed class What_is_switched_off(Postgres postgres) : EventStory(postgres)
{
    private Flags Flags => Node.GetRequiredService<Flags>();

    [Fact]
    public async Task A_handler_that_is_off_for_a_streamer_is_skipped_there_alone_shown_as_skipped_and_made_up_by_a_replay()
    {
        await WatchAsync(Miro, "miro");
        (await Flags.SetAsync("handlers.tallies", true, 0, [Miro], null, Ct)).ShouldBeOfType<ChangeFlag.Done>();

        string lanas = await TellAsync("channel.followed", Follow(42), sent: 1);
        string miros = await TellAsync("channel.followed", Follow(42, Miro), sent: 2);

        (await Scenario.QueryAsync("SELECT broadcaster_user_id, followers FROM channel_tallies")).ShouldHaveSingleItem().ShouldBe([Miro, 1L]);
        (await OfAsync<string>(lanas, "state")).ShouldBe("done");
        (await RowAsync(lanas)).Skipped.ShouldBe(["tallies"]);
        (await RowAsync(miros)).Skipped.ShouldBeEmpty();
        (await Node.GetRequiredService<EventHistory>().ReadAsync(new EventQuery(null) { IsSkipped = true }, Ct)).ShouldHaveSingleItem().MessageId.ShouldBe(lanas);

        // Off still: a replay changes nothing, and says so beforehand.
        (await ReplayAsync()).ShouldContain(e => e.Handler == "tallies" && !e.IsDone && e.IsOff && !e.ActsAnew);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM channel_tallies")).ShouldBe(1);
        (await RowAsync(lanas)).Skipped.ShouldBe(["tallies"]);

        (await Flags.SetAsync("handlers.tallies", true, 100, [], null, Ct)).ShouldBeOfType<ChangeFlag.Done>();
        await ReplayAsync();
        (await Scenario.QueryAsync("SELECT broadcaster_user_id, followers FROM channel_tallies ORDER BY 1")).ShouldBe([[Lana, 1L], [Miro, 1L]], ignoreOrder: true);
        (await RowAsync(lanas)).Skipped.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_percentage_decides_for_a_streamer_once_and_for_all_handlers_alike_on_every_node()
    {
        var ids = Enumerable.Range(0, 40).Select(i => 5000L + i).ToList();
        foreach (long id in ids)
        {
            await WatchAsync(id, $"streamer-{id}");
        }

        await Flags.SetAsync("handlers.tallies", true, 50, [], null, Ct);
        foreach (long id in ids)
        {
            await ReceiveAsync("channel.followed", Follow(42, id), sent: 1);
        }

        await HandleAsync();
        var done = (await Scenario.QueryAsync("SELECT broadcaster_user_id FROM channel_tallies")).ConvertAll(r => (long)r[0]!);
        done.Count.ShouldBeInRange(8, 32);

        var other = Scenario.AddNode();
        await other.GetRequiredService<Flags>().ReadAsync(Ct);
        foreach (long id in ids)
        {
            await ReceiveAsync("channel.followed", Follow(43, id), sent: 200);
        }

        await HandleAsync(other.GetRequiredService<Dispatch>());
        (await Scenario.QueryAsync("SELECT broadcaster_user_id FROM channel_tallies WHERE followers = 2")).ConvertAll(r => (long)r[0]!).ShouldBe(done, ignoreOrder: true);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM channel_tallies")).ShouldBe(done.Count);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events WHERE skipped = ARRAY['tallies']")).ShouldBe(2 * (ids.Count - done.Count));
    }

    private async Task<EventRow> RowAsync(string message) => (await Node.GetRequiredService<EventHistory>().FindAsync(await OfAsync<long>(message, "id"), Ct)).ShouldNotBeNull();

    /// <returns>What the trial said of the first event.</returns>
    private async Task<IReadOnlyList<ReplayEffect>> ReplayAsync()
    {
        var replay = Node.GetRequiredService<EventReplay>();
        var rights = Node.GetRequiredService<Rights>();
        var admin = await Node.GetRequiredService<People>().FindAsync("admin@example.com", Ct)
            ?? ((CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync("admin@example.com", Role.Admin, "a long enough password", Ct)).User;
        await rights.ReadAsync(Ct);
        var query = new EventQuery(null);
        var plan = await replay.TryAsync(query, Speech.English, Ct);
        (await replay.RunAsync(plan, query, rights.Of(admin.Id)!, Ct)).ShouldNotBeNull();
        await HandleAsync();
        return plan[0].Effects;
    }
}
