using System.Globalization;
using KickMonitor.Domain.Events;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Events;

public sealed class Letting_go(Postgres postgres) : EventStory(postgres)
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private int _ulids;

    [Fact]
    public async Task Old_events_leave_with_their_partition_and_what_speaks_of_them_goes_too()
    {
        var partitions = Node.GetRequiredService<EventPartitions>();
        var retention = Node.GetRequiredService<EventRetention>();
        await partitions.EnsureAsync(Ct);
        await TellAsync("kicks.gifted", Kicks(5), sent: 1, id: Ulid());
        var odd = await TellAsync("channel.followed", Follow(1), sent: 2, id: "no-ulid");
        (await Scenario.ScalarAsync<string>("SELECT tableoid::regclass::text FROM events WHERE message_id = $1", odd)).ShouldBe("events_rest");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events_rest")).ShouldBe(1);

        Scenario.Clock.Advance(TimeSpan.FromDays(60));
        await partitions.EnsureAsync(Ct);
        var kept = await TellAsync("kicks.gifted", Kicks(7).Replace("18:00:03", "18:00:09", StringComparison.Ordinal), sent: 60 * 86400, id: Ulid());
        (await retention.RunAsync(Ct)).ShouldBe(0);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events")).ShouldBe(3);

        Scenario.Clock.Advance(TimeSpan.FromDays(60));
        (await retention.RunAsync(Ct)).ShouldBeGreaterThan(0);
        (await Scenario.QueryAsync("SELECT message_id FROM events")).ShouldHaveSingleItem()[0].ShouldBe(kept);
        long id = await OfAsync<long>(kept, "id");
        (await Scenario.QueryAsync("SELECT DISTINCT event_id FROM action_ledger")).ShouldHaveSingleItem()[0].ShouldBe(id);
        (await Scenario.QueryAsync("SELECT event_id FROM supporters")).ShouldHaveSingleItem()[0].ShouldBe(id);
        (await Scenario.ScalarAsync<long>("SELECT kicks FROM channel_tallies")).ShouldBe(12);
    }

    [Fact]
    public async Task There_is_always_a_partition_for_the_weeks_to_come()
    {
        var partitions = Node.GetRequiredService<EventPartitions>();
        for (int day = 0; day < 200; day++)
        {
            Scenario.Clock.Advance(TimeSpan.FromDays(1));
            await partitions.EnsureAsync(Ct);
            if (day % 20 == 0)
            {
                await ReceiveAsync("channel.followed", Follow(day), sent: day * 86400, id: Ulid());
            }
        }

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM events_rest")).ShouldBe(0);
    }

    private string Ulid()
    {
        char[] text = (_ulids++).ToString("D26", CultureInfo.InvariantCulture).ToCharArray();
        long time = Scenario.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        for (int i = 9; i >= 0; i--, time >>= 5)
        {
            text[i] = Alphabet[(int)(time & 31)];
        }

        return new string(text);
    }
}
