using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>A link ends: its tokens, its channel and what is told of it.</summary>
public sealed class Ending_a_link(Postgres postgres) : LinkingStory(postgres)
{
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
        await Scenario.RunAsync(Node.GetRequiredService<KickMonitor.Domain.Streamers.StreamerIntake>().AddAsync(Scenario.Kick.World.Find(Streamer())!.Slug, Ct));
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
}

/// <summary>How long each command that waits for links' rows was ready to wait, in one database.</summary>
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
            && command.Connection?.Database == _database && command.CommandText.Contains("account_links", StringComparison.Ordinal) && command.CommandText.Contains("FOR UPDATE", StringComparison.Ordinal)
            && !command.CommandText.Contains("SKIP LOCKED", StringComparison.Ordinal))
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
