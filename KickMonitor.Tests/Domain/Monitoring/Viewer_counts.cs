using KickMonitor.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class Viewer_counts(Postgres postgres) : MergeStory(postgres)
{
    [Fact]
    public async Task One_sample_a_minute_is_kept()
    {
        for (int at = 0; at < 300; at += 15)
        {
            await TellAsync(Live(at, viewers: 100 + at));
        }

        (await SamplesAsync()).ShouldBe(["0: 100 ok", "60: 160 ok", "120: 220 ok", "180: 280 ok", "240: 340 ok"]);
    }

    [Fact]
    public async Task A_sudden_one_is_marked_and_not_believed()
    {
        await TellAsync(Live(0, viewers: 650), Live(60, viewers: 1), Live(120, viewers: 1), Live(180, viewers: 640));

        (await SamplesAsync()).ShouldBe(["0: 650 ok", "60: 1 glitch", "120: 1 glitch", "180: 640 ok"]);
        (await StatusAsync()).ShouldBe("live since 0, 640");
    }

    [Fact]
    public async Task While_a_count_is_in_doubt_the_believed_one_is_shown()
    {
        await TellAsync(Live(0, viewers: 650), Live(60, viewers: 1));

        (await StatusAsync()).ShouldBe("live since 0, 650");
        (await OfStreamerAsync<string>("viewer_quality")).ShouldBe("glitch");
    }

    [Fact]
    public async Task A_small_audience_that_shrinks_to_one_is_believed()
    {
        await TellAsync(Live(0, viewers: 6), Live(60, viewers: 1));

        (await StatusAsync()).ShouldBe("live since 0, 1");
        (await OfStreamerAsync<string>("viewer_quality")).ShouldBe("ok");
    }

    [Fact]
    public async Task Zero_is_hidden_and_not_believed()
    {
        await TellAsync(Live(0, viewers: 650), Live(60, viewers: 0));

        (await StatusAsync()).ShouldBe("live since 0, 650");
        (await SamplesAsync()).ShouldBe(["0: 650 ok", "60: 0 hidden"]);
    }

    [Fact]
    public async Task A_count_that_was_hidden_from_the_start_is_zero_and_marked()
    {
        await TellAsync(Live(0, viewers: 0), Live(60, viewers: 0));

        (await StatusAsync()).ShouldBe("live since 0, 0");
        (await OfStreamerAsync<string>("viewer_quality")).ShouldBe("hidden");
    }

    [Fact]
    public async Task A_doubtful_count_that_lasts_is_believed_in_the_end()
    {
        await TellAsync(Live(0, viewers: 650));
        for (int at = 60; at <= 1020; at += 60)
        {
            await TellAsync(Live(at, viewers: 1));
        }

        (await StatusAsync()).ShouldBe("live since 0, 1");
    }

    [Fact]
    public async Task A_jump_that_no_audience_makes_is_an_outlier()
    {
        await TellAsync(Live(900, viewers: 300), Live(960, viewers: 90_000));

        (await StatusAsync()).ShouldBe("live since 0, 300");
        (await SamplesAsync()).ShouldBe(["900: 300 ok", "960: 90000 outlier"]);
    }

    [Fact]
    public async Task A_jump_that_lasts_for_minutes_was_a_raid()
    {
        await TellAsync(Live(900, viewers: 300), Live(960, viewers: 9000), Live(1020, viewers: 9100), Live(1081, viewers: 9200));

        (await StatusAsync()).ShouldBe("live since 0, 9200");
    }

    [Fact]
    public async Task A_raid_is_believed()
    {
        await TellAsync(Live(0, viewers: 300), Live(60, viewers: 2900));

        (await StatusAsync()).ShouldBe("live since 0, 2900");
    }

    [Fact]
    public async Task A_young_broadcast_may_grow_from_one_to_thousands()
    {
        await TellAsync(Live(41, viewers: 1), Live(102, viewers: 4000));

        (await StatusAsync()).ShouldBe("live since 0, 4000");
        (await OfStreamerAsync<string>("viewer_quality")).ShouldBe("ok");
    }

    [Fact]
    public async Task A_count_that_stands_still_for_minutes_is_frozen()
    {
        for (int at = 0; at <= 420; at += 60)
        {
            await TellAsync(Live(at, viewers: 318));
        }

        (await SamplesAsync())[^1].ShouldBe("420: 318 frozen");
        (await StatusAsync()).ShouldBe("live since 0, 318");

        await TellAsync(Live(480, viewers: 320));

        (await OfStreamerAsync<string>("viewer_quality")).ShouldBe("ok");
    }

    [Fact]
    public async Task An_answer_without_a_count_keeps_the_last()
    {
        await TellAsync(Live(0, viewers: 650), Started(30, title: "Hello"), Live(60));

        (await StatusAsync()).ShouldBe("live since 0, 650");
    }

    [Fact]
    public async Task A_new_broadcast_does_not_begin_with_the_count_of_the_last()
    {
        await TellAsync(Live(0, viewers: 650), Ended(605, 600), Started(1005, started: 1000));

        (await StatusAsync()).ShouldBe("live since 1000");
    }

    [Fact]
    public async Task Nobody_has_viewers_while_offline()
    {
        await TellAsync(Live(0, viewers: 650), Ended(605, 600));

        (await StatusAsync()).ShouldBe("offline since 600");
        (await OfStreamerAsync<string>("viewer_quality")).ShouldBe("ok");
    }

    [Fact]
    public async Task Averages_are_weighted_by_time()
    {
        // 100 for two minutes, then 400 for one.
        await TellAsync(Live(0, viewers: 100), Live(60, viewers: 100), Live(120, viewers: 400), Live(180, viewers: 50));

        (await AverageAsync()).ShouldBe((200, 180));
    }

    [Fact]
    public async Task Averages_leave_doubtful_counts_out()
    {
        await TellAsync(Live(0, viewers: 650), Live(60, viewers: 1), Live(120, viewers: 1), Live(180, viewers: 650));

        (await AverageAsync()).ShouldBe((650, 60));
        (await PeakAsync()).ShouldBe(650);
    }

    [Fact]
    public async Task A_gap_in_the_answers_counts_for_three_minutes_at_most()
    {
        await TellAsync(Live(0, viewers: 100), Live(3600, viewers: 900));

        (await AverageAsync()).ShouldBe((100, 180));
    }

    [Fact]
    public async Task The_peak_is_the_highest_believed_sample()
    {
        await TellAsync(Live(900, viewers: 100), Live(960, viewers: 700), Live(1020, viewers: 90_000), Live(1080, viewers: 50));

        (await PeakAsync()).ShouldBe(700);
    }

    [Fact]
    public async Task A_peak_between_two_samples_counts_so_that_no_average_is_above_it()
    {
        await TellAsync(Live(0, viewers: 100), Live(15, viewers: 130), Live(30, viewers: 120), Live(45, viewers: 120), Live(60, viewers: 90));

        (await PeakAsync()).ShouldBe(130);
        (await AverageAsync()).ShouldBe((120, 60));
    }

    [Fact]
    public async Task A_chart_shows_what_is_believed_and_how_far()
    {
        await TellAsync(Live(0, viewers: 100), Live(60, viewers: 1), Live(120, viewers: 300));
        await TellAsync(Live(3600, viewers: 500));
        var history = Node.GetRequiredService<History>();

        var minutes = await history.ViewersAsync(Lana, At(0), At(600), Resolution.Minute, Ct);
        minutes.ConvertAll(p => $"{(p.At - Evening).TotalMinutes}: {p.Viewers} {p.Quality}").ShouldBe(["0: 100 Ok", "1: 1 Glitch", "2: 300 Ok"]);

        var hours = await history.ViewersAsync(Lana, At(0), At(7200), Resolution.Hour, Ct);
        hours.ConvertAll(p => $"{p.Viewers} {p.Min}–{p.Max}").ShouldBe(["200 100–300", "500 500–500"]);
    }

    private async Task<(double Average, double Seconds)> AverageAsync()
    {
        var row = (await Scenario.QueryAsync("SELECT viewer_seconds, covered_seconds FROM broadcasts"))[0];
        return ((double)row[0]! / (double)row[1]!, (double)row[1]!);
    }

    private Task<int> PeakAsync() => Scenario.ScalarAsync<int>("SELECT peak_viewers FROM broadcasts");
}
