using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using KickMonitor.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>Wrong credentials, lost keys, a database that takes nothing: no link is lost by what the people who run the place can mend.</summary>
public sealed class When_this_installation_is_at_fault(Postgres postgres) : LinkingStory(postgres)
{
    [Theory]
    [InlineData("another app's secret")]
    [InlineData(null)]
    public async Task Days_with_a_wrong_secret_or_none_end_no_link_and_an_Admin_is_told(string? secret)
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        var kick = Node.GetRequiredService<KickOptions>();
        string? right = kick.ClientSecret;
        kick.ClientSecret = secret;
        await PassAsync(hours: 60);

        var stored = await StoredAsync(link.Id);
        stored.State.ShouldBe(LinkState.Retrying);
        stored.LastError!.ShouldStartWith(TokenVault.CredentialsRefused);
        Grants.All.ShouldHaveSingleItem().IsRevoked.ShouldBeFalse();

        kick.ClientSecret = right;
        await PassAsync(hours: 2);
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Fact]
    public async Task A_node_that_slept_through_a_rotation_erases_nothing_and_one_with_the_right_key_takes_the_link_up_again()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        string file = MasterKey.FileIn(Keys);
        var old = MasterKey.Read(file);
        (await AddNode(old).GetRequiredService<KeyRotation>().RotateAsync(old, file, Ct)).ShouldBeOfType<RotateKeys.Rotated>();
        var sleeper = AddNode(old);
        (await ActivatorUtilities.CreateInstance<KeyCheck>(sleeper).PassesAsync(Ct)).ShouldBeFalse("which is why it stops at its next sign of life");
        for (int i = 0; i < 10; i++)
        {
            Clock.Advance(TimeSpan.FromMinutes(i == 0 ? 115 : 3));
            await Scenario.RunAsync(sleeper.GetRequiredService<LinkKeeper>().RunAsync(Ct), slow: true, step: 500);
        }

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.SignInAgain);
        var awake = AddNode(MasterKey.Read(file)).GetRequiredService<LinkKeeper>();
        await Scenario.RunAsync(awake.RunAsync(Ct), slow: true, step: 500);
        Clock.Advance(20);
        await Scenario.RunAsync(awake.RunAsync(Ct), slow: true, step: 500);

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
    }

    [Fact]
    public async Task A_silent_provider_and_everybody_who_asks_it_leave_connections_for_the_others()
    {
        var links = new List<Guid>();
        for (int i = 0; i < 34; i++)
        {
            links.Add((await LinkedAsync(await AddPersonAsync($"asks{i}"), Streamer($"asks{i}"))).Id);
        }

        Faults.Add(new Fault(FaultKind.Slow) { Group = EndpointGroup.Token, Delay = TimeSpan.FromSeconds(30) });
        var asking = links.ConvertAll(id => Vault.RefreshNowAsync(id, Ct));
        await Eventually.ShouldAsync(() => Requests.Recent.Any(r => r.Path == TokenCall && r.Status is null), "Kick is asked");

        for (int i = 0; i < 20; i++)
        {
            (await Node.GetRequiredService<People>().FindAsync("asks0@example.com", Ct)).ShouldNotBeNull();
        }

        Faults.Clear();
        var answers = await Scenario.RunAsync(Task.WhenAll(asking), slow: true, step: 1000);
        answers.OfType<UserToken.Unavailable>().ShouldNotBeEmpty("who waited too long for a turn is told so");
        answers.ShouldAllBe(a => a is UserToken.Ready || a is UserToken.Unavailable);
    }

    [Fact]
    public async Task Who_unlinks_forty_times_while_a_refresh_is_under_way_holds_one_connection()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await using var refreshing = Open();
        await using var held = await refreshing.Database.BeginTransactionAsync(Ct);
        await refreshing.Database.ExecuteSqlAsync($"SELECT FROM account_links FOR UPDATE", Ct);
        var all = Enumerable.Range(0, 40).Select(_ => Links.UnlinkAsync(link.Id, person, person, Ct)).ToList();
        await Eventually.ShouldAsync(async () => await WaitingAsync() > 0, "the link is waited for");

        (await WaitingAsync()).ShouldBe(1);
        await held.CommitAsync(Ct);
        await Scenario.RunAsync(Task.WhenAll(all));
        (await Links.OfAsync(person, Ct)).ShouldBeEmpty();

        Task<long> WaitingAsync() => Scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
    }

    [Fact]
    public void What_a_provider_puts_where_an_errors_name_belongs_is_quoted_only_if_it_looks_like_one()
    {
        new ProviderAnswer(400, System.Text.Json.JsonDocument.Parse("""{"error":"invalid_grant"}""").RootElement, null).Reason.ShouldBe("400 invalid_grant");
        new ProviderAnswer(400, System.Text.Json.JsonDocument.Parse("""{"error":"k7dh3kd92hskd8aj3hd9"}""").RootElement, null).Reason.ShouldBe("400 an error without a name");
    }

    [Fact]
    public async Task A_name_that_changed_at_Kick_is_known_here_the_day_after()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Scenario.Kick.World.Rename(Streamer(), "lana-lamp", "Lana_Lamp");

        await PassAsync(hours: 26);

        (await StoredAsync(link.Id)).ExternalName.ShouldBe("Lana_Lamp");
    }

    private async Task PassAsync(int hours)
    {
        for (int i = 0; i < hours; i++)
        {
            Clock.Advance(TimeSpan.FromHours(1));
            await KeepAsync(slow: true);
        }
    }
}
