using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Configuration;

public sealed class Switching_features(Postgres postgres) : SweepStory(postgres)
{
    private Flags Flags => Node.GetRequiredService<Flags>();

    [Fact]
    public async Task A_source_that_is_switched_off_asks_nothing_and_turns_nobody_offline()
    {
        long id = await WatchLiveAsync();
        await SweepAsync();
        int asked = Requests.Recent.Count(r => r.Path.StartsWith(LivestreamsCall, StringComparison.Ordinal));

        (await Flags.SetAsync(FlagServices.Poll, false, 100, [], null, Ct)).ShouldBeOfType<ChangeFlag.Done>();
        World.EndStream(id);
        await SweepForAsync(300);

        Requests.Recent.Count(r => r.Path.StartsWith(LivestreamsCall, StringComparison.Ordinal)).ShouldBe(asked);
        (await Scenario.ScalarAsync<string>("SELECT status FROM streamers")).ShouldBe("live");
        await Flags.SetAsync(FlagServices.Poll, true, 100, [], null, Ct);
        await SweepForAsync(300);
        (await Scenario.ScalarAsync<string>("SELECT status FROM streamers")).ShouldBe("offline");
    }

    [Fact]
    public async Task A_source_can_be_on_for_some_streamers_only()
    {
        var ids = await WatchManyAsync(20, live: 20);
        await Flags.SetAsync(FlagServices.Poll, true, 0, [ids[3]], null, Ct);

        await SweepForAsync(60);

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM streamers WHERE status = 'live'")).ShouldBe(1);
        (await Scenario.ScalarAsync<string>("SELECT status FROM streamers WHERE broadcaster_user_id = $1", ids[3])).ShouldBe("live");
    }

    [Fact]
    public async Task A_percentage_means_the_same_streamers_each_time_and_on_each_node()
    {
        var other = Scenario.AddNode();
        await Flags.SetAsync("handlers.log", true, 30, [], null, Ct);
        await other.GetRequiredService<Flags>().ReadAsync(Ct);
        var (here, there) = (new List<long>(), new List<long>());
        for (long id = 1; id <= 500; id++)
        {
            if (await Flags.IsOnAsync("handlers.log", id))
            {
                here.Add(id);
            }

            if (await other.GetRequiredService<Flags>().IsOnAsync("handlers.log", id))
            {
                there.Add(id);
            }
        }

        here.ShouldBe(there);
        here.Count.ShouldBeInRange(100, 200);
    }

    [Fact]
    public async Task The_audit_log_tells_what_was_replaced_also_by_a_node_that_had_not_heard_of_it()
    {
        await Scenario.AddNode().GetRequiredService<Flags>().SetAsync("handlers.log", true, 30, [7], null, Ct);

        await Flags.SetAsync("handlers.log", false, 100, [], null, Ct);

        (await Scenario.ScalarAsync<string>("SELECT before::text FROM audit ORDER BY id DESC LIMIT 1")).ShouldBe("""{"on": true, "streamers": [7], "percentage": 30}""");
    }

    [Fact]
    public async Task A_change_reaches_every_node_is_written_down_and_refused_to_who_did_not_see_the_last()
    {
        var other = Scenario.AddNode(time: TimeProvider.System);
        await using var bus = new Running(other.GetRequiredService<Bus>());
        await other.GetRequiredService<Flags>().StartAsync(Ct);

        (await Flags.SetAsync("handlers.log", false, 100, [], version => version == 0, Ct)).ShouldBeOfType<ChangeFlag.Done>().State.Version.ShouldBe(1);

        await Eventually.ShouldAsync(() => other.GetRequiredService<Flags>().IsOff("handlers.log"), "the other node heard of it");
        (await Flags.SetAsync("handlers.log", true, 100, [], version => version == 0, Ct)).ShouldBeOfType<ChangeFlag.Overtaken>();
        (await Flags.SetAsync("handlers.nothing", true, 100, [], null, Ct)).ShouldBeOfType<ChangeFlag.NoSuchFlag>();
        (await Flags.SetAsync("handlers.log", true, 101, [], null, Ct)).ShouldBeOfType<ChangeFlag.Refused>();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM audit WHERE verb = 'flag.set' AND subject = 'handlers.log'")).ShouldBe(1);
    }
}
