using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using KickMonitor.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Configuration;

public sealed class Changing_settings(Postgres postgres) : IAsyncLifetime
{
    private Scenario _scenario = null!;
    private IServiceProvider _node = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SettingStore Settings => _node.GetRequiredService<SettingStore>();

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres, withKick: true);
        _node = _scenario.AddNode(time: TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

    [Fact]
    public async Task A_change_holds_at_once_on_every_node_without_a_restart()
    {
        var other = _scenario.AddNode(time: TimeProvider.System);
        var monitor = other.GetRequiredService<MonitorOptions>();
        await using var bus = new Running(other.GetRequiredService<Bus>());
        await other.GetRequiredService<SettingStore>().StartAsync(Ct);

        (await Settings.SetAsync("monitor:interval", "33", null, Ct)).ShouldBeOfType<ChangeSetting.Done>().State.Source.ShouldBe("stored");

        _node.GetRequiredService<MonitorOptions>().Interval.ShouldBe(33);
        await Eventually.ShouldAsync(() => monitor.Interval == 33, "the other node heard of it");
        (await Settings.SetAsync("Monitor:Interval", null, null, Ct)).ShouldBeOfType<ChangeSetting.Done>().State.Source.ShouldBe("default");
        await Eventually.ShouldAsync(() => monitor.Interval == 15, "and of its end");
    }

    [Fact]
    public async Task The_budget_and_the_sweep_use_what_holds_now()
    {
        var node = _scenario.AddNode(new Dictionary<string, string?> { ["Monitor:RequestsPerSecond"] = null }, TimeProvider.System);
        var settings = node.GetRequiredService<SettingStore>();
        node.GetRequiredService<RequestBudget>().Rate.ShouldBe(1);

        await settings.SetAsync("Monitor:RequestsPerSecond", "40", null, Ct);
        await settings.SetAsync("Events:AcceptWithin", "0.5", null, Ct);

        node.GetRequiredService<RequestBudget>().Rate.ShouldBe(40);
        node.GetRequiredService<EventOptions>().AcceptSpan.ShouldBe(TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task Other_credentials_fetch_another_token()
    {
        var options = new SandboxOptions();
        var node = _scenario.AddNode(new Dictionary<string, string?> { ["Kick:ClientId"] = null, ["Kick:ClientSecret"] = null }, TimeProvider.System);
        var (token, settings) = (node.GetRequiredService<AppToken>(), node.GetRequiredService<SettingStore>());
        (await token.GetAsync(null, CallPriority.Urgent, Ct)).Failure.ShouldNotBeNull().Kind.ShouldBe(KickFailureKind.Unauthorized);

        await settings.SetAsync("Kick:ClientId", options.ClientId, null, Ct);
        await settings.SetAsync("Kick:ClientSecret", options.ClientSecret, null, Ct);
        (await token.GetAsync(null, CallPriority.Urgent, Ct)).IsOk.ShouldBeTrue();
        await settings.SetAsync("Kick:ClientSecret", "no longer right", null, Ct);

        (await token.GetAsync(null, CallPriority.Urgent, Ct)).IsOk.ShouldBeFalse();
    }

    [Theory]
    [InlineData("Monitor:Interval", "1", "between 2 and 3600")]
    [InlineData("Monitor:Interval", "soon", "must be a number")]
    [InlineData("Kick:WebhookPath", "no path", "must be a path")]
    [InlineData("PublicUrl", "ftp://monitor.example", "http")]
    [InlineData("Logging:LogLevel:Default", "Loud", "must be one of")]
    public async Task What_would_be_refused_at_start_is_refused_and_changes_nothing(string key, string value, string why)
    {
        var node = _scenario.AddNode(time: TimeProvider.System, also: services => services.AddSite());

        (await node.GetRequiredService<SettingStore>().SetAsync(key, value, null, Ct)).ShouldBeOfType<ChangeSetting.Refused>().Reason.ShouldContain(why);

        (await _scenario.ScalarAsync<long>("SELECT count(*) FROM setting_changes")).ShouldBe(0);
    }

    [Fact]
    public async Task What_was_said_at_start_wins_and_is_shown_as_fixed()
    {
        (await Settings.SetAsync("Kick:ClientId", "another", null, Ct)).ShouldBeOfType<ChangeSetting.Fixed>();

        (await Settings.FindAsync("Kick:ClientId", Ct)).ShouldNotBeNull().FixedBy.ShouldBe(new ChangeSetting.Fixed("Kick:ClientId", "start"));
        (await Settings.SetAsync("No:Such", "1", null, Ct)).ShouldBeOfType<ChangeSetting.NoSuchSetting>();
    }

    [Fact]
    public async Task A_secret_is_written_and_never_read_again()
    {
        const string secret = "hunter2-hunter2";
        await Settings.SetAsync("Twitch:ClientSecret", secret, null, Ct);

        var state = (await Settings.FindAsync("Twitch:ClientSecret", Ct)).ShouldNotBeNull();
        (state.Value, state.IsSet).ShouldBe((null, true));
        (await Settings.HistoryAsync(null, 10, Ct)).ShouldHaveSingleItem().After.ShouldBe(SettingStore.Hidden);
        (await _scenario.ScalarAsync<string>("SELECT string_agg(s::text, ' ') FROM settings s")).ShouldNotContain(secret);
        (await _scenario.ScalarAsync<string>("SELECT string_agg(s::text, ' ') FROM setting_changes s")).ShouldNotContain(secret);
        (await _scenario.ScalarAsync<string>("SELECT string_agg(a::text, ' ') FROM audit a")).ShouldNotContain(secret);
        _node.GetRequiredService<KickMonitor.Domain.Linking.TwitchOptions>().ClientSecret.ShouldBe(secret);
    }

    [Fact]
    public async Task The_last_writer_is_told_what_happened_meanwhile()
    {
        Actor.Current = new Actor(null, "ana@example.com", "browser");
        var seen = (await Settings.FindAsync("Monitor:SampleEvery", Ct)).ShouldNotBeNull().LastChange;
        (await Settings.SetAsync("Monitor:SampleEvery", "30", last => last == seen, Ct)).ShouldBeOfType<ChangeSetting.Done>();

        var told = (await Settings.SetAsync("Monitor:SampleEvery", "40", last => last == seen, Ct)).ShouldBeOfType<ChangeSetting.Overtaken>().State;

        (told.Value, told.ChangedBy).ShouldBe(("30", "ana@example.com"));
        (await _scenario.ScalarAsync<string>("SELECT verb || ' ' || subject || ' ' || (after ->> 'value') || ' ' || actor FROM audit")).ShouldBe("setting.set Monitor:SampleEvery 30 ana@example.com");
    }

    [Fact]
    public async Task Who_comes_too_late_is_told_so_with_the_one_connection_that_there_is()
    {
        var node = AddNodeWithOneConnection();

        (await node.GetRequiredService<SettingStore>().SetAsync("Monitor:SampleEvery", "40", _ => false, Ct)).ShouldBeOfType<ChangeSetting.Overtaken>();
    }

    [Fact]
    public async Task So_is_who_comes_too_late_to_a_flag()
    {
        var node = AddNodeWithOneConnection();

        (await node.GetRequiredService<Flags>().SetAsync(FlagServices.Poll, false, 100, [], _ => false, Ct)).ShouldBeOfType<ChangeFlag.Overtaken>();
    }

    [Fact]
    public async Task A_node_that_has_not_heard_of_a_change_does_not_show_the_old_value_under_its_number()
    {
        var late = _scenario.AddNode(time: TimeProvider.System).GetRequiredService<SettingStore>();
        await late.ReadAsync(Ct);
        await Settings.SetAsync("Monitor:SampleEvery", "30", null, Ct);

        var seen = (await late.FindAsync("Monitor:SampleEvery", Ct)).ShouldNotBeNull();

        (seen.Value, seen.LastChange).ShouldBe(("30", (await Settings.FindAsync("Monitor:SampleEvery", Ct))!.LastChange));
    }

    [Fact]
    public async Task A_change_is_undone_once_and_only_if_it_is_the_last_one()
    {
        await Settings.SetAsync("Monitor:SampleEvery", "30", null, Ct);
        await Settings.SetAsync("Monitor:SampleEvery", "40", null, Ct);
        var history = await Settings.HistoryAsync("Monitor:SampleEvery", 10, Ct);
        history.ConvertAll(c => (c.Before, c.After, c.IsLast)).ShouldBe([("30", "40", true), (null, "30", false)]);

        (await Settings.UndoAsync(history[1].Id, Ct)).ShouldBeOfType<ChangeSetting.Overtaken>();
        (await Settings.UndoAsync(history[0].Id, Ct)).ShouldBeOfType<ChangeSetting.Done>().State.Value.ShouldBe("30");

        (await Settings.UndoAsync(history[0].Id, Ct)).ShouldBeOfType<ChangeSetting.Overtaken>();
    }

    [Fact]
    public async Task What_another_version_stored_against_the_rules_is_left_aside()
    {
        await _scenario.QueryAsync("INSERT INTO settings (key, value, changed_at) VALUES ('Monitor:Interval', '1', now()), ('Gone:Option', 'x', now()), ('Monitor:SampleEvery', '20', now())");

        await Settings.ReadAsync(Ct);

        (_node.GetRequiredService<MonitorOptions>().Interval, _node.GetRequiredService<MonitorOptions>().SampleEvery).ShouldBe((15, 20));
    }

    private IServiceProvider AddNodeWithOneConnection() =>
        _scenario.AddNode(also: services => services.AddSingleton(_ => NpgsqlDataSource.Create($"{_scenario.Database};Maximum Pool Size=1;Timeout=2")));
}
