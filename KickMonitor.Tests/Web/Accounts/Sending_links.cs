using KickMonitor.Domain.Configuration;
using KickMonitor.Web.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Accounts;

public sealed class Sending_links(Postgres postgres) : IAsyncLifetime
{
    private const string Link = "https://monitor.example/welcome?code=0123456789012345678901234567890123456789012";
    private readonly SmtpListener _server = new();
    private Scenario _scenario = null!;
    private IServiceProvider _node = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Mail Mail => _node.GetRequiredService<Mail>();

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres);
        _node = _scenario.AddNode(also: services => services.AddMail());
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _scenario.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_server_nothing_is_sent_and_one_can_be_named_while_the_program_runs()
    {
        Mail.IsConfigured.ShouldBeFalse();
        (await Mail.SendLinkAsync("ana@example.org", Link, Ct)).ShouldNotBeNull();

        await ConfigureAsync();

        Mail.IsConfigured.ShouldBeTrue();
        (await Mail.SendLinkAsync("ana@example.org", Link, Ct)).ShouldBeNull();
        var (to, text) = _server.Mails.ShouldHaveSingleItem();
        to.ShouldBe("ana@example.org");
        text.ShouldContain(Link);
        text.ShouldContain("From: monitor@example.org");
        _server.SignIns.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_signs_in_where_that_is_wanted_and_the_password_is_kept_sealed()
    {
        _server.WantsSignIn = true;
        await ConfigureAsync();
        await SetAsync("Smtp:User", "monitor");
        await SetAsync("Smtp:Password", "hunter2-hunter2");

        (await Mail.SendLinkAsync("ana@example.org", Link, Ct)).ShouldBeNull();

        _server.SignIns.ShouldHaveSingleItem().ShouldBe(("monitor", "hunter2-hunter2"));
        (await _node.GetRequiredService<SettingStore>().FindAsync("Smtp:Password", Ct)).ShouldNotBeNull().Value.ShouldBeNull();
        (await _scenario.ScalarAsync<string>("SELECT string_agg(s::text, '') FROM settings s")).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_refusal_or_a_server_that_is_away_is_told_in_words()
    {
        await ConfigureAsync();
        _server.KnowsNobody = true;
        (await Mail.SendLinkAsync("ana@example.org", Link, Ct)).ShouldNotBeNull().ShouldContain("no such mailbox");

        await SetAsync("Smtp:Port", "9");
        (await Mail.SendLinkAsync("ana@example.org", Link, Ct)).ShouldNotBeNull().ShouldNotBeEmpty();
        (await Mail.SendLinkAsync("no address", Link, Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_link_never_goes_in_the_clear_unless_that_was_said()
    {
        await ConfigureAsync();
        await SetAsync("Smtp:StartTls", null);

        (await Mail.SendLinkAsync("ana@example.org", Link, Ct)).ShouldNotBeNull();

        _server.Mails.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Smtp:Port", "0")]
    [InlineData("Smtp:Port", "http")]
    [InlineData("Smtp:From", "nobody")]
    [InlineData("Smtp:StartTls", "perhaps")]
    public async Task A_mistake_in_a_setting_is_refused(string key, string value) =>
        (await _node.GetRequiredService<SettingStore>().SetAsync(key, value, null, Ct)).ShouldBeOfType<ChangeSetting.Refused>().Reason.ShouldContain(key);

    private async Task ConfigureAsync()
    {
        await SetAsync("Smtp:Host", "127.0.0.1");
        await SetAsync("Smtp:Port", _server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await SetAsync("Smtp:From", "monitor@example.org");
        await SetAsync("Smtp:StartTls", "false");
    }

    private async Task SetAsync(string key, string? value) => (await _node.GetRequiredService<SettingStore>().SetAsync(key, value, null, Ct)).ShouldBeOfType<ChangeSetting.Done>();
}
