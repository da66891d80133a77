using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Tests.Domain.Monitoring;

/// <summary>The same reports in every order in which they can arrive.</summary>
public sealed class Any_order(Postgres postgres) : MergeStory(postgres)
{
    private static readonly Dictionary<string, Observation[]> Evenings = new(StringComparer.Ordinal)
    {
        ["One broadcast, told by events and seen by polls"] = [Started(3, title: "Ranked"), Live(60), Live(300), Ended(605, 600)],
        ["Two broadcasts, told by events"] = [Started(3), Ended(605, 600), Started(1003, 1000), Ended(1505, 1500, 1000)],
        ["Two broadcasts, the second still on"] = [Started(3), Ended(605, 600), Started(1003, 1000), Live(1060, 1000)],
        ["An end event, and lists that lag behind it"] = [Live(300), Ended(605, 600), Live(610), Absent(640), Offline(700)],
    };

    public static TheoryData<string> Names => [.. Evenings.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Reports_in_any_order_end_in_the_same_picture(string evening)
    {
        var told = Evenings[evening];
        long id = 5000;
        var orders = Permutations([.. Enumerable.Range(0, told.Length)]).ToList();
        foreach (var _ in orders)
        {
            await WatchAsync(++id, $"s{id}");
        }

        // One batch for each step of all orders: every order is told to a streamer of its own.
        for (int step = 0; step < told.Length; step++)
        {
            await Merge.ApplyAsync([.. orders.Select((order, i) => told[order[step]] with { BroadcasterUserId = 5001 + i, Slug = null })], null, Ct);
        }

        var expected = await PictureAsync(5001);
        expected.ShouldNotBeEmpty();
        for (int i = 1; i < orders.Count; i++)
        {
            (await PictureAsync(5001 + i)).ShouldBe(expected, $"In the order {string.Join(", ", orders[i])}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_reports_are_shuffled_broadcasts_never_overlap_and_start_once(int seed)
    {
        var dice = new Random(seed);
        const int crowd = 60;
        for (int i = 0; i < crowd; i++)
        {
            await WatchAsync(6000 + i, $"c{i}");
        }

        var reports = new List<Observation>();
        for (int i = 0; i < crowd; i++)
        {
            long id = 6000 + i;
            for (int begin = 0; begin < 4000;)
            {
                int end = begin + dice.Next(10, 900);
                reports.Add(Started(begin + 3, begin, id: id));
                for (int at = begin; at < end + 30; at += 60)
                {
                    reports.Add(dice.Next(10) switch
                    {
                        0 => Absent(at, id),
                        1 => Offline(at, id) with { Slug = null },
                        2 => Missing(at, id),
                        3 => Live(at, started: null, viewers: dice.Next(500), id: id),
                        _ => Live(at, begin, dice.Next(500), id: id),
                    });
                }

                if (dice.Next(3) > 0)
                {
                    reports.Add(Ended(end + 5, end, begin, id));
                }

                begin = end + dice.Next(5, 400);
            }
        }

        // Late by up to two minutes, a few doubled.
        var late = reports.Concat(reports.Where(_ => dice.Next(5) == 0)).OrderBy(o => o.ObservedAt.AddSeconds(dice.Next(120))).ToList();
        foreach (var some in late.Chunk(200))
        {
            await Merge.ApplyAsync(some, null, Ct);
        }

        var overlaps = await Scenario.QueryAsync(
            """
            SELECT a.broadcaster_user_id, a.started_at, a.ended_at, b.started_at, b.ended_at FROM broadcasts a JOIN broadcasts b USING (broadcaster_user_id)
            WHERE a.id <> b.id AND tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)
            """);
        overlaps.ConvertAll(r => string.Join(' ', r.Select(v => v is DateTime ? Seconds(v) : v))).ShouldBeEmpty();
        (await Scenario.QueryAsync("SELECT broadcast_id FROM status_events WHERE kind = 'went_live' GROUP BY 1 HAVING count(*) > 1")).ShouldBeEmpty();
        (await Scenario.ScalarAsync<long>(
            "SELECT count(*) FROM broadcasts b WHERE NOT EXISTS (SELECT 1 FROM status_events e WHERE e.broadcast_id = b.id AND e.kind = 'went_live')")).ShouldBe(0);
        (await Scenario.ScalarAsync<long>(
            "SELECT count(*) FROM streamers s JOIN broadcasts b ON b.id = s.broadcast_id WHERE (s.status = 'live') AND b.ended_at IS NOT NULL")).ShouldBe(0);
    }

    private async Task<string> PictureAsync(long id) => string.Join("; ", [await StatusAsync(id), .. await BroadcastsAsync(id), .. (await EventsAsync(id)).Order(StringComparer.Ordinal)]);

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany(first => Permutations([.. items.Where(i => i != first)]).Select(rest => (int[])[first, .. rest]));
}
