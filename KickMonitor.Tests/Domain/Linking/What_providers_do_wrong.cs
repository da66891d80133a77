using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

public sealed class What_providers_do_wrong(Postgres postgres) : LinkingStory(postgres)
{
    [Fact]
    public async Task A_token_endpoint_that_points_elsewhere_is_not_followed_there_with_our_secret()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        Faults.Add(FaultKind.Redirect, EndpointGroup.Token);

        (await ProblemAsync(back)).ShouldBe(LinkProblem.Unavailable);

        TokenCalls().ShouldBe(1);
        Requests.Recent.ShouldNotContain(r => r.Path == "/oauth/elsewhere");
    }

    [Fact]
    public async Task Neither_a_refresh_nor_a_look_nor_a_revocation_follows_a_redirect()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        Faults.Add(FaultKind.Redirect, EndpointGroup.Token);

        (await Scenario.RunAsync(Links.CheckAsync(link.Id, Ct))).ShouldNotBeNull().State.ShouldBe(LinkState.Healthy);
        await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct));
        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Retrying);
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        Requests.Recent.ShouldNotContain(r => r.Path == "/oauth/elsewhere");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM pending_revocations")).ShouldBe(2, "They are told later.");
    }

    [Fact]
    public async Task A_crash_between_Kicks_answer_and_our_commit_is_made_good_by_the_next_round()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Clock.Advance(TimeSpan.FromHours(2));
        await CrashAsync(link.Id);
        Grants.All[0].Refreshes.ShouldBe(1, "Kick has replaced the tokens, and nobody here knows the new ones.");

        Clock.Advance(20);
        await KeepAsync();

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.Healthy);
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(Grants.All[0].Access);
    }

    [Fact]
    public async Task Where_tokens_are_single_use_that_crash_ends_the_link_in_words_and_never_in_a_loop()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());
        Grants.ReuseWindow = TimeSpan.Zero;
        Clock.Advance(TimeSpan.FromHours(2));
        await CrashAsync(link.Id);

        for (int round = 0; round < 30; round++)
        {
            Clock.Advance(20);
            await KeepAsync();
        }

        (await StoredAsync(link.Id)).State.ShouldBe(LinkState.SignInAgain);
        Grants.SpentTokensPresented.ShouldBe(1);
    }

    [Fact]
    public async Task A_link_ended_at_Kick_is_noticed_by_whoever_uses_it_next()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer());
        var before = (UserToken.Ready)await Vault.GetAsync(link.Id, null, Ct);
        Grants.Disconnect(Streamer());

        // Kick answered the call that was made with it with 401.
        (await Scenario.RunAsync(Vault.GetAsync(link.Id, refused: before.Token, Ct))).ShouldBeOfType<UserToken.SignInAgain>();

        (await Links.OfAsync(person, Ct)).ShouldHaveSingleItem().State.ShouldBe(LinkState.SignInAgain);
        (await Links.EventsOfAsync(person, 5, Ct))[0].Kind.ShouldBe(LinkEventKind.SignInAgain);
    }

    [Fact]
    public void Who_somebody_is_says_the_providers_own_API_and_no_text_that_passes_through_the_browser()
    {
        foreach (var provider in Node.GetRequiredService<Providers>().All)
        {
            string address = provider.AuthorizeAddress("https://monitor.example/back", "state", "challenge").ToString();
            provider.Scopes.Select(s => s.Name).ShouldNotContain("openid", provider.Name);
            address.ShouldNotContain("id_token");
            address.ShouldNotContain("response_type=token");
        }
    }

    [Fact]
    public void The_same_thing_sealed_ten_thousand_times_looks_different_each_time()
    {
        var seal = Node.GetRequiredService<TokenSeal>();

        Enumerable.Range(0, 10_000).Select(_ => Convert.ToBase64String(seal.Seal("one token", "kick", "row", "use"))).Distinct().Count().ShouldBe(10_000);
    }

    [Fact]
    public async Task Who_leaves_takes_the_history_of_their_links_along()
    {
        var person = await AddPersonAsync();
        await LinkedAsync(person, Streamer());

        await Scenario.RunAsync(Node.GetRequiredService<Departure>().LeaveAsync(person, Ct));

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM link_events WHERE user_id = $1", person)).ShouldBe(0);
    }

    /// <summary>The database takes nothing more just when the new tokens are to be stored, as when this node dies there.</summary>
    private async Task CrashAsync(Guid link)
    {
        await Scenario.QueryAsOwnerAsync("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''gone''; END'");
        await Scenario.QueryAsOwnerAsync("CREATE TRIGGER die BEFORE UPDATE ON account_links FOR EACH ROW EXECUTE FUNCTION die()");
        try
        {
            // What this node has in its memory is gone with it; the clock stands still, so that it has no second try.
            await using var dies = (ServiceProvider)AddNode();
            (await dies.GetRequiredService<TokenVault>().GetAsync(link, null, Ct)).ShouldBeOfType<UserToken.Unavailable>();
        }
        finally
        {
            await Scenario.QueryAsOwnerAsync("DROP TRIGGER die ON account_links");
            await Scenario.QueryAsOwnerAsync("DROP FUNCTION die()");
        }
    }
}

public sealed class A_secret_with_signs_in_it(Postgres postgres) : LinkingStory(postgres)
{
    private const string Secret = "s:e+c/r%t&=ü ?#";

    protected override SandboxOptions World => new() { ClientSecret = Secret };

    [Theory]
    [InlineData("kick")]
    [InlineData("twitch")]
    public async Task It_arrives_as_it_is_and_never_in_an_address(string provider)
    {
        var found = Node.GetRequiredService<Providers>().Find(provider)!;
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer(), found);
        (await Scenario.RunAsync(Vault.RefreshNowAsync(link.Id, Ct))).ShouldBeOfType<UserToken.Ready>();
        await Scenario.RunAsync(Links.UnlinkAsync(link.Id, person, person, Ct));

        Requests.Recent.Count.ShouldBeGreaterThan(3);
        foreach (var request in Requests.Recent)
        {
            Uri.UnescapeDataString(request.Path + request.Query).ShouldNotContain(Secret);
            request.Query.ShouldNotContain("client_secret");
        }
    }
}
