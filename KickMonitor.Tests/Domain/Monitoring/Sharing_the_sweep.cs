using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class Sharing_the_sweep(Postgres postgres) : SweepStory(postgres)
{
    [Fact]
    public async Task A_thousand_streamers_take_a_dozen_calls_a_round()
    {
        await WatchManyAsync(1000, live: 300);
        await SweepForAsync(300);
        Requests.Clear();
        var calls = new List<int>();
        for (int round = 0; round < 20; round++)
        {
            calls.Add((await SweepAsync())!.Calls);
            Scenario.Clock.Advance(15);
        }

        calls.ShouldAllBe(c => c <= 12);
        Asked(LivestreamsCall).ShouldAllBe(ids => ids.Length == 100);
        Asked(ChannelsCall, "broadcaster_user_id").ShouldAllBe(ids => ids.Length <= 50);
        Asked(ChannelsCall, "broadcaster_user_id").SelectMany(ids => ids).Distinct().Count().ShouldBe(1000);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM streamers WHERE status = 'live'")).ShouldBe(300);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM streamers WHERE status = 'offline'")).ShouldBe(700);
    }

    [Fact]
    public async Task Everybody_is_asked_once_a_round()
    {
        var ids = await WatchManyAsync(250);
        await SweepAsync();
        Scenario.Clock.Advance(15);
        Requests.Clear();

        var report = (await SweepAsync())!;

        report.Checked.ShouldBe(250);
        Asked(LivestreamsCall).SelectMany(i => i).Order().ShouldBe(ids.Order());
    }

    [Fact]
    public async Task Nobody_is_asked_before_the_interval_is_over()
    {
        await WatchManyAsync(10);
        await SweepAsync();
        Scenario.Clock.Advance(5);
        Requests.Clear();

        (await SweepAsync())!.Checked.ShouldBe(0);

        Requests.CountOf(LivestreamsCall).ShouldBe(0);
    }

    [Fact]
    public async Task Nodes_that_sweep_together_ask_about_nobody_twice()
    {
        var ids = await WatchManyAsync(600);
        IServiceProvider[] nodes = [Node, Scenario.AddNode(), Scenario.AddNode()];

        var rounds = await Scenario.RunAsync(Task.WhenAll(nodes.Select(n => Task.Run(() => n.GetRequiredService<Sweep>().RunAsync(Ct)))));

        rounds.Sum(r => r!.Checked).ShouldBe(600);
        Asked(LivestreamsCall).SelectMany(i => i).Order().ShouldBe(ids.Order());
        Asked(ChannelsCall, "broadcaster_user_id").SelectMany(i => i).ShouldBeUnique();
    }

    [Fact]
    public async Task A_batch_keeps_its_size_though_the_database_thinks_that_there_is_nobody()
    {
        var ids = await WatchManyAsync(600);
        await Scenario.QueryAsOwnerAsync("UPDATE pg_class SET relpages = 4, reltuples = 0 WHERE oid IN ('checks'::regclass, 'streamers'::regclass)");

        var report = (await SweepAsync())!;

        report.Checked.ShouldBe(600);
        report.FailedCalls.ShouldBe(0);
        Asked(LivestreamsCall).ShouldAllBe(i => i.Length == 100);
        Asked(ChannelsCall, "broadcaster_user_id").ShouldAllBe(i => i.Length <= 50);
        Asked(LivestreamsCall).SelectMany(i => i).Order().ShouldBe(ids.Order());
    }

    [Fact]
    public async Task A_node_does_not_begin_a_round_while_its_last_one_goes_on()
    {
        await WatchManyAsync(10);
        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Livestreams, Delay = TimeSpan.FromSeconds(2) });
        var first = Sweep.RunAsync(Ct);

        (await Sweep.RunAsync(Ct)).ShouldBeNull();

        (await Scenario.RunAsync(first, slow: true)).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_lease_of_a_dead_node_runs_out()
    {
        await WatchManyAsync(10);
        await SweepAsync();
        Scenario.Clock.Advance(15);
        await Scenario.QueryAsync("UPDATE checks SET leased_until = $1, leased_by = 'dead'", Scenario.Clock.GetUtcNow().AddSeconds(60));

        (await SweepAsync())!.Checked.ShouldBe(0);
        Scenario.Clock.Advance(61);

        (await SweepAsync())!.Checked.ShouldBe(10);
    }

    [Fact]
    public async Task Whoever_is_paused_or_removed_is_not_asked_about()
    {
        var ids = await WatchManyAsync(3);
        var directory = Node.GetRequiredService<StreamerDirectory>();
        (await directory.PauseAsync(ids[0], Ct)).ShouldBeTrue();
        (await directory.RemoveAsync(ids[1], Ct)).ShouldBeTrue();

        await SweepForAsync(400);

        Asked(LivestreamsCall).SelectMany(i => i).Distinct().ShouldBe([ids[2]]);
        Asked(ChannelsCall, "broadcaster_user_id").SelectMany(i => i).Distinct().ShouldBe([ids[2]]);
        Asked(UsersCall, "id").SelectMany(i => i).Distinct().ShouldBe([ids[2]]);

        (await directory.ResumeAsync(ids[0], Ct)).ShouldBeTrue();
        Requests.Clear();
        await SweepAsync();
        Asked(LivestreamsCall).SelectMany(i => i).ShouldContain(ids[0]);
    }

    [Fact]
    public async Task A_start_is_seen_in_the_next_round_and_an_end_within_two_minutes()
    {
        long lana = World.Add("lana").Id;
        await AddAsync("lana");
        await SweepAsync();
        World.GoLive(lana, 10);
        Scenario.Clock.Advance(15);
        await SweepAsync();
        (await StatusAsync(lana)).ShouldBe("live");

        World.EndStream(lana);
        var ended = Scenario.Clock.GetUtcNow();
        await SweepForAsync(120);

        (await StatusAsync(lana)).ShouldBe("offline");
        (await EventsAsync()).ShouldBe(["went_live", "went_offline"]);
        (await Scenario.ScalarAsync<DateTime>("SELECT ended_at FROM broadcasts")).ShouldBe(ended.UtcDateTime, TimeSpan.FromSeconds(31));
    }

    [Fact]
    public async Task Lists_that_lag_behind_an_end_do_no_harm()
    {
        Faults.Distortions.EndLag = TimeSpan.FromSeconds(20);
        Faults.Distortions.StartLag = TimeSpan.FromSeconds(40);
        long lana = await WatchLiveAsync();
        await SweepForAsync(60);
        World.EndStream(lana);
        await SweepForAsync(200);
        World.GoLive(lana, 5);
        await SweepForAsync(90);

        (await EventsAsync()).ShouldBe(["went_live", "went_offline", "went_live"]);
    }

    [Fact]
    public async Task A_rename_is_seen_of_somebody_offline()
    {
        long lana = World.Add("lana").Id;
        await AddAsync("lana");
        World.Rename(lana, "lana-new", "Lana New");

        await SweepForAsync(330);

        (await EventsAsync()).ShouldBe(["renamed"]);
        (await Node.GetRequiredService<StreamerDirectory>().FindAsync("lana", Ct))!.Slug.ShouldBe("lana-new");
    }

    [Fact]
    public async Task A_channel_that_vanishes_is_unknown_and_is_found_again()
    {
        long lana = await WatchLiveAsync();
        await SweepAsync();
        World.Vanish(lana);
        await SweepForAsync(400);
        (await StatusAsync(lana)).ShouldBe("unknown");
        (await EventsAsync()).ShouldBe(["went_live", "went_missing"]);

        World.Return(lana);
        await SweepForAsync(45);

        (await StatusAsync(lana)).ShouldBe("live");
        (await EventsAsync()).ShouldBe(["went_live", "went_missing", "found"]);
    }

    [Fact]
    public async Task Names_and_pictures_arrive_for_those_who_are_never_live()
    {
        await WatchManyAsync(3);
        await SweepAsync();

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM streamers WHERE avatar_url IS NOT NULL AND display_name <> 'streamer'")).ShouldBe(3);
    }

    [Fact]
    public async Task A_round_is_recorded()
    {
        await WatchManyAsync(10);
        await SweepAsync();

        var round = (await Scenario.QueryAsync("SELECT checked, failed_calls FROM sweep_rounds"))[0];
        round.ShouldBe([10, 0]);
        var status = await Node.GetRequiredService<StatusReport>().ReadAsync(Ct);
        status.Streamers.Total.ShouldBe(10);
        status.Sweep.Overdue.ShouldBe(0);
        status.Sources[0].State.ShouldBe(SourceState.Ok);
    }
}
