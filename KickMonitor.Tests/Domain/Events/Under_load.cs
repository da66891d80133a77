using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Events;

public sealed class Under_load(Postgres postgres) : EventStory(postgres)
{
    [Fact]
    public async Task Each_broadcasters_events_are_handled_in_their_order_by_however_many_nodes()
    {
        var seen = new Witness();
        await WatchAsync(Miro, "miro");
        var nodes = Enumerable.Range(0, 3).Select(_ => Scenario.AddNode(also: services => services.AddSingleton<IEventHandler>(seen)).GetRequiredService<Dispatch>()).ToList();
        for (int i = 0; i < 300; i++)
        {
            await ReceiveAsync("channel.followed", Follow(i, i % 2 == 0 ? Lana : Miro), sent: i / 100d);
        }

        await Task.WhenAll(nodes.Select(n => HandleAsync(n)));
        await HandleAsync();
        foreach (var followers in seen.Followers.GroupBy(f => f.Broadcaster))
        {
            followers.Select(f => f.Follower).ShouldBe(followers.Select(f => f.Follower).Order());
            followers.Count().ShouldBe(150);
        }
    }

    [Fact]
    public async Task A_handler_that_never_comes_back_fails_and_lets_the_others_go_on()
    {
        var node = Scenario.AddNode(also: services => services.AddSingleton<IEventHandler>(new Stuck()));
        var dispatch = node.GetRequiredService<Dispatch>();
        var doomed = await ReceiveAsync("channel.followed", Follow(666), sent: 1);
        var good = await ReceiveAsync("channel.followed", Follow(42), sent: 2);
        await Scenario.RunAsync(Task.Run(async () =>
        {
            await HandleAsync(dispatch);
            return 0;
        }, Ct), slow: true, step: 1000);
        (await OfAsync<string>(good, "state")).ShouldBe("done");
        (await OfAsync<int>(doomed, "attempts")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_handler_whose_statement_the_database_cancels_fails_and_lets_the_others_go_on()
    {
        var dispatch = Scenario.AddNode(also: services => services.AddSingleton<IEventHandler>(new Slow())).GetRequiredService<Dispatch>();
        var doomed = await ReceiveAsync("channel.followed", Follow(666), sent: 1);
        var good = await ReceiveAsync("channel.followed", Follow(42), sent: 2);
        await HandleAsync(dispatch);
        (await OfAsync<string>(good, "state")).ShouldBe("done");
        (await OfAsync<int>(doomed, "attempts")).ShouldBe(1);
    }

    [Fact]
    public async Task What_waits_for_another_attempt_does_not_hold_up_what_is_new()
    {
        var node = Scenario.AddNode(also: services => services.AddSingleton<IEventHandler>(new Failing()));
        var dispatch = node.GetRequiredService<Dispatch>();
        for (int i = 0; i < 100; i++)
        {
            await ReceiveAsync("channel.followed", Follow(1000 + i), sent: 1);
        }

        await HandleAsync(dispatch);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events WHERE attempts = 1")).ShouldBe(100);
        var good = await ReceiveAsync("channel.followed", Follow(42), sent: 2);
        (await dispatch.RunAsync(Ct)).ShouldBe(1);
        (await OfAsync<string>(good, "state")).ShouldBe("done");
    }

    [Fact]
    public async Task A_neighbour_that_fails_sets_no_second_worker_on_the_same_broadcaster()
    {
        var gate = new Gate();
        var (one, other) = (NodeWith(gate), NodeWith(gate));
        await ReceiveAsync("channel.followed", Follow(666), sent: 1);
        await ReceiveAsync("channel.followed", Follow(42), sent: 2);
        await ReceiveAsync("channel.followed", Follow(43), sent: 3);

        // The first spoils the batch, so each is handled alone, and the second takes its time.
        var first = one.RunAsync(Ct);
        await gate.Entered.Task.WaitAsync(Ct);
        (await other.RunAsync(Ct)).ShouldBe(0);
        gate.Opened.SetResult();
        (await first).ShouldBe(3);
        gate.Passed.ShouldBe([42, 43]);

        Dispatch NodeWith(IEventHandler handler) => Scenario.AddNode(also: services => services.AddSingleton(handler)).GetRequiredService<Dispatch>();
    }

    [Fact]
    public async Task What_the_database_will_not_hold_is_refused_alone()
    {
        await Scenario.QueryAsOwnerAsync("ALTER TABLE events ADD CHECK (message_id <> 'cursed')");
        using var inbox = Scenario.AddNode().GetRequiredService<Inbox>();
        byte[] body = System.Text.Encoding.UTF8.GetBytes(Follow(42));
        var answers = Enumerable.Range(0, 600).Select(i => inbox.StoreAsync(new Delivery
        {
            MessageId = i == 3 ? "cursed" : $"good-{i}", Type = "channel.followed", SentAt = At(1), ReceivedAt = At(2), BroadcasterUserId = Lana, Body = body,
        }).AsTask()).ToList();
        await inbox.StartAsync(Ct);
        bool[] stored = await Task.WhenAll(answers);
        stored.Index().Where(s => !s.Item).Select(s => s.Index).ShouldBe([3]);
        await inbox.StopAsync(Ct);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(599);
    }

    [Fact]
    public async Task A_name_of_a_mebibyte_is_cut_and_changes_nothing_for_others()
    {
        var huge = await TellAsync("channel.followed", Follow(42).Replace("\"viewer\"", $"\"{new string('x', 1_000_000)}\"", StringComparison.Ordinal), sent: 1);
        (await OfAsync<string>(huge, "state")).ShouldBe("done");
        (await OfAsync<int>(huge, "length(actor)")).ShouldBeLessThanOrEqualTo(200);
        var history = Node.GetRequiredService<EventHistory>();
        (await history.ReadAsync(new EventQuery(null), Ct)).ShouldHaveSingleItem().Summary.Length.ShouldBeLessThan(300);
        (await history.ChangedAsync(0, 500, 1000, Ct)).Rows.Count.ShouldBe(1);
        await TellAsync("channel.followed", Follow(43), sent: 2);
        await TellAsync("channel.followed", Follow(44), sent: 3);
        var (rows, last) = await history.ChangedAsync(0, 500, 1000, Ct);
        rows.Count.ShouldBe(1);
        (await history.ChangedAsync(last, 500, 1000, Ct)).Rows.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Of_a_key_that_stands_there_twice_the_last_counts_for_all()
    {
        var twice = await TellAsync("channel.followed", $$"""{"broadcaster":{"user_id":999},"broadcaster":{{Person(Lana, "lana")}},"follower":{{Person(1, "a")}},"follower":{{Person(2, "b")}} }""", sent: 1);
        (await OfAsync<string>(twice, "state")).ShouldBe("done");
        (await OfAsync<long>(twice, "broadcaster_user_id")).ShouldBe(Lana);
        (await OfAsync<string>(twice, "actor")).ShouldBe("b");
    }

    [Fact]
    public async Task A_sender_whose_clock_is_ahead_is_not_believed_beyond_now()
    {
        var ahead = await TellAsync("livestream.metadata.updated", Metadata("From tomorrow"), sent: 7200, received: 10);
        (await OfAsync<string>(ahead, "state")).ShouldBe("done");
        await TellAsync("livestream.metadata.updated", Metadata("Now"), sent: 60);
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("Now");
        var future = await TellAsync("livestream.metadata.updated", Metadata("From next year"), sent: 30_000_000, received: 70);
        (await OfAsync<string>(future, "mark")).ShouldBe("future");
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("Now");
    }

    [Fact]
    public async Task The_same_start_by_poll_and_by_webhook_is_one_event_whichever_comes_first()
    {
        await WatchAsync(Miro, "miro");
        await TellAsync(Live(30, started: 0));
        await TellAsync("livestream.status.updated", Started(0), sent: 31);
        await TellAsync("livestream.status.updated", Started(0, id: Miro), sent: 1);
        await TellAsync(Live(30, started: 0, id: Miro));
        (await EventsAsync()).Count(e => e.StartsWith("went_live", StringComparison.Ordinal)).ShouldBe(1);
        (await EventsAsync(Miro)).Count(e => e.StartsWith("went_live", StringComparison.Ordinal)).ShouldBe(1);
        Scenario.Clock.Advance(3600);
        (await Node.GetRequiredService<LostStatuses>().ReadAsync(At(-3600), Ct)).ShouldBeEmpty();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM broadcasts")).ShouldBe(2);
    }

    [Fact]
    public async Task A_start_that_only_polling_found_is_lost_until_its_delivery_comes_after_all()
    {
        var lost = Node.GetRequiredService<LostStatuses>();
        await TellAsync(Live(30, started: 0));
        (await lost.ReadAsync(At(-3600), Ct)).ShouldBeEmpty();
        Scenario.Clock.Advance(600);
        (await lost.ReadAsync(At(-3600), Ct)).ShouldHaveSingleItem().ShouldBe(new LostStatus(Lana, true, At(0), At(30)));
        var report = await Node.GetRequiredService<Integrity>().ReadAsync(Ct);
        report.Lost.ShouldBe(1);
        report.ByChannel.ShouldHaveSingleItem().ShouldSatisfyAllConditions(r => r.BroadcasterUserId.ShouldBe(Lana), r => r.Lost.ShouldBe(1), r => r.LastAt.ShouldBeNull());
        await TellAsync("livestream.status.updated", Started(0), sent: 500);
        (await lost.ReadAsync(At(-3600), Ct)).ShouldBeEmpty();
    }

    private sealed class Witness : IEventHandler
    {
        private readonly Lock _gate = new();

        public List<(long Broadcaster, long Follower)> Followers { get; } = [];

        public string Name => "witness";

        public string? WouldDo(KickEvent told, Say say) => told is Followed ? "note" : null;

        public Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
        {
            lock (_gate)
            {
                Followers.Add((told.Broadcaster.UserId!.Value, ((Followed)told).Follower.UserId!.Value));
            }

            return Task.CompletedTask;
        }
    }

    private sealed class Stuck : IEventHandler
    {
        public string Name => "stuck";

        public string? WouldDo(KickEvent told, Say say) => told is Followed { Follower.UserId: 666 } ? "wait for ever" : null;

        public Task ActAsync(EventWork work, KickEvent told, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct);
    }

    /// <summary>Fails for one follower and stands in the way of the next.</summary>
    private sealed class Gate : IEventHandler
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<long> Passed { get; } = [];

        public string Name => "gate";

        public string? WouldDo(KickEvent told, Say say) => told is Followed ? "pass" : null;

        public async Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
        {
            long who = ((Followed)told).Follower.UserId!.Value;
            if (who == 666)
            {
                throw new InvalidOperationException("on purpose");
            }

            if (who == 42)
            {
                Entered.TrySetResult();
                await Opened.Task.WaitAsync(ct);
            }

            Passed.Add(who);
        }
    }

    private sealed class Slow : IEventHandler
    {
        public string Name => "slow";

        public string? WouldDo(KickEvent told, Say say) => told is Followed { Follower.UserId: 666 } ? "take long" : null;

        public async Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
        {
            await using var command = new NpgsqlCommand("SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)", work.Connection);
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    private sealed class Failing : IEventHandler
    {
        public string Name => "failing";

        public string? WouldDo(KickEvent told, Say say) => told is Followed { Follower.UserId: >= 1000 } ? "fail" : null;

        public Task ActAsync(EventWork work, KickEvent told, CancellationToken ct) => throw new InvalidOperationException("on purpose");
    }
}
