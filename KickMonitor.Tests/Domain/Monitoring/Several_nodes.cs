using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class Several_nodes(Postgres postgres) : MergeStory(postgres)
{
    [Fact]
    public async Task Two_nodes_that_merge_the_same_reports_at_once_record_each_change_once()
    {
        const int crowd = 100;
        for (int i = 0; i < crowd; i++)
        {
            await WatchAsync(7000 + i, $"n{i}");
        }

        Merge[] nodes = [Merge, Scenario.AddNode().GetRequiredService<Merge>(), Scenario.AddNode().GetRequiredService<Merge>()];
        for (int step = 0; step < 5; step++)
        {
            List<Observation> reports = [.. Enumerable.Range(0, crowd).Select(i => step switch
            {
                0 => Live(60, viewers: 10, title: "One", id: 7000 + i),
                1 => Live(75, viewers: 11, title: "Two", id: 7000 + i) with { Slug = $"renamed-{i}" },
                2 => Ended(605, 600, id: 7000 + i),
                3 => Live(1060, started: 1000, id: 7000 + i),
                _ => Ended(1605, 1600, 1000, 7000 + i),
            })];
            await Task.WhenAll(nodes.Select(node => Task.Run(() => node.ApplyAsync(reports, null, Ct))));
        }

        var counts = await Scenario.QueryAsync("SELECT kind, count(*) FROM status_events GROUP BY kind ORDER BY kind");
        counts.ConvertAll(c => $"{c[0]} {c[1]}").ShouldBe(["renamed 100", "title_changed 100", "went_live 200", "went_offline 200"]);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM broadcasts WHERE ended_at IS NOT NULL")).ShouldBe(200);
    }

    [Fact]
    public async Task A_reader_beside_many_writers_misses_no_change_and_no_event()
    {
        const int crowd = 40;
        for (int i = 0; i < crowd; i++)
        {
            await WatchAsync(8000 + i, $"w{i}");
        }

        var reader = Scenario.AddNode();
        var board = reader.GetRequiredService<LiveBoard>();
        await board.StartAsync(Ct);
        var told = new List<StatusEvent>();
        var versions = new List<long>();
        using var watching = board.Watch(change =>
        {
            told.AddRange(change.Events);
        });

        using var done = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await board.CatchUpAsync(Ct);
                versions.Add(await Scenario.ScalarAsync<long>("SELECT max(version) FROM streamers"));
            }
        }, Ct);
        Merge[] nodes = [Merge, Scenario.AddNode().GetRequiredService<Merge>(), Scenario.AddNode().GetRequiredService<Merge>(), Scenario.AddNode().GetRequiredService<Merge>()];
        await Task.WhenAll(nodes.Select((node, n) => Task.Run(async () =>
        {
            for (int step = 0; step < 40; step++)
            {
                // Each node has streamers of its own and shares others, and ends and starts broadcasts all the time.
                await node.ApplyAsync([.. Enumerable.Range(0, crowd / 4).Select(i => Live((step * 100) + 50, started: step * 100, viewers: step, id: 8000 + (n * 10) + i))], null, Ct);
            }
        })));
        await done.CancelAsync();
        await reading;
        await board.CatchUpAsync(Ct);

        told.Count.ShouldBe((int)await Scenario.ScalarAsync<long>("SELECT count(*) FROM status_events"));
        told.Select(e => e.Id).ShouldBeInOrder(SortDirection.Ascending);
        var rows = await Scenario.QueryAsync("SELECT broadcaster_user_id, viewers, since FROM streamers");
        foreach (object?[] row in rows)
        {
            var shown = board.Snapshot.Find((long)row[0]!)!;
            shown.Viewers.ShouldBe((int?)row[1]);
            shown.Since.UtcDateTime.ShouldBe((DateTime)row[2]!);
        }

        versions.ShouldBeInOrder(SortDirection.Ascending);
        (await Scenario.ScalarAsync<long>("SELECT count(*) - count(DISTINCT version) FROM streamers")).ShouldBe(0);
    }

    [Fact]
    public async Task A_board_follows_what_other_nodes_write()
    {
        await using var bus = new Running(Node.GetRequiredService<Bus>());
        var board = Node.GetRequiredService<LiveBoard>();
        await board.StartAsync(Ct);
        board.Snapshot.Find("lana")!.Status.ShouldBe(StreamerStatus.Unknown);

        await Scenario.AddNode().GetRequiredService<Merge>().ApplyAsync([Live(41, viewers: 12, title: "Ranked")], null, Ct);

        await Eventually.ShouldAsync(() => board.Snapshot.Find(Lana)!.IsLive, "the board shows her live");
        board.Snapshot.Find(Lana)!.ShouldSatisfyAllConditions(
            row => row.Viewers.ShouldBe(12),
            row => row.Title.ShouldBe("Ranked"),
            row => row.Since.ShouldBe(At(0)),
            row => row.CheckedAt.ShouldBe(At(41)));
    }

    [Fact]
    public async Task A_mere_look_renews_the_age_of_a_row_without_a_change()
    {
        var board = Node.GetRequiredService<LiveBoard>();
        await TellAsync(Live(10, viewers: 5));
        await board.StartAsync(Ct);
        var changes = new List<BoardChange>();
        using var watching = board.Watch(changes.Add);

        await TellAsync(Live(25, viewers: 5));
        await board.CatchUpAsync(Ct);

        var change = changes.ShouldHaveSingleItem();
        change.Changed.ShouldBeEmpty();
        change.Events.ShouldBeEmpty();
        change.Checked.ShouldHaveSingleItem().CheckedAt.ShouldBe(At(25));
    }

    [Fact]
    public async Task A_watcher_that_fails_does_not_stop_the_others()
    {
        var board = Node.GetRequiredService<LiveBoard>();
        await board.StartAsync(Ct);
        int told = 0;
        using var bad = board.Watch(_ => throw new InvalidOperationException("A page died."));
        using var good = board.Watch(_ => told++);

        await TellAsync(Live(10));
        await board.CatchUpAsync(Ct);

        told.ShouldBe(1);
    }
}
