using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

public sealed class Keeping_tokens(Postgres postgres) : LinkingStory(postgres)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(2);

    [Fact]
    public async Task Fifty_callers_on_each_of_two_nodes_cost_one_refresh()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        var nodes = new[] { Node, AddNode() };
        Clock.Advance(Life);

        var answers = await Scenario.RunAsync(Task.WhenAll(
            from node in nodes
            from _ in Enumerable.Range(0, 50)
            select Task.Run(() => node.GetRequiredService<TokenVault>().GetAsync(link.Id, null, Ct))));

        var grant = Grants.All.ShouldHaveSingleItem();
        grant.Refreshes.ShouldBe(1);
        answers.ShouldAllBe(a => ((UserToken.Ready)a).Token == grant.Access);
        Grants.SpentTokensPresented.ShouldBe(0);
    }

    [Fact]
    public async Task A_token_that_is_good_for_long_is_handed_out_without_asking()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        long calls = TokenCalls();
        Clock.Advance(TimeSpan.FromMinutes(60));

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        TokenCalls().ShouldBe(calls);
    }

    [Fact]
    public async Task Links_are_refreshed_at_about_four_fifths_of_their_life_and_not_all_at_once()
    {
        var links = new List<AccountLink>();
        foreach (string name in new[] { "ann", "ben", "cid", "dee" })
        {
            links.Add(await LinkedAsync(await AddPersonAsync(name), Streamer(name)));
        }

        var parts = links.ConvertAll(l => (l.RefreshAt - l.RefreshedAt) / Life);
        parts.ShouldAllBe(p => p >= 0.75 && p <= 0.85);
        parts.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task The_scheduler_renews_what_nobody_uses()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life * 0.86);

        (await KeepAsync()).Refreshed.ShouldBe(1);

        (await StoredAsync(link.Id)).AccessExpiresAt.ShouldBeGreaterThan(Clock.GetUtcNow() + (Life * 0.9));
        (await KeepAsync()).Refreshed.ShouldBe(0);
    }

    [Fact]
    public async Task A_401_refreshes_once_and_a_second_one_does_not_loop()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        var first = (UserToken.Ready)await Vault.GetAsync(link.Id, null, Ct);

        var second = (await Scenario.RunAsync(Vault.GetAsync(link.Id, first.Token, Ct))).ShouldBeOfType<UserToken.Ready>();
        var again = (await Scenario.RunAsync(Vault.GetAsync(link.Id, first.Token, Ct))).ShouldBeOfType<UserToken.Ready>();

        second.Token.ShouldNotBe(first.Token);
        again.Token.ShouldBe(second.Token);
        Grants.All[0].Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task Invalid_grant_ends_the_link_erases_its_tokens_and_nobody_asks_again()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.Disconnect(Streamer());
        Clock.Advance(Life);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.SignInAgain>();

        var stored = await StoredAsync(link.Id);
        stored.State.ShouldBe(LinkState.SignInAgain);
        (stored.AccessToken ?? stored.RefreshToken).ShouldBeNull();
        (await Links.EventsOfAsync(person, 10, Ct)).Count(e => e.Kind == LinkEventKind.SignInAgain).ShouldBe(1);
        long calls = TokenCalls();
        for (int minute = 0; minute < 60; minute++)
        {
            Clock.Advance(60);
            await KeepAsync();
            await Vault.GetAsync(link.Id, null, Ct);
        }

        TokenCalls().ShouldBe(calls);
    }

    [Fact]
    public async Task Linking_again_heals_a_dead_link()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.Disconnect(Streamer());
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));

        (await LinkedAsync(person, Streamer())).Id.ShouldBe(link.Id);

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Theory]
    [InlineData(FaultKind.ServiceUnavailable)]
    [InlineData(FaultKind.TooManyRequests)]
    [InlineData(FaultKind.EmptyBadRequest)]
    [InlineData(FaultKind.HtmlPage)]
    [InlineData(FaultKind.Unauthorized)]
    public async Task What_is_not_the_grants_fault_never_signs_anybody_out(FaultKind fault)
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Faults.Add(fault, EndpointGroup.Token);
        Clock.Advance(Life * 0.86);
        for (int minute = 0; minute < 180; minute += 10)
        {
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(10));
        }

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Retrying);
        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Unavailable>();

        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(2));
        await KeepAsync();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Fact]
    public async Task Refused_for_a_day_without_a_reason_a_link_is_given_up_and_given_back()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.RefusesWithoutReason = true;
        Clock.Advance(Life * 0.86);
        await KeepAsync();
        var first = Clock.GetUtcNow();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Retrying, "once says nothing");
        while ((await StoredAsync(link.Id)).State == LinkState.Retrying)
        {
            (Clock.GetUtcNow() - first).ShouldBeLessThan(TimeSpan.FromHours(27));
            Clock.Advance(TimeSpan.FromMinutes(20));
            await KeepAsync();
        }

        (Clock.GetUtcNow() - first).ShouldBeGreaterThan(TimeSpan.FromHours(24));
        var dead = await StoredAsync(link.Id);
        dead.LastError!.ShouldContain("more than a day");
        (dead.AccessToken ?? dead.RefreshToken).ShouldBeNull();
        Grants.RefusesWithoutReason = false;
        Clock.Advance(TimeSpan.FromMinutes(6));
        await KeepAsync();
        Grants.All[0].IsRevoked.ShouldBeTrue("nobody said that it was over");
        (await LinkedAsync(person, Streamer())).State.ShouldBe(LinkState.Healthy);
        (await StoredAsync(link.Id)).DoubtedSince.ShouldBeNull();
    }

    [Fact]
    public async Task One_success_makes_good_for_all_refusals_without_a_reason()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        for (int day = 0; day < 4; day++)
        {
            Faults.Add(FaultKind.EmptyBadRequest, EndpointGroup.Token);
            for (int minute = 0; minute < 23 * 60; minute += 20)
            {
                Clock.Advance(TimeSpan.FromMinutes(20));
                await KeepAsync();
            }

            Faults.Clear();
            Clock.Advance(TimeSpan.FromMinutes(75));
            await KeepAsync();
            (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy, $"day {day}");
        }
    }

    [Fact]
    public async Task A_failing_refresh_is_tried_less_and_less_often()
    {
        await LinkedAsync(await AddPersonAsync(), Streamer());
        Faults.Add(FaultKind.InternalServerError, EndpointGroup.Token);
        Clock.Advance(Life);
        long before = TokenCalls();
        for (int minute = 0; minute < 24 * 60; minute += 5)
        {
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(5));
        }

        (TokenCalls() - before).ShouldBeInRange(20, 90, "one or two an hour, and not one a minute");
    }

    [Fact]
    public async Task While_a_token_still_lives_a_failing_refresh_is_no_failure()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Faults.Add(FaultKind.BadGateway, EndpointGroup.Token);
        Clock.Advance(Life * 0.9);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task An_answer_lost_on_its_way_is_asked_for_again_within_the_window()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Ready>();
        Grants.SpentTokensPresented.ShouldBe(0);
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Fact]
    public async Task Where_tokens_are_single_use_a_lost_answer_ends_the_link_once_and_without_a_loop()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Grants.ReuseWindow = TimeSpan.Zero;
        Clock.Advance(Life);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.SignInAgain>();
        Grants.SpentTokensPresented.ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_take_the_new_token_along()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life);
        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Token, Delay = TimeSpan.FromSeconds(5), Count = 1 });
        using var leaves = new CancellationTokenSource();
        var call = Vault.GetAsync(link.Id, null, leaves.Token);
        await Eventually.ShouldAsync(() => Requests.Recent.Any(r => r.Path == TokenCall && r.Status is null), "Kick is asked");
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);

        Clock.Advance(6);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct), slow: true)).ShouldBeOfType<UserToken.Ready>();
        Grants.All[0].Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task The_expiry_counts_from_before_the_question()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(Life);
        var asked = Clock.GetUtcNow();
        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Token, Delay = TimeSpan.FromSeconds(8), Count = 1 });

        await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct), slow: true, step: 200);

        (await StoredAsync(link.Id)).AccessExpiresAt.ShouldBeLessThan(asked + Life + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_link_ended_at_Kick_is_noticed_when_it_is_looked_at()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        (await Scenario.RunAsync(Links.CheckAsync(link.Id, Ct))).ShouldNotBeNull().State.ShouldBe(LinkState.Healthy);
        Grants.Disconnect(Streamer());

        (await Scenario.RunAsync(Links.CheckAsync(link.Id, Ct))).ShouldNotBeNull().State.ShouldBe(LinkState.SignInAgain);
    }

    [Fact]
    public async Task Twitch_is_asked_hourly_and_a_disconnect_there_is_noticed_within_the_hour()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer(), Twitch);
        Scenario.Kick.TwitchGrants.Disconnect(Streamer());
        Clock.Advance(TimeSpan.FromHours(1));

        (await KeepAsync()).Checked.ShouldBe(1);

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.SignInAgain);
    }

    [Fact]
    public async Task Unlinking_tells_Kick_and_leaves_no_token_and_no_channel()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());

        (await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct))).ShouldNotBeNull();

        Requests.CountOf("/oauth/revoke").ShouldBe(2);
        Grants.All[0].IsRevoked.ShouldBeTrue();
        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM account_links) + (SELECT count(*) FROM pending_revocations) + (SELECT count(*) FROM assignments)")).ShouldBe(0);
    }

    [Fact]
    public async Task Unlinking_takes_effect_at_once_though_Kick_does_not_listen_and_Kick_hears_of_it_later()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));
        (await Links.OfAsync(person, Ct)).ShouldBeEmpty();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(2);

        Faults.Clear();
        Clock.Advance(TimeSpan.FromMinutes(5));
        await KeepAsync();

        Grants.All[0].IsRevoked.ShouldBeTrue();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_unlinks_what_is_not_theirs()
    {
        var (lana, mallory) = (await AddPersonAsync(), await AddPersonAsync("mallory"));
        var link = await LinkedAsync(lana, Streamer());

        (await Links.UnlinkAsync(link.Id, mallory, mallory, Ct)).ShouldBeNull();
        (await Links.OfAsync(lana, Ct)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_assignment_that_an_Admin_made_before_outlives_the_link()
    {
        var person = await AddPersonAsync();
        await Scenario.RunAsync(Node.GetRequiredService<KickMonitor.Domain.Streamers.StreamerDirectory>().AddAsync(Scenario.Kick.World.Find(Streamer())!.Slug, Ct));
        await Node.GetRequiredService<Assignments>().AssignAsync(person, Streamer(), Ct);
        var link = await LinkedAsync(person, Streamer());

        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments")).ShouldBe(1);
    }

    [Fact]
    public async Task A_channel_that_Kick_could_not_name_at_first_is_given_to_its_owner_later()
    {
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Channels);
        await LinkedAsync(await AddPersonAsync(), Streamer());
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments")).ShouldBe(0);

        Faults.Clear();
        Clock.Advance(60);
        await KeepAsync();

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments")).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_wrong_with_some_links_keeps_nothing_from_the_others()
    {
        var seal = Node.GetRequiredService<TokenSeal>();
        for (int i = 0; i < 5; i++)
        {
            // No header takes it, so asking whether it lives fails here.
            var bad = await LinkedAsync(await AddPersonAsync($"bad{i}"), Streamer($"bad{i}"), Twitch);
            await Scenario.QueryAsync("UPDATE account_links SET access_token = $1 WHERE id = $2", seal.Seal("a\nb", "twitch", bad.Id.ToString(), "access token"), bad.Id);
        }

        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Channels);
        await LinkedAsync(await AddPersonAsync(), Streamer());
        var gone = await AddPersonAsync("gone");
        var ended = await LinkedAsync(gone, Streamer("gone"));
        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(ended.Id, gone, gone, Ct));
        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(1));

        (await KeepAsync()).Checked.ShouldBe(5);

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(0);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments")).ShouldBe(1);
        (await KeepAsync()).Checked.ShouldBe(0, "they are left for an hour");
    }

    [Fact]
    public async Task Whoever_waits_for_a_link_waits_as_long_as_a_refresh_can_take()
    {
        using var waits = new RowWaits(Scenario.Database);
        var person = await AddPersonAsync();
        await LinkedAsync(person, Streamer());
        var link = await LinkedAsync(person, Streamer());
        await Scenario.RunAsync(Links.MoveAsync(link.Id, await AddPersonAsync("heir"), person, Ct));
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, null, null, Ct));
        await Scenario.RunAsync(Node.GetRequiredService<Departure>().LeaveAsync(person, Ct));

        waits.Seconds.Count.ShouldBe(6);
        waits.Seconds.ShouldAllBe(s => s == 120);
    }

    [Fact]
    public async Task Every_turn_of_a_link_is_written_down_with_who_did_it()
    {
        var (person, admin) = (await AddPersonAsync(), await AddPersonAsync("admin"));
        var link = await LinkedAsync(person, Streamer());
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        Faults.Add(FaultKind.InternalServerError, EndpointGroup.Token);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        Faults.Clear();
        Actor.Current = new Actor(admin, "admin@example.com", "browser");
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, null, admin, Ct));

        (await Links.EventsOfAsync(person, 10, Ct)).Select(e => (e.Kind, e.ByUserId)).ShouldBe(
            [(LinkEventKind.Unlinked, admin), (LinkEventKind.RefreshFailed, null), (LinkEventKind.Refreshed, null), (LinkEventKind.Linked, person)]);
        (await Scenario.QueryAsync("SELECT verb, actor FROM audit WHERE verb LIKE 'link.%' ORDER BY id")).Select(r => $"{r[0]} {r[1]}").ShouldBe(["link.made system", "link.ended admin@example.com"]);
    }

    [Fact]
    public async Task Who_leaves_takes_everything_along_and_Kick_is_told()
    {
        var person = await AddPersonAsync();
        await LinkedAsync(person, Streamer());

        (await Scenario.RunAsync(Node.GetRequiredService<Departure>().LeaveAsync(person, Ct))).ShouldBe(ChangeUser.Done);

        Grants.All[0].IsRevoked.ShouldBeTrue();
        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM account_links) + (SELECT count(*) FROM users) + (SELECT count(*) FROM pending_revocations)")).ShouldBe(0);
    }

    [Fact]
    public async Task Four_months_with_faults_on_every_eighth_call_leave_the_link_healthy()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        foreach (var kind in new[] { FaultKind.InternalServerError, FaultKind.EmptyBadRequest, FaultKind.HtmlPage, FaultKind.Truncated })
        {
            Faults.Add(kind, EndpointGroup.Token, probability: 0.03);
        }

        var end = Clock.GetUtcNow().AddDays(120);
        while (Clock.GetUtcNow() < end)
        {
            // Straight to what is due next: the minutes in between hold nothing.
            var stored = await StoredAsync(link.Id);
            stored.State.ShouldNotBe(LinkState.SignInAgain, $"{stored.LastError} at {Clock.GetUtcNow()}");
            if (stored.RefreshAt > Clock.GetUtcNow())
            {
                Clock.Advance(stored.RefreshAt - Clock.GetUtcNow());
            }

            Requests.Clear();
            await KeepAsync();
        }

        Faults.Clear();
        Clock.Advance(TimeSpan.FromHours(2));
        await KeepAsync();
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
        Grants.All[0].Refreshes.ShouldBeGreaterThan(1500);
        Grants.SpentTokensPresented.ShouldBe(0);
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task A_sealed_token_moved_to_another_row_or_bent_by_a_bit_ends_one_link_and_no_other()
    {
        var ann = await LinkedAsync(await AddPersonAsync("ann"), Streamer("ann"));
        var ben = await LinkedAsync(await AddPersonAsync("ben"), Streamer("ben"));
        var cid = await LinkedAsync(await AddPersonAsync("cid"), Streamer("cid"));
        await Scenario.QueryAsync("UPDATE account_links SET (access_token, refresh_token) = (SELECT access_token, refresh_token FROM account_links WHERE id = $1) WHERE id = $2", ann.Id, ben.Id);
        await Scenario.QueryAsync("UPDATE account_links SET access_token = set_byte(access_token, 60, get_byte(access_token, 60) # 1), refresh_token = set_byte(refresh_token, 60, get_byte(refresh_token, 60) # 1) WHERE id = $1", cid.Id);

        foreach (var spoilt in new[] { ben, cid })
        {
            (await Scenario.RunAsync(Vault.GetAsync(spoilt.Id, null, Ct))).ShouldBeOfType<UserToken.Unavailable>("a key may just be late");
            Clock.Advance(TimeSpan.FromMinutes(3));
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(6));
            await KeepAsync();
            Clock.Advance(TimeSpan.FromMinutes(12));
            await KeepAsync();
            (await Vault.GetAsync(spoilt.Id, null, Ct)).ShouldBeOfType<UserToken.SignInAgain>();
        }

        (await Vault.GetAsync(ann.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
    }

    [Fact]
    public async Task Nothing_that_opens_an_account_stands_in_any_table_or_log()
    {
        var person = await AddPersonAsync();
        var address = await StartAsync(person);
        string state = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query)["state"].ToString();
        await AssertSilentAsync(state, Browser);
        var link = (await FinishAsync(Back(await Consent.AllowAsync(address, Streamer()), person))).ShouldBeOfType<LinkOutcome.Linked>().Link;
        Clock.Advance(Life);
        Faults.Add(FaultKind.InternalServerError, EndpointGroup.Token, count: 1);
        Faults.Add(FaultKind.Truncated, EndpointGroup.Token, count: 1);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        await LinkAsync(await AddPersonAsync("mallory"), Streamer());
        await AssertSilentAsync(state, Browser);

        Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token);
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        await AssertSilentAsync(state, Browser);
        Grants.EverySecret.Count.ShouldBeGreaterThan(6);
    }

    private async Task AssertSilentAsync(params string[] more)
    {
        var tables = await Scenario.QueryAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
        var everything = new System.Text.StringBuilder(Log.Text);
        foreach (object?[] table in tables)
        {
            foreach (object?[] row in await Scenario.QueryAsync($"SELECT t::text FROM \"{table[0]}\" t"))
            {
                string line = (string)row[0]!;
                everything.Append('\n').Append(line);
                foreach (System.Text.RegularExpressions.Match bytes in System.Text.RegularExpressions.Regex.Matches(line, @"\\x(?<hex>([0-9a-f]{2})+)", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10)))
                {
                    everything.Append('\n').Append(System.Text.Encoding.Latin1.GetString(Convert.FromHexString(bytes.Groups["hex"].Value)));
                }
            }
        }

        string text = everything.ToString();
        text.Length.ShouldBeGreaterThan(1000);
        foreach (string secret in Grants.EverySecret.Concat(more).Append(Scenario.Kick.ClientSecret))
        {
            text.ShouldNotContain(secret);
        }
    }
}

/// <summary>How long each command that locks links' rows was ready to wait, in one database.</summary>
internal sealed class RowWaits : IObserver<System.Diagnostics.DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly string _database;
    private readonly List<IDisposable> _subscriptions = [];

    public RowWaits(string database)
    {
        _database = new Npgsql.NpgsqlConnectionStringBuilder(database).Database!;
        _subscriptions.Add(System.Diagnostics.DiagnosticListener.AllListeners.Subscribe(this));
    }

    public System.Collections.Concurrent.ConcurrentQueue<int> Seconds { get; } = [];

    public void OnNext(System.Diagnostics.DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory.Name)
        {
            _subscriptions.Add(value.Subscribe(this));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is Microsoft.EntityFrameworkCore.Diagnostics.CommandEventData and not Microsoft.EntityFrameworkCore.Diagnostics.CommandEndEventData
            && value.Key == Microsoft.EntityFrameworkCore.Diagnostics.RelationalEventId.CommandExecuting.Name
            && ((Microsoft.EntityFrameworkCore.Diagnostics.CommandEventData)value.Value).Command is var command
            && command.Connection?.Database == _database && command.CommandText.Contains("account_links", StringComparison.Ordinal) && command.CommandText.Contains("FOR UPDATE", StringComparison.Ordinal))
        {
            Seconds.Enqueue(command.CommandTimeout);
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose() => _subscriptions.ForEach(s => s.Dispose());
}
