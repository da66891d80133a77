using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Events;

public sealed class Once_in_effect(Postgres postgres) : EventStory(postgres)
{
    [Fact]
    public async Task Each_event_told_twice_under_different_ids_acts_once_and_the_second_names_the_first()
    {
        foreach (var (type, body) in OneOfEach())
        {
            var first = await TellAsync(type, body, sent: 1);
            var twin = await TellAsync(type, body, sent: 2);
            (await OfAsync<string>(first, "state")).ShouldBe("done", type);
            (await OfAsync<long>(twin, "duplicate_of")).ShouldBe(await OfAsync<long>(first, "id"), type);
        }

        var tally = (await Scenario.QueryAsync("SELECT followers, subscriptions, renewals, gifts, kicks FROM channel_tallies")).ShouldHaveSingleItem();
        tally.ShouldBe([1L, 1L, 1L, 3L, 500L]);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM supporters")).ShouldBe(4);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM status_events WHERE kind = 'went_live'")).ShouldBe(1);
    }

    [Fact]
    public async Task Twins_that_two_nodes_handle_at_the_same_time_act_once()
    {
        for (int i = 0; i < 40; i++)
        {
            await ReceiveAsync("channel.followed", Follow(100 + (i / 2)), sent: i / 10d);
        }

        var other = Scenario.AddNode().GetRequiredService<Dispatch>();
        await Task.WhenAll(HandleAsync(), HandleAsync(other), HandleAsync(), HandleAsync(other));
        await HandleAsync();
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies")).ShouldBe(20);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events WHERE duplicate_of IS NOT NULL")).ShouldBe(20);
    }

    [Fact]
    public async Task A_follow_is_the_same_within_a_minute_also_across_minutes_and_another_one_later()
    {
        await TellAsync("channel.followed", Follow(42), sent: 50);
        await TellAsync("channel.followed", Follow(42), sent: 75);
        await TellAsync("channel.followed", Follow(42), sent: 3600);
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies")).ShouldBe(2);
    }

    [Fact]
    public async Task Renewals_of_different_months_differ_though_they_share_their_creation()
    {
        await TellAsync("channel.subscription.renewal", Subscription(44, 3), sent: 1);
        await TellAsync("channel.subscription.renewal", Subscription(44, 4), sent: 2);
        (await Scenario.ScalarAsync<long>("SELECT renewals FROM channel_tallies")).ShouldBe(2);
    }

    [Fact]
    public async Task A_redemption_is_told_again_for_each_status()
    {
        await TellAsync("channel.reward.redemption.updated", Redemption("pending"), sent: 1);
        var accepted = await TellAsync("channel.reward.redemption.updated", Redemption("accepted"), sent: 2);
        (await OfAsync<bool>(accepted, "duplicate_of IS NULL")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_title_that_comes_back_is_news_again()
    {
        await TellAsync("livestream.metadata.updated", Metadata("A"), sent: 1);
        await TellAsync("livestream.metadata.updated", Metadata("B"), sent: 2);
        var again = await TellAsync("livestream.metadata.updated", Metadata("A"), sent: 3);
        (await OfAsync<bool>(again, "duplicate_of IS NULL")).ShouldBeTrue();
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("A");
    }

    [Fact]
    public async Task A_title_that_was_told_again_is_newer_than_another_that_comes_late()
    {
        await TellAsync("livestream.metadata.updated", Metadata("A"), sent: 1);
        var again = await TellAsync("livestream.metadata.updated", Metadata("A"), sent: 30);
        await TellAsync("livestream.metadata.updated", Metadata("B"), sent: 20, received: 40);
        (await OfAsync<bool>(again, "duplicate_of IS NOT NULL")).ShouldBeTrue();
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("A");
    }

    [Fact]
    public async Task A_title_that_is_handled_again_is_no_duplicate_of_a_later_one()
    {
        var first = await TellAsync("livestream.metadata.updated", Metadata("A"), sent: 1);
        await TellAsync("livestream.metadata.updated", Metadata("B"), sent: 2);
        await TellAsync("livestream.metadata.updated", Metadata("A"), sent: 3);
        await Scenario.QueryAsync("UPDATE events SET state = 'pending', due_at = '-infinity', replay_id = 1 WHERE message_id = $1", first);
        await HandleAsync();
        (await OfAsync<bool>(first, "state = 'done' AND duplicate_of IS NULL")).ShouldBeTrue();
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("A");
    }

    [Fact]
    public async Task An_effect_that_fails_midway_leaves_nothing_and_is_done_once_later()
    {
        var faulty = new Faulty { Fails = 2 };
        var node = Scenario.AddNode(also: services => services.AddSingleton<IEventHandler>(faulty));
        var dispatch = node.GetRequiredService<Dispatch>();
        Scenario.Clock.Advance(10);
        var troubled = await ReceiveAsync("channel.followed", Follow(42), sent: 1);
        await HandleAsync(dispatch);
        (await OfAsync<int>(troubled, "attempts")).ShouldBe(1);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM channel_tallies")).ShouldBe(0);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM action_ledger")).ShouldBe(0);

        Scenario.Clock.Advance(2);
        await HandleAsync(dispatch);
        Scenario.Clock.Advance(10);
        await HandleAsync(dispatch);
        (await OfAsync<string>(troubled, "state")).ShouldBe("done");
        (await Scenario.ScalarAsync<long>("SELECT followers FROM channel_tallies")).ShouldBe(1);
        faulty.Acted.ShouldBe(3);
    }

    [Fact]
    public async Task What_fails_again_and_again_is_put_aside_with_its_error_and_blocks_nobody()
    {
        var node = Scenario.AddNode(also: services => services.AddSingleton<IEventHandler>(new Faulty { Fails = int.MaxValue, Only = 666 }));
        var dispatch = node.GetRequiredService<Dispatch>();
        Scenario.Clock.Advance(10);
        var doomed = await ReceiveAsync("channel.followed", Follow(666), sent: 1);
        var good = await ReceiveAsync("channel.followed", Follow(42), sent: 1);
        await HandleAsync(dispatch);
        (await OfAsync<string>(good, "state")).ShouldBe("done");
        for (int i = 0; i < 12; i++)
        {
            Scenario.Clock.Advance(7200);
            await HandleAsync(dispatch);
        }

        (await OfAsync<string>(doomed, "state")).ShouldBe("failed");
        (await OfAsync<int>(doomed, "attempts")).ShouldBe(Dispatch.MostAttempts);
        (await OfAsync<string>(doomed, "error")).ShouldContain("on purpose");
    }

    private sealed class Faulty : IEventHandler
    {
        public string Name => "faulty";

        public int Fails { get; set; }

        public long? Only { get; init; }

        public int Acted { get; private set; }

        public string? WouldDo(KickEvent told, Say say) => told is Followed f && (Only is null || Only == f.Follower.UserId) ? "fail" : null;

        public async Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
        {
            Acted++;
            await using var command = new NpgsqlCommand("INSERT INTO settings (key, value, changed_at) VALUES ('faulty' || random(), '', now())", work.Connection);
            await command.ExecuteNonQueryAsync(ct);
            if (Fails-- > 0)
            {
                throw new InvalidOperationException("on purpose");
            }
        }
    }
}
