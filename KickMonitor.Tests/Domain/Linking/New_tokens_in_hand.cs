using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>Tokens that the provider gave to a node whose database took nothing at that moment: they are stored later, or given back.</summary>
public sealed class New_tokens_in_hand(Postgres postgres) : LinkingStory(postgres)
{
    /// <summary>A refresh is the only thing after which tokens are younger than the link.</summary>
    private const string TakesNoRefresh = "IF EXISTS (SELECT FROM account_links WHERE refreshed_at > linked_at) THEN RAISE EXCEPTION 'gone'; END IF";

    [Fact]
    public async Task They_are_stored_without_anybody_asking_as_soon_as_the_database_takes_them()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
            for (int minute = 0; minute < 5; minute++)
            {
                // Whoever asks meanwhile asks for the same, and not Kick.
                (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Unavailable>();
                await KeepAsync();
                Clock.Advance(60);
            }
        }

        await PassAsync(async () => (await StoredAsync(link.Id)).RefreshedAt > link.RefreshedAt);

        var grant = Grants.All.ShouldHaveSingleItem();
        grant.Refreshes.ShouldBe(1, "Kick is not asked again for what is in hand");
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(grant.Access);
        AssertUnsaid();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_asks_when_the_database_is_back_gets_them_and_Kick_is_not_asked_again(bool isForced)
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
        }

        var token = isForced ? await Vault.RefreshNowAsync(link.Id, Ct) : await Vault.GetAsync(link.Id, null, Ct);

        var grant = Grants.All.ShouldHaveSingleItem();
        token.ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(grant.Access);
        grant.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task What_another_node_was_granted_since_stays_and_they_are_forgotten()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
        }

        var theirs = (await AddNode().GetRequiredService<TokenVault>().RefreshDueAsync(link.Id, Ct)).ShouldBeOfType<UserToken.Ready>();
        await PassAsync(() => Log.Text.Contains("are Forgotten: it was refreshed since", StringComparison.Ordinal));

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(theirs.Token);
        var grant = Grants.All.ShouldHaveSingleItem();
        (grant.Access, grant.Refreshes, grant.IsRevoked).ShouldBe((theirs.Token, 2, false));
        (await PendingAsync()).ShouldBe(0);
        AssertUnsaid();
    }

    [Fact]
    public async Task A_link_that_another_node_ended_because_of_the_old_token_is_healthy_again()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
            Clock.Advance(61);
            (await Scenario.RunAsync(AddNode().GetRequiredService<TokenVault>().RefreshDueAsync(link.Id, Ct))).ShouldBeOfType<UserToken.SignInAgain>();
            (await StoredAsync(link.Id)).RefreshToken.ShouldBeNull();
        }

        await PassAsync(async () => (await StoredAsync(link.Id)).State == LinkState.Healthy);

        var stored = await StoredAsync(link.Id);
        (stored.LastError, stored.Failures).ShouldBe((null, 0));
        (await Links.EventsOfAsync(person, 2, Ct)).Select(e => e.Kind).ShouldBe([LinkEventKind.Refreshed, LinkEventKind.SignInAgain]);
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(Grants.All[0].Access);
        (await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct))).ShouldBeOfType<UserToken.Ready>("the new refresh token came along");
    }

    [Fact]
    public async Task A_link_that_its_owner_ended_at_Kick_meanwhile_stays_ended()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
            Grants.Disconnect(Streamer());
            (await Scenario.RunAsync(AddNode().GetRequiredService<TokenVault>().RefreshDueAsync(link.Id, Ct))).ShouldBeOfType<UserToken.SignInAgain>();
        }

        await PassAsync(() => Log.Text.Contains("are Forgotten: the provider takes them no longer", StringComparison.Ordinal));

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.SignInAgain);
    }

    [Fact]
    public async Task They_outlast_a_database_that_is_away_for_longer_than_they_live()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
            Clock.Advance(TimeSpan.FromHours(5));
        }

        await PassAsync(async () => (await StoredAsync(link.Id)).RefreshedAt > link.RefreshedAt);

        (await Scenario.RunAsync(Vault.GetAsync(link.Id, null, Ct))).ShouldBeOfType<UserToken.Ready>();
    }

    [Theory]
    [InlineData("unlinks")]
    [InlineData("leaves")]
    [InlineData("links anew")]
    public async Task They_are_given_back_when_the_person_meanwhile(string does)
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        await using (await BreakAsync())
        {
            await LoseAsync(link);
            _ = does switch
            {
                "unlinks" => await Links.UnlinkAsync(link.Id, person, person, Ct),
                "leaves" => (object)await Node.GetRequiredService<Departure>().LeaveAsync(person, Ct),
                _ => await LinkedAsync(person, Streamer()),
            };
        }

        await PassAsync(() => Grants.All[0].IsRevoked);

        await PassAsync(async () => await PendingAsync() == 0);
        if (does == "links anew")
        {
            Grants.All[1].IsRevoked.ShouldBeFalse();
            (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(Grants.All[1].Access);
        }

        AssertUnsaid();
    }

    private Task<IAsyncDisposable> BreakAsync() => Scenario.BreakAsync("AFTER UPDATE ON account_links", TakesNoRefresh);

    /// <summary>The clock stands still, so that this node tries again only when the story says so.</summary>
    private async Task LoseAsync(AccountLink link)
    {
        Clock.Advance(TimeSpan.FromHours(2));
        (await Vault.RefreshDueAsync(link.Id, Ct)).ShouldBeOfType<UserToken.Unavailable>();
        Grants.All[0].Refreshes.ShouldBe(1);
    }

    private Task PassAsync(Func<bool> happened) => PassAsync(() => Task.FromResult(happened()));

    private Task PassAsync(Func<Task<bool>> happened) => Eventually.ShouldAsync(
        async () =>
        {
            // Who waits for Kick waits by this clock too.
            if (!Clock.IsTimingOut)
            {
                Clock.Advance(1);
            }

            return await happened();
        },
        "what is in hand is settled");

    private Task<long> PendingAsync() => Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations");

    private void AssertUnsaid()
    {
        string log = Log.Text;
        foreach (string secret in Grants.EverySecret)
        {
            log.ShouldNotContain(secret);
        }
    }
}
