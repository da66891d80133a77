using System.Globalization;
using KickMonitor.Domain.Configuration;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace KickMonitor.Tests.Web.Accounts;

/// <summary>Whoever may change where a secret is sent could have it sent to themselves, and so read it.</summary>
public sealed class Where_the_mail_password_goes(Postgres postgres) : IAsyncLifetime
{
    private const string Password = "hunter2-hunter2";
    private readonly SmtpListener _ours = new() { WantsSignIn = true };
    private readonly SmtpListener _theirs = new() { WantsSignIn = true };
    private Scenario _scenario = null!;
    private IServiceProvider _node = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private SettingStore Settings => _node.GetRequiredService<SettingStore>();

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres);
        _node = AddNode();
    }

    public async ValueTask DisposeAsync()
    {
        await _ours.DisposeAsync();
        await _theirs.DisposeAsync();
        await _scenario.DisposeAsync();
    }

    [Fact]
    public async Task Another_server_gets_no_password_and_its_removal_stands_in_the_history()
    {
        await ConfigureAsync();
        (await SendAsync()).ShouldBeNull();
        _ours.SignIns.ShouldHaveSingleItem().ShouldBe(("monitor", Password));

        (await Settings.RemovedByAsync("Smtp:Port", Port(_theirs), Ct)).ShouldBe(["Smtp:Password"], "it is said before");
        (await SetAsync("Smtp:Port", Port(_theirs))).Removed.ShouldBe(["Smtp:Password"]);

        (await SendAsync()).ShouldNotBeNull().ShouldContain("Smtp:Password");
        _theirs.SignIns.ShouldBeEmpty();
        var change = (await Settings.HistoryAsync(null, 1, Ct)).ShouldHaveSingleItem();
        (change.Key, change.Before, change.After).ShouldBe(("Smtp:Password", SettingStore.Hidden, null));
        (await _scenario.ScalarAsync<string>("SELECT verb || ' ' || subject FROM audit ORDER BY id DESC LIMIT 1")).ShouldBe("setting.unset Smtp:Password");

        // It does not come back with the server, but whoever wants it back there can have it.
        (await SetAsync("Smtp:Port", Port(_ours))).Removed.ShouldBeEmpty();
        (await SendAsync()).ShouldNotBeNull();
        (await Settings.UndoAsync(change.Id, Ct)).ShouldBeOfType<ChangeSetting.Done>();
        (await SendAsync()).ShouldBeNull();
        _ours.SignIns.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("Smtp:Host", "mail.elsewhere.example", true)]
    [InlineData("Smtp:Host", null, true)]
    [InlineData("Smtp:Host", "LOCALHOST", false)]
    [InlineData("Smtp:Port", null, true)]
    [InlineData("Smtp:StartTls", "true", false)]
    [InlineData("Smtp:StartTls", "FALSE", false)]
    [InlineData("Smtp:User", "another", false)]
    [InlineData("Smtp:From", "another@example.org", false)]
    [InlineData("Smtp:Host", "localhost", false)]
    public async Task It_is_removed_by_what_leads_it_elsewhere_and_by_nothing_else(string key, string? value, bool isRemoved)
    {
        await ConfigureAsync();

        (await Settings.RemovedByAsync(key, value, Ct)).Count.ShouldBe(isRemoved ? 1 : 0);
        (await SetAsync(key, value)).Removed.Count.ShouldBe(isRemoved ? 1 : 0);

        (await Settings.FindAsync("Smtp:Password", Ct)).ShouldNotBeNull().IsSet.ShouldBe(!isRemoved);
    }

    [Fact]
    public async Task Taking_its_protection_away_removes_it()
    {
        await ConfigureAsync();
        await SetAsync("Smtp:StartTls", null);

        (await SetAsync("Smtp:StartTls", "false")).Removed.ShouldBe(["Smtp:Password"]);

        (await SendAsync()).ShouldNotBeNull();
        _ours.SignIns.ShouldBeEmpty();
    }

    [Fact]
    public async Task Undoing_never_brings_it_to_another_server()
    {
        await ConfigureAsync();
        await SetAsync("Smtp:Port", Port(_theirs));
        var (removal, move) = (await LastAsync("Smtp:Password"), await LastAsync("Smtp:Port"));

        (await Settings.UndoAsync(removal, Ct)).ShouldBeOfType<ChangeSetting.SentElsewhere>();
        await SetAsync("Smtp:Password", "for the second server");
        (await Settings.UndoAsync(await LastAsync("Smtp:Password"), Ct)).ShouldBeOfType<ChangeSetting.Done>().State.IsSet.ShouldBeFalse();
        await SetAsync("Smtp:Password", "for the second server");
        (await Settings.UndoAsync(move, Ct)).ShouldBeOfType<ChangeSetting.Done>().Removed.ShouldBe(["Smtp:Password"]);

        (await SendAsync()).ShouldNotBeNull();
        (_ours.SignIns.Count, _theirs.SignIns.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_node_that_is_started_with_another_server_does_not_send_it_there()
    {
        await ConfigureAsync();
        var node = AddNode(("Smtp:Port", Port(_theirs)));

        await node.GetRequiredService<SettingStore>().ReadAsync(Ct);

        (await SendAsync(node)).ShouldNotBeNull();
        _theirs.SignIns.ShouldBeEmpty();
        (await node.GetRequiredService<SettingStore>().FindAsync("Smtp:Password", Ct)).ShouldNotBeNull().IsSet.ShouldBeFalse();
        (await SendAsync()).ShouldBeNull("the other node goes on");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_says_another_server_while_the_node_runs_does_not_lead_it_there(bool isInUse)
    {
        await ConfigureAsync();
        if (isInUse)
        {
            (await SendAsync()).ShouldBeNull();
        }

        var configuration = (IConfigurationRoot)_node.GetRequiredService<IConfiguration>();
        var file = configuration.Providers.OfType<MemoryConfigurationProvider>().Single();

        file.Set("Smtp:Port", Port(_theirs));
        configuration.Reload();

        (await SendAsync()).ShouldNotBeNull().ShouldContain("Smtp:Password");
        _theirs.SignIns.ShouldBeEmpty();

        file.Set("Smtp:Port", Port(_ours));
        configuration.Reload();
        (await SendAsync()).ShouldBeNull("it is kept for its server");
        _ours.SignIns.Count.ShouldBe(isInUse ? 2 : 1);
    }

    [Theory]
    [InlineData("hunter2-hunter2")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("12345678")]
    [InlineData("""{"Value":"hunter2","SentTo":{"Smtp:Host":null,"Smtp:Port":null,"Smtp:StartTls":null}}""")]
    public async Task One_that_was_stored_before_it_was_kept_for_a_server_is_to_be_set_once_more(string plain)
    {
        await ConfigureAsync();
        var log = new SpokenLog();
        var node = _scenario.AddNode(log: log, also: services => services.AddMail());
        var protector = node.GetRequiredService<IDataProtectionProvider>().CreateProtector("KickMonitor.Configuration", "Smtp:Password");
        await _scenario.QueryAsync("UPDATE settings SET value = $1 WHERE key = 'Smtp:Password'", protector.Protect(plain));

        await node.GetRequiredService<SettingStore>().ReadAsync(Ct);

        (await SendAsync(node)).ShouldNotBeNull().ShouldContain("Smtp:Password");
        node.GetRequiredService<SmtpOptions>().Host.ShouldBe("localhost", "the rest is read");
        log.Text.ShouldContain("set it ");
        log.Text.ShouldNotContain("master key;");
        log.Text.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Whoever_guesses_it_is_not_told_whether_they_were_right()
    {
        await ConfigureAsync();
        long seen = await LastAsync("Smtp:Password");

        (await SetAsync("Smtp:Password", Password)).State.LastChange.ShouldBeGreaterThan(seen);
        (await SetAsync("Smtp:Password", "wrong")).State.LastChange.ShouldBeGreaterThan(seen + 1);
    }

    [Fact]
    public async Task Where_it_was_said_at_start_its_server_is_said_there_too()
    {
        await SetAsync("Smtp:Host", "localhost");
        await SetAsync("Smtp:From", "monitor@example.org");
        await SetAsync("Smtp:Port", Port(_theirs));
        var node = AddNode(("Smtp:Password", Password), ("Smtp:User", "monitor"));
        var settings = node.GetRequiredService<SettingStore>();
        await settings.ReadAsync(Ct);

        node.GetRequiredService<Mail>().IsConfigured.ShouldBeFalse("what was stored before is left aside");
        foreach (string key in new[] { "Smtp:Host", "Smtp:Port", "Smtp:StartTls" })
        {
            (await settings.SetAsync(key, "1", null, Ct)).ShouldBe(new ChangeSetting.Fixed(key, "start", "Smtp:Password"));
        }

        (await settings.UndoAsync(await LastAsync("Smtp:Host"), Ct)).ShouldBeOfType<ChangeSetting.Fixed>().Reason.ShouldBe("Smtp:Password is said by the start: say Smtp:Host, where it is sent, there too.");
        (await settings.SetAsync("Smtp:From", "another@example.org", null, Ct)).ShouldBeOfType<ChangeSetting.Done>();

        // A variable that is there and empty says no password.
        var empty = AddNode(("Smtp:Password", string.Empty));
        (await empty.GetRequiredService<SettingStore>().SetAsync("Smtp:Port", "2525", null, Ct)).ShouldBeOfType<ChangeSetting.Done>();
    }

    [Fact]
    public async Task Before_there_is_a_server_there_is_nothing_to_keep_it_for() =>
        (await Settings.SetAsync("Smtp:Password", Password, null, Ct)).ShouldBe(new ChangeSetting.SentNowhere("Smtp:Password", "Smtp:Host"));

    [Fact]
    public async Task Set_and_led_elsewhere_at_once_it_never_gets_there()
    {
        await ConfigureAsync();
        var other = AddNode();
        for (int round = 0; round < 10; round++)
        {
            await SetAsync("Smtp:Port", Port(_ours));
            long seen = (await Settings.FindAsync("Smtp:Password", Ct)).ShouldNotBeNull().LastChange;

            var set = Settings.SetAsync("Smtp:Password", $"{Password}-{round}", last => last == seen, Ct);
            var move = other.GetRequiredService<SettingStore>().SetAsync("Smtp:Port", Port(_theirs), null, Ct);
            await Task.WhenAll(set, move);

            (await move).ShouldBeOfType<ChangeSetting.Done>().Removed.Count.ShouldBe(await set is ChangeSetting.Done ? 1 : 0);
            (await SendAsync(other)).ShouldNotBeNull();
        }

        _theirs.SignIns.ShouldBeEmpty();
    }

    [Fact]
    public void A_mail_takes_server_and_password_of_one_moment()
    {
        var stored = new StoredSettings();
        var configuration = new ConfigurationBuilder().Add(stored).Add(new Meanwhile(stored)).Build();

        using var options = new LiveOptions<SmtpOptions>(configuration, new SettingSection(SmtpOptions.Section, "E-mail", typeof(SmtpOptions)), NullLogger<LiveOptions<SmtpOptions>>.Instance);

        (options.Snapshot.Host, options.Snapshot.Password).ShouldBe(("host 5", "of host 5"));
        (options.Value.Host, options.Value.Password).ShouldBe(("host 5", "of host 5"));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("mail.example.org")]
    public async Task It_is_not_sent_in_the_clear_to_another_machine(string host)
    {
        var node = AddNode(("Smtp:Host", host), ("Smtp:From", "monitor@example.org"), ("Smtp:User", "monitor"), ("Smtp:Password", Password), ("Smtp:StartTls", "false"));

        (await SendAsync(node)).ShouldNotBeNull().ShouldContain("in the clear");
    }

    [Fact]
    public void Every_secret_is_kept_for_where_it_is_sent_or_only_the_start_says_where_that_is()
    {
        var catalog = _node.GetRequiredService<SettingCatalog>();

        var secrets = catalog.All.Where(s => s.IsSecret).ToDictionary(s => s.Key, s => string.Join(' ', s.SentTo));

        // Kick's and Twitch's go to addresses that are no settings.
        secrets.ShouldBe(new Dictionary<string, string> { ["Kick:ClientSecret"] = "", ["Twitch:ClientSecret"] = "", ["Smtp:Password"] = "Smtp:Host Smtp:Port Smtp:StartTls" }, ignoreOrder: true);
        catalog.All.Where(s => s.Key.StartsWith("Kick:", StringComparison.Ordinal) || s.Key.StartsWith("Twitch:", StringComparison.Ordinal)).Select(s => s.Key)
            .ShouldBe(["Kick:ClientId", "Kick:ClientSecret", "Kick:WebhookPath", "Kick:PublicKey", "Twitch:ClientId", "Twitch:ClientSecret"], ignoreOrder: true);
        catalog.All.SelectMany(s => s.SentTo).ShouldAllBe(key => catalog.Find(key) != null);
    }

    private static string Port(SmtpListener server) => server.Port.ToString(CultureInfo.InvariantCulture);

    private IServiceProvider AddNode(params (string Key, string Value)[] said) => _scenario.AddNode(said.ToDictionary(s => s.Key, s => (string?)s.Value), also: services => services.AddMail());

    private async Task ConfigureAsync()
    {
        await SetAsync("Smtp:Host", "localhost");
        await SetAsync("Smtp:Port", Port(_ours));
        await SetAsync("Smtp:StartTls", "false");
        await SetAsync("Smtp:From", "monitor@example.org");
        await SetAsync("Smtp:User", "monitor");
        await SetAsync("Smtp:Password", Password);
    }

    private async Task<ChangeSetting.Done> SetAsync(string key, string? value) => (await Settings.SetAsync(key, value, null, Ct)).ShouldBeOfType<ChangeSetting.Done>();

    private async Task<long> LastAsync(string key) => (await Settings.HistoryAsync(key, 1, Ct)).ShouldHaveSingleItem().Id;

    private Task<string?> SendAsync(IServiceProvider? node = null) => (node ?? _node).GetRequiredService<Mail>().SendLinkAsync("ana@example.org", "https://monitor.example/welcome?code=x", Ct);

    /// <summary>Server and password change five times, each time when the server has been read and the password has not.</summary>
    private sealed class Meanwhile(StoredSettings stored) : ConfigurationProvider, IConfigurationSource
    {
        private int _changes;

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override bool TryGet(string key, out string? value)
        {
            if (key == "Smtp:User" && _changes < 5)
            {
                _changes++;
                var values = new Dictionary<string, string?> { ["Smtp:Host"] = $"host {_changes}", ["Smtp:Password"] = $"of host {_changes}" };
                stored.Replace(() => values);
            }

            value = null;
            return false;
        }
    }
}
