namespace KickMonitor.Tests.Domain.Events;

public sealed class Status_from_events(Postgres postgres) : EventStory(postgres)
{
    private static readonly (string Type, string Body, double Sent)[] Evening5 =
    [
        ("livestream.metadata.updated", Metadata("First"), 0.2),
        ("livestream.status.updated", Started(0, "First"), 0.5),
        ("livestream.status.updated", Ended(0, 3600), 3600.4),
        ("livestream.status.updated", Started(4000, "Second"), 4000.5),
        ("livestream.metadata.updated", Metadata("Second", "Dota 2"), 4001),
    ];

    public static TheoryData<string> Orders => [.. Permutations([0, 1, 2, 3, 4]).Select(p => string.Concat(p)).Where((_, i) => i % 4 == 0)];

    [Fact]
    public async Task A_start_shows_at_once_with_its_delay()
    {
        await TellAsync("livestream.status.updated", Started(0), sent: 0.6, received: 0.9);
        (await ShownAsync()).ShouldBe("live");
        var told = (await Scenario.QueryAsync("SELECT source, delay_ms FROM status_events WHERE kind = 'went_live'")).ShouldHaveSingleItem();
        told.ShouldBe(["webhook", 900L]);
    }

    [Fact]
    public async Task An_end_shows_at_once()
    {
        await TellAsync("livestream.status.updated", Started(0), sent: 0.6);
        await TellAsync("livestream.status.updated", Ended(0, 600), sent: 600.3);
        (await ShownAsync()).ShouldBe("offline");
        (await Scenario.ScalarAsync<DateTime>("SELECT since FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe(At(600).UtcDateTime);
    }

    [Fact]
    public async Task Details_never_claim_that_somebody_is_live()
    {
        await TellAsync("livestream.status.updated", Started(0), sent: 0.6);
        await TellAsync("livestream.status.updated", Ended(0, 600), sent: 600.3);
        await TellAsync("livestream.metadata.updated", Metadata("Later"), sent: 700);
        (await ShownAsync()).ShouldBe("offline");
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("Later");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM status_events WHERE kind = 'title_changed'")).ShouldBe(0);
        (await Scenario.ScalarAsync<string>("SELECT title FROM broadcasts")).ShouldBe("Ranked");
    }

    [Fact]
    public async Task A_new_title_on_air_is_a_change_with_its_source()
    {
        await TellAsync("livestream.status.updated", Started(0), sent: 0.6);
        await TellAsync("livestream.metadata.updated", Metadata("New title"), sent: 60);
        (await Scenario.QueryAsync("SELECT kind, previous, value, source FROM status_events WHERE kind = 'title_changed'")).ShouldHaveSingleItem()
            .ShouldBe(["title_changed", "Ranked", "New title", "webhook"]);
        (await Scenario.ScalarAsync<string>("SELECT title FROM broadcasts")).ShouldBe("New title");
    }

    [Fact]
    public async Task A_start_that_comes_hours_late_does_not_revive_what_ended()
    {
        await TellAsync("livestream.status.updated", Ended(0, 600), sent: 600.3);
        await TellAsync("livestream.status.updated", Started(0), sent: 7200, received: 7200.5);
        (await ShownAsync()).ShouldBe("offline");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM broadcasts")).ShouldBe(1);
    }

    [Fact]
    public async Task A_delivery_older_than_a_day_is_kept_and_acted_on_by_nobody()
    {
        var late = await TellAsync("livestream.status.updated", Started(-90_000), sent: -90_000, received: 0);
        (await OfAsync<string>(late, "state")).ShouldBe("held");
        (await OfAsync<string>(late, "mark")).ShouldBe("late");
        (await ShownAsync()).ShouldBe("unknown");
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Whatever_the_order_of_arrival_the_newest_is_what_is_shown(string order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            var (type, body, sent) = Evening5[order[i] - '0'];
            await TellAsync(type, body, sent, received: 4100 + i);
        }

        (await ShownAsync()).ShouldBe("live");
        (await Scenario.QueryAsync("SELECT started_at, ended_at FROM broadcasts ORDER BY started_at")).ShouldBe(
            [[At(0).UtcDateTime, At(3600).UtcDateTime], [At(4000).UtcDateTime, null]]);
        (await Scenario.ScalarAsync<string>("SELECT title FROM streamers WHERE broadcaster_user_id = $1", Lana)).ShouldBe("Second");
    }

    private static IEnumerable<int[]> Permutations(int[] rest) =>
        rest.Length == 0 ? [[]] : rest.SelectMany(first => Permutations([.. rest.Where(r => r != first)]).Select(p => (int[])[first, .. p]));
}
