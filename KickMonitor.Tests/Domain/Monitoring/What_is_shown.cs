using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class What_is_shown(Postgres postgres) : MergeStory(postgres)
{
    [Fact]
    public async Task Titles_categories_and_languages_that_change_are_recorded_once_each()
    {
        await TellAsync(Describe(10, "Ranked", "Dota 2", "en"));
        for (int i = 0; i < 3; i++)
        {
            await TellAsync(Describe(25 + i, "Chill", "Just Chatting", "es"));
        }

        (await EventsAsync()).ShouldBe(["went_live 0", "title_changed 25", "category_changed 25", "language_changed 25"]);
        var changes = await Scenario.QueryAsync("SELECT previous, value FROM status_events WHERE kind <> 'went_live' ORDER BY id");
        changes.ConvertAll(c => $"{c[0]} → {c[1]}").ShouldBe(["Ranked → Chill", "Dota 2 → Just Chatting", "en → es"]);
    }

    [Fact]
    public async Task The_first_title_of_a_broadcast_is_no_change()
    {
        await TellAsync(Describe(10, "Yesterday", "Dota 2", "en"), Ended(605, 600), Describe(1000, "Today", "Music", "es", started: 990));

        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 600", "went_live 990"]);
    }

    [Fact]
    public async Task A_list_that_lags_behind_a_webhook_does_not_bring_the_old_title_back()
    {
        var told = new Observation(Lana, ObservationKind.Details, Source.Webhook, At(20), At(20)) { Title = "Chill", Category = "Just Chatting", CategoryId = 15 };
        await TellAsync(Describe(10, "Ranked", "Dota 2", "en"), told, Describe(25, "Ranked", "Dota 2", "en"), Describe(100, "Chill", "Just Chatting", "en"));

        (await EventsAsync()).ShouldBe(["went_live 0", "title_changed 20", "category_changed 20"]);
        (await OfStreamerAsync<string>("title")).ShouldBe("Chill");
    }

    [Fact]
    public async Task An_old_title_that_lasts_was_set_again()
    {
        var told = new Observation(Lana, ObservationKind.Details, Source.Webhook, At(20), At(20)) { Title = "Chill" };
        await TellAsync(Describe(10, "Ranked", "Dota 2", "en"), told, Describe(25, "Ranked", "Dota 2", "en"), Describe(125, "Ranked", "Dota 2", "en"));

        (await EventsAsync()).ShouldBe(["went_live 0", "title_changed 20", "title_changed 125"]);
    }

    [Fact]
    public async Task Blanks_keep_the_last_known_values()
    {
        await TellAsync(Describe(10, "Ranked", "Dota 2", "en"), Live(25), Ended(605, 600), Offline(610));

        var row = (await Scenario.QueryAsync("SELECT title, category, category_id, language FROM streamers"))[0];
        row.ShouldBe(["Ranked", "Dota 2", 14, "en"]);
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 600"]);
    }

    [Fact]
    public async Task An_older_answer_does_not_bring_an_older_title_back()
    {
        await TellAsync(Describe(30, "New", "Dota 2", "en"), Describe(20, "Old", "Dota 2", "en"));

        (await OfStreamerAsync<string>("title")).ShouldBe("New");
        (await EventsAsync()).ShouldBe(["went_live 0"]);
    }

    [Fact]
    public async Task A_rename_is_recorded_and_the_old_slug_keeps_answering()
    {
        await TellAsync(Offline(10), Offline(20) with { Slug = "lana-new" });

        (await EventsAsync()).ShouldBe(["renamed 20"]);
        var directory = Node.GetRequiredService<StreamerDirectory>();
        (await directory.FindAsync("lana", Ct))!.Slug.ShouldBe("lana-new");
        (await directory.FindAsync("LANA-NEW", Ct))!.BroadcasterUserId.ShouldBe(Lana);
    }

    [Fact]
    public async Task An_old_slug_belongs_to_the_watched_streamer_who_takes_it()
    {
        await TellAsync(Offline(20) with { Slug = "lana-new" });
        await WatchAsync(Miro, "lana");

        (await Node.GetRequiredService<StreamerDirectory>().FindAsync("lana", Ct))!.BroadcasterUserId.ShouldBe(Miro);
    }

    [Fact]
    public async Task A_late_answer_does_not_rename_a_streamer_back()
    {
        await TellAsync(Offline(20) with { Slug = "lana-new" }, Offline(10), Live(5) with { Slug = "lana" });

        (await OfStreamerAsync<string>("slug")).ShouldBe("lana-new");
        (await EventsAsync()).ShouldNotContain(e => e.StartsWith("renamed 10", StringComparison.Ordinal) || e.StartsWith("renamed 5", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_streamer_who_swaps_slugs_with_another_is_found_under_the_new_one()
    {
        await WatchAsync(Miro, "miro");
        await Merge.ApplyAsync([Offline(20) with { Slug = "miro" }, Offline(20, Miro) with { Slug = "lana" }], null, Ct);

        var directory = Node.GetRequiredService<StreamerDirectory>();
        (await directory.FindAsync("lana", Ct))!.BroadcasterUserId.ShouldBe(Miro);
        (await directory.FindAsync("miro", Ct))!.BroadcasterUserId.ShouldBe(Lana);
    }

    [Fact]
    public async Task A_channel_that_Kick_does_not_know_is_unknown_and_never_offline()
    {
        await TellAsync(Offline(10), Missing(310), Missing(610));

        (await StatusAsync()).ShouldBe("unknown since 310");
        (await EventsAsync()).ShouldBe(["went_missing 310"]);
    }

    [Fact]
    public async Task A_slug_that_passed_to_another_leads_to_who_has_it_now()
    {
        await WatchAsync(Miro, "miro");
        await TellAsync(Offline(20, Miro) with { Slug = "lana" });
        var board = Node.GetRequiredService<LiveBoard>();
        await board.CatchUpAsync(Ct);

        board.Snapshot.Find("lana")!.BroadcasterUserId.ShouldBe(Miro);
        (await Node.GetRequiredService<StreamerDirectory>().FindAsync("lana", Ct))!.BroadcasterUserId.ShouldBe(Miro);
    }

    [Fact]
    public async Task A_live_channel_that_is_missing_once_while_the_list_still_names_it_stays_live()
    {
        await TellAsync(Live(10), Missing(15), Live(25));

        (await StatusAsync()).ShouldBe("live since 0");
        (await EventsAsync()).ShouldBe(["went_live 0"]);
    }

    [Fact]
    public async Task A_live_channel_that_is_missing_everywhere_becomes_unknown_without_an_end()
    {
        await TellAsync(Live(10), Absent(25), Missing(26), Absent(40));

        (await StatusAsync()).ShouldBe("unknown since 26");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_missing 26"]);
        (await OfMaybeAsync("viewers")).ShouldBeNull();
    }

    [Fact]
    public async Task A_channel_that_comes_back_offline_is_found()
    {
        await TellAsync(Offline(10), Missing(310), Offline(620));

        (await StatusAsync()).ShouldStartWith("offline");
        (await EventsAsync()).ShouldBe(["went_missing 310", "found 620"]);
    }

    [Fact]
    public async Task A_channel_that_comes_back_in_the_same_broadcast_goes_on_with_it()
    {
        await TellAsync(Live(10), Absent(25), Missing(26), Live(400, viewers: 77));

        (await StatusAsync()).ShouldBe("live since 0, 77");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_missing 26", "found 400"]);
        (await BroadcastsAsync()).ShouldBe(["0 to now"]);
    }

    [Fact]
    public async Task A_channel_that_comes_back_offline_while_a_broadcast_was_on_has_ended_it()
    {
        await TellAsync(Live(10), Absent(25), Missing(26), Offline(400));

        (await StatusAsync()).ShouldBe("offline since 25");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_missing 26", "went_offline 25", "found 400"], ignoreOrder: true);
        (await BroadcastsAsync()).ShouldBe(["0 to 25"]);
    }

    [Fact]
    public async Task Doubled_answers_change_nothing()
    {
        var story = new[] { Describe(10, "Ranked", "Dota 2", "en") with { Viewers = 300 }, Live(25, viewers: 310, title: "Chill"), Absent(40), Offline(41), Ended(60, 55) };
        await TellAsync(story);
        string before = await PictureAsync();
        await TellAsync(story);
        await TellAsync([.. story.Reverse()]);

        (await PictureAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_look_that_finds_nothing_new_writes_no_streamer()
    {
        await TellAsync(Live(10, viewers: 100, title: "Ranked"), Live(71, viewers: 100, title: "Ranked"));
        var before = await Scenario.QueryAsync("SELECT version, xmin::text FROM streamers");
        await TellAsync(Live(86, viewers: 100, title: "Ranked"), Live(101, viewers: 100), Live(131, viewers: 100));

        (await Scenario.QueryAsync("SELECT version, xmin::text FROM streamers"))[0].ShouldBe(before[0]);
        (await Scenario.QueryAsync("SELECT checked_at FROM checks"))[0][0].ShouldBe(At(131).UtcDateTime);
    }

    [Fact]
    public async Task What_is_told_of_somebody_who_is_not_watched_is_ignored()
    {
        var result = await Merge.ApplyAsync([Live(10, id: 999), Live(10)], null, Ct);

        result.ShouldBe(new MergeResult(1, 1));
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM broadcasts")).ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_may_name_a_streamer_more_than_once()
    {
        await Merge.ApplyAsync([Live(10, viewers: 5), Live(25, viewers: 6), Ended(60, 55)], null, Ct);

        (await StatusAsync()).ShouldBe("offline since 55");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 55"]);
    }

    [Fact]
    public async Task An_empty_batch_is_nothing() => (await Merge.ApplyAsync([], null, Ct)).ShouldBe(new MergeResult(0, 0));

    private static Observation Describe(double at, string title, string category, string language, double started = 0) =>
        Live(at, started, title: title) with { Category = category, CategoryId = 14, Language = language };

    private async Task<object?> OfMaybeAsync(string column) => (await Scenario.QueryAsync($"SELECT {column} FROM streamers"))[0][0];

    private async Task<string> PictureAsync() => string.Join('\n', [
        await StatusAsync(), .. await EventsAsync(), .. await BroadcastsAsync(), .. await SamplesAsync(),
        await OfStreamerAsync<string>("title"), await OfStreamerAsync<string>("version::text")]);
}
