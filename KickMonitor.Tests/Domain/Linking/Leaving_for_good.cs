using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Streamers;
using KickMonitor.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>What is left when a link ends, and when its person goes: what somebody else gave or needs, and no name.</summary>
public sealed class Leaving_for_good(Postgres postgres) : LinkingStory(postgres)
{
    private const string Name = "Lana Lastname";

    private Departure Departure => Node.GetRequiredService<Departure>();

    private StreamerDirectory Directory => Node.GetRequiredService<StreamerDirectory>();

    private StreamerIntake Intake => Node.GetRequiredService<StreamerIntake>();

    [Fact]
    public async Task No_table_names_somebody_who_has_left_and_the_log_still_says_what_was_done()
    {
        var people = Node.GetRequiredService<People>();
        var lana = ((CreateUser.Created)await people.CreateAsync("lana@example.com", Role.Admin, "a long enough password", Ct)).User;
        var boss = ((CreateUser.Created)await people.CreateAsync("boss@example.com", Role.Admin, "a long enough password", Ct)).User;
        Actor.Current = new Actor(lana.Id, "lana@example.com", "browser", "203.0.113.77");
        await people.SetDisplayNameAsync(lana.Id, Name, Ct);
        await people.CreateAsync("helper@example.com", Role.User, "a long enough password", Ct);
        await LinkedAsync(lana.Id, Streamer());
        await Node.GetRequiredService<ApiTokens>().CreateAsync(lana.Id, $"{Name}'s deck", Ct);
        await Node.GetRequiredService<SettingStore>().SetAsync("Monitor:Interval", "20", null, Ct);
        await Node.GetRequiredService<Sessions>().BeginAsync(lana.Id, "203.0.113.77", "a browser", Ct);
        Actor.Current = new Actor(boss.Id, "boss@example.com", "browser", "203.0.113.1");
        await people.SetRoleAsync(lana.Id, Role.User, Ct);
        (await SearchAsync("lana@example.com", Name, "203.0.113.77", "lana-lantern")).ShouldNotBeEmpty("they stand there before");
        long entries = await Scenario.ScalarAsync<long>("SELECT count(*) FROM audit");

        (await Scenario.RunAsync(Departure.LeaveAsync(lana.Id, Ct))).ShouldBe(ChangeUser.Done);

        // The channel itself is public, and its history stays; who its owner was here does not.
        (await SearchAsync("lana@example.com", Name, "203.0.113.77", "Lana_Lantern")).Where(t => t is not ("streamers" or "status_events")).ShouldBeEmpty();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM audit")).ShouldBeGreaterThan(entries, "no entry is missing");
        string gone = $"left-{lana.Id.ToString()[^12..]}";
        (await Scenario.QueryAsync("SELECT DISTINCT actor FROM audit WHERE actor_id = $1", lana.Id)).Single()[0].ShouldBe(gone);
        (await Scenario.ScalarAsync<string>("SELECT subject FROM audit WHERE verb = 'user.role_changed'")).ShouldBe(gone);
        (await Scenario.ScalarAsync<string>("SELECT actor FROM audit WHERE verb = 'user.role_changed'")).ShouldBe("boss@example.com", "whoever is here is still named");
        (await Scenario.ScalarAsync<string>("SELECT after->>'role' FROM audit WHERE verb = 'user.role_changed'")).ShouldBe("user", "and so is what was done");
        (await Scenario.ScalarAsync<string>("SELECT subject FROM audit WHERE verb = 'user.created' AND actor_id = $1", lana.Id)).ShouldBe("helper@example.com");
        await Should.ThrowAsync<Npgsql.PostgresException>(() => Scenario.QueryAsync("UPDATE audit SET verb = 'user.enabled' WHERE actor_id = $1", lana.Id));
    }

    [Fact]
    public async Task Who_leaves_by_themselves_is_not_named_by_what_follows_from_it()
    {
        var lana = await AddPersonAsync();
        await LinkedAsync(lana, Streamer());
        Actor.Current = new Actor(lana, "lana@example.com", "browser", "203.0.113.77");

        (await Scenario.RunAsync(Departure.LeaveAsync(lana, Ct))).ShouldBe(ChangeUser.Done);

        (await Scenario.ScalarAsync<string>("SELECT actor FROM audit WHERE verb = 'streamer.removed'")).ShouldBe("system");
        (await SearchAsync("lana@example.com", "203.0.113.77")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_leaves_while_the_channel_is_being_given_to_them_goes_and_nobody_is_stopped_by_the_other()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await Scenario.QueryAsync("UPDATE account_links SET claimed_at = NULL");
        await using var busy = new Npgsql.NpgsqlConnection(Scenario.Database);
        await busy.OpenAsync(Ct);
        await using (var transaction = await busy.BeginTransactionAsync(Ct))
        {
            await using var hold = new Npgsql.NpgsqlCommand("SELECT FROM account_links FOR UPDATE", busy, transaction);
            await hold.ExecuteNonQueryAsync(Ct);
            var leaving = Departure.LeaveAsync(person, Ct);
            await WaitingAsync(1);
            var claiming = Node.GetRequiredService<ChannelClaims>().ClaimAsync(Kick, link.Id, Ct);
            await Task.WhenAny(claiming, WaitingAsync(2));
            await transaction.CommitAsync(Ct);

            (await Scenario.RunAsync(claiming)).ShouldBeTrue();
            (await Scenario.RunAsync(leaving)).ShouldBe(ChangeUser.Done);
        }

        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM account_links) + (SELECT count(*) FROM assignments)")).ShouldBe(0);

        Task WaitingAsync(int most) => Eventually.ShouldAsync(
            async () => await Scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == most, "they wait");
    }

    [Fact]
    public async Task The_account_and_what_Kick_has_to_be_told_go_in_one_step()
    {
        var person = await AddPersonAsync();
        await LinkedAsync(person, Streamer());
        await using (await Scenario.BreakAsync("BEFORE DELETE ON users"))
        {
            await Should.ThrowAsync<Npgsql.PostgresException>(() => Scenario.RunAsync(Departure.LeaveAsync(person, Ct)));
        }

        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM account_links) + (SELECT count(*) FROM assignments)")).ShouldBe(3, "nothing went");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(0);
        Grants.All[0].IsRevoked.ShouldBeFalse();

        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        (await Scenario.RunAsync(Departure.LeaveAsync(person, Ct))).ShouldBe(ChangeUser.Done);
        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM account_links) + (SELECT count(*) FROM assignments)")).ShouldBe(0);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(2, "Kick is told as soon as it listens");
    }

    [Fact]
    public async Task Who_waits_for_a_refresh_to_leave_keeps_nobody_else_waiting()
    {
        var (person, other) = (await AddPersonAsync(), await AddPersonAsync("other"));
        await LinkedAsync(person, Streamer());
        await using var refreshing = Open();
        await using var held = await refreshing.Database.BeginTransactionAsync(Ct);
        await refreshing.Database.ExecuteSqlAsync($"SELECT FROM account_links FOR UPDATE", Ct);
        var leaving = Departure.LeaveAsync(person, Ct);
        await Eventually.ShouldAsync(
            async () => await Scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0, "they wait for the link");

        (await Node.GetRequiredService<People>().SetRoleAsync(other, Role.Viewer, Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct)).ShouldBe(ChangeUser.Done);
        leaving.IsCompleted.ShouldBeFalse();

        await held.CommitAsync(Ct);
        (await Scenario.RunAsync(leaving)).ShouldBe(ChangeUser.Done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_channel_that_is_watched_for_its_owner_alone_is_watched_no_longer_and_its_subscriptions_go(bool byLeaving)
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        var subscriptions = Node.GetRequiredService<SubscriptionKeeper>();
        await Scenario.RunAsync(subscriptions.ReconcileAsync(isAskedFor: false, Ct));
        Scenario.Kick.Subscriptions.All.ShouldNotBeEmpty();

        if (byLeaving)
        {
            await Scenario.RunAsync(Departure.LeaveAsync(person, Ct));
        }
        else
        {
            await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));
        }

        (await Directory.AllAsync(Ct)).ShouldBeEmpty();
        await Scenario.RunAsync(subscriptions.ReconcileAsync(isAskedFor: false, Ct));
        Scenario.Kick.Subscriptions.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("added before")]
    [InlineData("added again")]
    [InlineData("assigned to somebody")]
    [InlineData("written about")]
    public async Task A_channel_that_somebody_else_wants_stays_watched(string how)
    {
        string slug = Scenario.Kick.World.Find(Streamer())!.Slug;
        if (how == "added before")
        {
            await Scenario.RunAsync(Intake.AddAsync(slug, Ct));
        }

        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        switch (how)
        {
            case "added again":
                await Scenario.RunAsync(Intake.AddAsync(slug, Ct));
                break;
            case "assigned to somebody":
                await Node.GetRequiredService<Assignments>().AssignAsync(await AddPersonAsync("viewer"), Streamer(), Ct);
                break;
            case "written about":
                await Directory.ReviseAsync(Streamer(), "ours", null, Ct);
                break;
        }

        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));
        await KeepAsync();

        (await Directory.AllAsync(Ct)).ShouldHaveSingleItem();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments WHERE user_id = $1", person)).ShouldBe(0);
    }

    [Fact]
    public async Task What_an_Admin_gave_after_the_link_had_given_it_stays_and_private_events_do_not()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await Node.GetRequiredService<Assignments>().AssignAsync(person, Streamer(), Ct);

        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        var rights = Node.GetRequiredService<Rights>();
        await rights.ReadAsync(Ct);
        rights.Of(person)!.MaySee(Streamer()).ShouldBeTrue();
        rights.Of(person)!.Owns(Streamer()).ShouldBeFalse();
    }

    [Fact]
    public async Task The_end_of_a_link_and_of_what_it_gave_is_one_step()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await using var broken = await Scenario.BreakAsync("BEFORE DELETE ON assignments");

        await Should.ThrowAsync<Npgsql.PostgresException>(() => Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct)));

        (await Links.OfAsync(person, Ct)).ShouldHaveSingleItem();
    }

    private async Task<List<string>> SearchAsync(params string[] texts)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (object?[] table in await Scenario.QueryAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        {
            foreach (object?[] row in await Scenario.QueryAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT t::text FROM \"{table[0]}\" t")))
            {
                if (texts.Any(t => ((string)row[0]!).Contains(t, StringComparison.OrdinalIgnoreCase)))
                {
                    found.Add((string)table[0]!);
                }
            }
        }

        return [.. found];
    }
}
