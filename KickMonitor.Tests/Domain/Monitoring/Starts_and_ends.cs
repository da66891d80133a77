using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class Starts_and_ends(Postgres postgres) : MergeStory(postgres)
{
    [Fact]
    public async Task A_poll_that_finds_a_broadcast_records_its_start_with_the_delay_of_finding_it()
    {
        await TellAsync(Live(41, viewers: 1));

        (await StatusAsync()).ShouldBe("live since 0, 1");
        (await EventsAsync()).ShouldBe(["went_live 0"]);
        (await BroadcastsAsync()).ShouldBe(["0 to now"]);
        (await Scenario.ScalarAsync<long>("SELECT delay_ms FROM status_events")).ShouldBe(41_000);
    }

    [Fact]
    public async Task A_start_before_the_streamer_was_watched_has_no_delay()
    {
        await WatchAsync(Miro, "miro", addedAt: 3600);
        await TellAsync(Live(3601, started: 0, id: Miro));

        (await StatusAsync(Miro)).ShouldBe("live since 0");
        (await Scenario.QueryAsync("SELECT delay_ms FROM status_events"))[0][0].ShouldBeNull();
    }

    [Fact]
    public async Task The_first_look_at_somebody_offline_settles_the_status_and_is_no_event()
    {
        await TellAsync(Absent(10));
        (await StatusAsync()).ShouldStartWith("unknown");

        await TellAsync(Offline(20));

        (await StatusAsync()).ShouldBe("offline since 20");
        (await EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_start_in_the_far_future_is_not_believed_and_hides_no_later_broadcast()
    {
        await TellAsync(Live(10, started: 250_000_000_000), Ended(600, ended: 590, started: 250_000_000_000), Offline(700), Live(1015, started: 1000));

        (await StatusAsync()).ShouldBe("live since 1000");
        (await BroadcastsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Absence_alone_never_ends_a_broadcast()
    {
        await TellAsync([Live(41), .. Enumerable.Range(0, 50).Select(i => Absent(60 + (i * 15)))]);

        (await StatusAsync()).ShouldBe("live since 0");
        (await EventsAsync()).ShouldBe(["went_live 0"]);
    }

    [Fact]
    public async Task One_word_of_the_channel_soon_after_she_was_seen_live_ends_nothing()
    {
        await TellAsync(Live(600), Absent(615), Offline(616), Absent(630), Offline(680));

        (await StatusAsync()).ShouldBe("live since 0");
    }

    [Fact]
    public async Task Absence_and_the_channels_own_word_end_a_broadcast_when_nobody_has_said_live_for_long_enough()
    {
        await TellAsync(Live(600, viewers: 300), Absent(615), Offline(616), Absent(630), Absent(645), Absent(660), Absent(675), Absent(689));
        (await StatusAsync()).ShouldStartWith("live");

        await TellAsync(Absent(690));

        (await StatusAsync()).ShouldBe("offline since 615");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 615"]);
        (await BroadcastsAsync()).ShouldBe(["0 to 615"]);
    }

    [Fact]
    public async Task The_channels_word_that_comes_late_enough_ends_a_broadcast_at_the_first_absence()
    {
        await TellAsync(Live(600), Absent(615), Absent(630), Offline(700));

        (await StatusAsync()).ShouldBe("offline since 615");
    }

    [Fact]
    public async Task Somebody_saying_live_again_begins_the_waiting_anew()
    {
        await TellAsync(Live(600), Absent(615), Offline(616), Live(660), Absent(675), Absent(700), Absent(749), Absent(800));
        (await StatusAsync()).ShouldBe("live since 0");
    }

    [Fact]
    public async Task An_end_event_ends_the_broadcast_at_the_time_it_tells()
    {
        await TellAsync(Live(600), Ended(705, ended: 700));

        (await StatusAsync()).ShouldBe("offline since 700");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 700"]);
        (await Scenario.ScalarAsync<long>("SELECT delay_ms FROM status_events WHERE kind = 'went_offline'")).ShouldBe(5000);
    }

    [Theory]
    [InlineData(703)]
    [InlineData(720)]
    [InlineData(760)]
    public async Task Lists_that_still_name_a_broadcast_after_its_end_event_do_not_reopen_it(int at)
    {
        await TellAsync(Live(600), Ended(705, ended: 700), Live(at, viewers: 300));

        (await StatusAsync()).ShouldBe("offline since 700");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 700"]);
    }

    [Fact]
    public async Task A_live_answer_from_before_an_inferred_end_does_not_reopen_the_broadcast()
    {
        await TellAsync(Live(600), Absent(615), Offline(700));
        await TellAsync(Live(612) with { ObservedAt = At(720) });

        (await StatusAsync()).ShouldBe("offline since 615");
    }

    [Fact]
    public async Task An_inferred_end_is_taken_back_when_the_same_broadcast_is_seen_later()
    {
        await TellAsync(Live(600), Absent(615), Offline(700), Live(760, viewers: 290));

        (await StatusAsync()).ShouldBe("live since 0, 290");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 615", "resumed 760"]);
        (await BroadcastsAsync()).ShouldBe(["0 to now"]);
    }

    [Fact]
    public async Task An_end_that_Kick_told_is_taken_back_only_by_lists_that_go_on_long_after_it()
    {
        await TellAsync(Live(600), Ended(705, ended: 700), Live(880));
        (await StatusAsync()).ShouldBe("offline since 700");

        await TellAsync(Live(881));

        (await StatusAsync()).ShouldBe("live since 0");
    }

    [Fact]
    public async Task An_end_event_corrects_the_time_of_an_inferred_end_without_a_second_event()
    {
        await TellAsync(Live(600), Absent(615), Offline(700), Ended(720, ended: 609));

        (await StatusAsync()).ShouldBe("offline since 609");
        (await EventsAsync()).Count(e => e.StartsWith("went_offline", StringComparison.Ordinal)).ShouldBe(1);
        (await BroadcastsAsync()).ShouldBe(["0 to 609"]);
    }

    [Fact]
    public async Task A_new_broadcast_replaces_one_whose_end_nobody_saw()
    {
        await TellAsync(Live(600, viewers: 300), Absent(615), Live(660, started: 650, viewers: 5));

        (await StatusAsync()).ShouldBe("live since 650, 5");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 615", "went_live 650"]);
        (await BroadcastsAsync()).ShouldBe(["0 to 615", "650 to now"]);
    }

    [Fact]
    public async Task A_new_broadcast_that_follows_at_once_ends_the_old_one_no_later_than_it_starts()
    {
        await TellAsync(Live(600), Live(660, started: 590));

        var broadcasts = await BroadcastsAsync();
        broadcasts.ShouldBe(["0 to 590", "590 to now"]);
    }

    [Fact]
    public async Task The_list_of_an_older_broadcast_changes_nothing_in_the_newer_one()
    {
        await TellAsync(Live(660, started: 650, viewers: 5), Live(670, started: 0, viewers: 800));

        (await StatusAsync()).ShouldBe("live since 650, 5");
        (await EventsAsync()).ShouldBe(["went_live 650"]);
    }

    [Fact]
    public async Task A_broadcast_whose_start_nobody_told_starts_when_it_was_first_seen_and_learns_its_start_later()
    {
        await TellAsync(Live(100, started: null));
        (await StatusAsync()).ShouldBe("live since 100");

        await TellAsync(Live(115, started: 3));

        (await StatusAsync()).ShouldBe("live since 3");
        (await EventsAsync()).Count(e => e.StartsWith("went_live", StringComparison.Ordinal)).ShouldBe(1);
        (await BroadcastsAsync()).ShouldBe(["3 to now"]);
    }

    [Fact]
    public async Task An_answer_without_a_start_belongs_to_the_broadcast_that_is_on()
    {
        await TellAsync(Live(100), Live(115, started: null, viewers: 40), Live(130, viewers: 41));

        (await StatusAsync()).ShouldBe("live since 0, 41");
        (await BroadcastsAsync()).ShouldBe(["0 to now"]);
    }

    [Fact]
    public async Task A_start_event_before_the_lists_know_it_starts_at_once_and_is_not_ended_by_their_lag()
    {
        await TellAsync(Started(3), Absent(10), Offline(11), Absent(25), Absent(40), Live(55, viewers: 1));

        (await StatusAsync()).ShouldBe("live since 0, 1");
        (await EventsAsync()).ShouldBe(["went_live 0"]);
    }

    [Fact]
    public async Task An_end_event_of_a_broadcast_nobody_saw_is_recorded_whole()
    {
        await TellAsync(Ended(605, ended: 600, started: 0));

        (await StatusAsync()).ShouldBe("offline since 600");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 600"]);
        (await BroadcastsAsync()).ShouldBe(["0 to 600"]);
    }

    [Fact]
    public async Task A_start_event_that_comes_after_its_end_event_changes_nothing()
    {
        await TellAsync(Ended(605, ended: 600), Started(610));

        (await StatusAsync()).ShouldBe("offline since 600");
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 600"]);
    }

    [Fact]
    public async Task The_end_event_of_an_older_broadcast_leaves_the_newer_one_alone()
    {
        await TellAsync(Live(660, started: 650), Ended(670, ended: 640, started: 0));

        (await StatusAsync()).ShouldBe("live since 650");
    }

    [Fact]
    public async Task A_start_event_that_is_late_by_an_hour_does_not_revive_a_broadcast_that_is_over()
    {
        await TellAsync(Offline(3600), Started(3700, started: 0));

        (await StatusAsync()).ShouldBe("offline since 3600");
        (await EventsAsync()).ShouldNotContain(e => e.StartsWith("went_live", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_channels_word_from_before_a_broadcast_says_nothing_of_its_end()
    {
        await TellAsync(Offline(-100), Live(10), Live(600), Offline(700));

        (await StatusAsync()).ShouldBe("offline since 690");
        (await BroadcastsAsync()).ShouldBe(["0 to 690"]);
    }

    [Fact]
    public async Task A_broadcast_that_ended_while_nobody_looked_is_not_stretched_over_the_gap()
    {
        await TellAsync(Live(600), Absent(30_000), Offline(30_001));

        (await StatusAsync()).ShouldBe("offline since 690");
    }

    [Fact]
    public async Task The_whole_of_a_broadcast_told_while_an_older_one_is_on_ends_the_older_one_before_it()
    {
        await TellAsync(Live(600), Absent(615), Ended(2005, ended: 2000, started: 1000));

        (await BroadcastsAsync()).ShouldBe(["0 to 615", "1000 to 2000"]);
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 615", "went_live 1000", "went_offline 2000"]);
    }

    [Fact]
    public async Task A_broadcast_that_starts_before_the_guessed_end_of_the_last_pulls_that_end_back()
    {
        await TellAsync(Live(600), Absent(660), Offline(700), Live(760, started: 640));

        (await BroadcastsAsync()).ShouldBe(["0 to 640", "640 to now"]);
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 640", "went_live 640"]);
    }

    [Fact]
    public async Task The_end_event_of_a_broadcast_that_was_replaced_corrects_its_guessed_end()
    {
        await TellAsync(Live(600), Live(1060, started: 1000), Ended(1100, ended: 900, started: 0));

        (await BroadcastsAsync()).ShouldBe(["0 to 900", "1000 to now"]);
        (await EventsAsync()).ShouldBe(["went_live 0", "went_offline 900", "went_live 1000"]);
        (await StatusAsync()).ShouldBe("live since 1000");
    }

    [Fact]
    public async Task The_late_end_event_of_an_earlier_broadcast_that_nobody_saw_goes_into_the_history_and_changes_nothing_now()
    {
        await TellAsync(Live(1060, started: 1000, viewers: 7), Ended(1100, ended: 600, started: 0));

        (await BroadcastsAsync()).ShouldBe(["0 to 600", "1000 to now"]);
        (await StatusAsync()).ShouldBe("live since 1000, 7");
        await TellAsync(Live(1120, started: 1000, viewers: 8));
        (await StatusAsync()).ShouldBe("live since 1000, 8");
    }

    [Fact]
    public async Task An_end_without_a_start_ends_what_is_on_and_is_no_broadcast_of_its_own()
    {
        await TellAsync(Ended(50, 45) with { StartedAt = null });
        (await BroadcastsAsync()).ShouldBeEmpty();

        await TellAsync(Live(100), Ended(205, 200) with { StartedAt = null }, Ended(215, 210) with { StartedAt = null });

        (await BroadcastsAsync()).ShouldBe(["0 to 200"]);
    }

    [Fact]
    public async Task A_start_that_belongs_to_the_broadcast_before_is_not_given_to_one_whose_start_nobody_told()
    {
        await TellAsync(Live(60), Ended(605, 600), Live(900, started: null), Live(915, started: 0));

        (await BroadcastsAsync()).ShouldBe(["0 to 600", "900 to now"]);
    }

    [Fact]
    public async Task Flapping_answers_make_one_broadcast_and_one_start()
    {
        for (int i = 0; i < 60; i += 2)
        {
            await TellAsync(Live(100 + (i * 5), viewers: 100), Absent(105 + (i * 5)), Offline(106 + (i * 5)));
        }

        (await EventsAsync()).ShouldBe(["went_live 0"]);
        (await BroadcastsAsync()).ShouldBe(["0 to now"]);
    }
}
