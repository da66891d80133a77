using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Grant = KickMonitor.Domain.Accounts.Grant;

namespace KickMonitor.Tests.Domain.Streamers;

public sealed class Adding_streamers(Postgres postgres) : SweepStory(postgres)
{
    private StreamerDirectory Directory => Node.GetRequiredService<StreamerDirectory>();

    private StreamerIntake Intake => Node.GetRequiredService<StreamerIntake>();

    [Fact]
    public async Task Adding_checks_at_once()
    {
        long lana = await WatchLiveAsync(viewers: 318);

        var row = (await Scenario.QueryAsync("SELECT status, viewers, title, display_name, avatar_url IS NOT NULL FROM streamers WHERE broadcaster_user_id = $1", lana))[0];
        row[..3].ShouldBe(["live", 318, "Ranked"]);
        row[4].ShouldBe(true);
        (await Scenario.QueryAsync("SELECT delay_ms FROM status_events")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Every_outcome_has_a_name()
    {
        World.Add("lana");
        (await AddAsync("https://kick.com/Lana")).ShouldBe(new AddStreamer.Added("lana", World.Find("lana")!.Id));
        (await AddAsync("@lana")).ShouldBe(new AddStreamer.AlreadyWatched("lana", World.Find("lana")!.Id));
        (await AddAsync("nobody")).ShouldBe(new AddStreamer.NoSuchChannel("nobody"));
        (await AddAsync("what ever")).ShouldBe(new AddStreamer.NotASlug("what ever"));
        Faults.Add(FaultKind.HtmlPage);
        (await AddAsync("miro")).ShouldBeOfType<AddStreamer.KickFailed>().Failure.Kind.ShouldBe(KickFailureKind.Blocked);
    }

    [Fact]
    public async Task Two_who_add_the_same_streamer_at_once_are_told_the_truth()
    {
        World.Add("lana");
        var outcomes = await Scenario.RunAsync(Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Intake.AddAsync("lana", Ct)))));

        outcomes.OfType<AddStreamer.Added>().Count().ShouldBe(1);
        outcomes.OfType<AddStreamer.AlreadyWatched>().Count().ShouldBe(7);
    }

    [Fact]
    public async Task A_long_list_is_added_in_batches_and_reports_each_line()
    {
        for (int i = 0; i < 120; i++)
        {
            World.Add($"listed-{i}");
        }

        string[] texts = [.. Enumerable.Range(0, 120).Select(i => $"listed-{i}"), "listed-5", "nobody", "no slug"];
        var outcomes = await Scenario.RunAsync(Collect());

        outcomes.Count.ShouldBe(123);
        outcomes.OfType<AddStreamer.Added>().Count().ShouldBe(120);
        outcomes[120].ShouldBeOfType<AddStreamer.AlreadyWatched>();
        outcomes[121].ShouldBeOfType<AddStreamer.NoSuchChannel>();
        outcomes[122].ShouldBeOfType<AddStreamer.NotASlug>();
        Requests.CountOf(ChannelsCall).ShouldBe(3);

        async Task<List<AddStreamer>> Collect()
        {
            var all = new List<AddStreamer>();
            await foreach (var outcome in Intake.AddAsync(texts, CallPriority.Usual, Ct))
            {
                all.Add(outcome);
            }

            return all;
        }
    }

    [Fact]
    public async Task A_batch_that_Kick_refuses_is_split_until_the_bad_slug_is_found()
    {
        for (int i = 0; i < 49; i++)
        {
            World.Add($"good-{i}");
        }

        string[] slugs = [.. Enumerable.Range(0, 49).Select(i => $"good-{i}"), new string('x', 26)];
        var found = await Scenario.RunAsync(Node.GetRequiredService<KickClient>().FindChannelsAsync(slugs, CallPriority.Usual, Ct));

        found.Value.Count.ShouldBe(49);
        Requests.CountOf(ChannelsCall).ShouldBeLessThan(15);
    }

    [Fact]
    public async Task A_Kick_that_refuses_everything_is_not_asked_a_hundred_times()
    {
        Faults.Add(FaultKind.EmptyBadRequest, EndpointGroup.Channels);
        string[] slugs = [.. Enumerable.Range(0, 50).Select(i => $"good-{i}")];

        await Scenario.RunAsync(Node.GetRequiredService<KickClient>().FindChannelsAsync(slugs, CallPriority.Usual, Ct));

        Requests.CountOf(ChannelsCall).ShouldBeLessThan(100);
    }

    [Fact]
    public async Task Somebody_who_is_removed_is_gone_and_comes_back_with_the_history()
    {
        long lana = await WatchLiveAsync();
        (await Directory.RemoveAsync(lana, Ct)).ShouldBeTrue();
        (await Directory.RemoveAsync(lana, Ct)).ShouldBeFalse();
        (await Directory.FindAsync("lana", Ct)).ShouldBeNull();

        World.EndStream(lana);
        Scenario.Clock.Advance(TimeSpan.FromDays(30));
        (await AddAsync("lana")).ShouldBeOfType<AddStreamer.Added>();
        await SweepForAsync(60);

        (await StatusAsync(lana)).ShouldBe("offline");
        (await Scenario.ScalarAsync<double>("SELECT extract(epoch FROM ended_at - started_at)::float8 FROM broadcasts")).ShouldBeLessThan(300);
    }

    [Fact]
    public async Task Whoever_comes_back_is_seen_by_nobody_who_saw_them_before()
    {
        long lana = await WatchLiveAsync();
        var viewer = ((CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync("viewer@example.com", Role.User, "a long enough password", Ct)).User;
        var (assignments, groups) = (Node.GetRequiredService<Assignments>(), Node.GetRequiredService<Groups>());
        await groups.SaveAsync(null, "front", isPublic: true, [lana], Ct);
        await groups.SaveAsync(viewer.Id, "mine", isPublic: false, [lana], Ct);
        await assignments.AssignGroupAsync([viewer.Id], groups.Find(null, "front")!.Id, new Grant(), Ct);
        await assignments.AssignAsync([viewer.Id], [lana], new Grant(ManagesChat: true), Ct);

        await Directory.RemoveAsync(lana, Ct);
        (await AddAsync("lana")).ShouldBeOfType<AddStreamer.Added>();

        await Node.GetRequiredService<Rights>().ReadAsync(Ct);
        await groups.ReadAsync(Ct);
        Node.GetRequiredService<Rights>().Of(viewer.Id)!.MaySee(lana).ShouldBeFalse();
        groups.IsPublic(lana).ShouldBeFalse();
        groups.Find(viewer.Id, "mine")!.Members.ShouldBe([lana], "what people sort for themselves gives no right");
        (await Scenario.QueryAsync("SELECT verb, subject, before->>'managesChat', before->'streamers'->>0 FROM audit WHERE verb IN ('user.unassigned', 'group.changed') ORDER BY verb"))
            .ShouldBe([["group.changed", "front", null, "lana"], ["user.unassigned", "viewer@example.com", "true", "lana"]]);
    }

    [Fact]
    public async Task Whoever_is_removed_while_a_group_is_changed_is_not_brought_back_by_it()
    {
        const long Gate = 4711;
        long lana = await WatchLiveAsync();
        var groups = Node.GetRequiredService<Groups>();
        await groups.SaveAsync(null, "front", isPublic: true, [], Ct);
        await using var holder = new NpgsqlConnection(Scenario.Database);
        await holder.OpenAsync(Ct);
        await using var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({Gate})", holder);
        await hold.ExecuteNonQueryAsync(Ct);
        Task<ChangeGroup> change;
        Task<bool> removal;
        await using (await Scenario.BreakAsync("AFTER INSERT ON group_members", $"PERFORM pg_advisory_xact_lock({Gate})"))
        {
            change = groups.ReviseAsync(groups.Find(null, "front")!.Id, Ct, members: [lana]);
            await Eventually.ShouldAsync(() => WaitsAsync(Gate), "the change has put her in");
            removal = Directory.RemoveAsync(lana, Ct);
            await Eventually.ShouldAsync(async () => removal.IsCompleted || await WaitsAsync(Locks.Groups), "the removal is done, or waits for the change");
            await using var release = new NpgsqlCommand($"SELECT pg_advisory_unlock({Gate})", holder);
            await release.ExecuteNonQueryAsync(Ct);
            (await change).ShouldBe(ChangeGroup.Done);
            (await removal).ShouldBeTrue();
        }

        (await Scenario.QueryAsync("SELECT broadcaster_user_id FROM group_members")).ShouldBeEmpty();

        Task<bool> WaitsAsync(long key) => Scenario.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objid::bigint = $1)", key);
    }

    [Fact]
    public async Task A_removal_that_fails_half_way_ends_nothing()
    {
        long lana = await WatchLiveAsync();
        var viewer = ((CreateUser.Created)await Node.GetRequiredService<People>().CreateAsync("viewer@example.com", Role.User, "a long enough password", Ct)).User;
        await Node.GetRequiredService<Assignments>().AssignAsync(viewer.Id, lana, Ct);

        await using (await Scenario.BreakAsync("BEFORE DELETE ON assignments"))
        {
            await Should.ThrowAsync<PostgresException>(() => Directory.RemoveAsync(lana, Ct));
        }

        (await Directory.FindAsync("lana", Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_was_kept_of_somebody_can_be_erased_later_and_their_name_with_it()
    {
        long lana = await WatchLiveAsync();
        await Directory.RemoveAsync(lana, Ct);

        var removed = (await Directory.FindRemovedAsync("Lana", Ct)).ShouldNotBeNull();
        (await Directory.EraseAsync(removed.BroadcasterUserId, Ct)).ShouldBeTrue();

        (await Directory.EraseAsync(lana, Ct)).ShouldBeFalse("nothing is left");
        (await Directory.FindRemovedAsync("lana", Ct)).ShouldBeNull();
        (await Scenario.ScalarAsync<string>("SELECT streamers::text FROM streamers")).ShouldNotContain("lana", Case.Insensitive);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM broadcasts")).ShouldBe(0);

        // Added again they are as new.
        (await AddAsync("lana")).ShouldBeOfType<AddStreamer.Added>();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM former_slugs")).ShouldBe(0);
    }

    [Fact]
    public async Task The_old_name_of_somebody_who_is_watched_is_known()
    {
        long lana = await WatchLiveAsync();
        await Scenario.QueryAsync("INSERT INTO former_slugs (slug, broadcaster_user_id, until) VALUES ('lana-old', $1, now())", lana);

        (await AddAsync("lana-old")).ShouldBe(new AddStreamer.AlreadyWatched("lana-old", lana));
    }
}
