using KickMonitor.Domain.Linking;
using KickMonitor.Sandbox;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Linking;

public sealed class Linking_an_account(Postgres postgres) : LinkingStory(postgres)
{
    [Fact]
    public async Task Whoever_approves_at_Kick_comes_back_linked_and_owns_the_channel()
    {
        var person = await AddPersonAsync();
        long account = Streamer();

        var link = await LinkedAsync(person, account);

        link.ExternalId.ShouldBe(account.ToString(System.Globalization.CultureInfo.InvariantCulture));
        link.ExternalName.ShouldBe("Lana_Lantern");
        link.State.ShouldBe(LinkState.Healthy);
        link.GrantedScopes.ShouldBe(Kick.Scopes.Select(s => s.Name));
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments WHERE user_id = $1 AND broadcaster_user_id = $2", person, account)).ShouldBe(1);
        (await Scenario.ScalarAsync<string>("SELECT slug FROM streamers WHERE broadcaster_user_id = $1", account)).ShouldBe("lana-lantern");
        (await Links.OwnerOfAsync("kick", link.ExternalId, Ct)).ShouldBe(person);
    }

    [Fact]
    public async Task The_token_of_a_link_is_the_one_that_Kick_gave()
    {
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());

        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(Grants.All.ShouldHaveSingleItem().Access);
    }

    [Fact]
    public async Task A_second_provider_links_the_same_way()
    {
        var person = await AddPersonAsync();
        var link = await LinkedAsync(person, Streamer(), Twitch);

        link.ExternalName.ShouldBe("Lana_Lantern");
        link.GrantedScopes.ShouldBeEmpty("its name is all that is asked for");
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM assignments")).ShouldBe(0, "A Twitch account proves nothing about a Kick channel.");
    }

    [Fact]
    public void The_challenge_is_that_of_the_standard() =>
        Pkce.Challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").ShouldBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");

    [Fact]
    public void A_thousand_secrets_are_a_thousand_different_ones_of_43_url_safe_characters()
    {
        var secrets = Enumerable.Range(0, 1000).Select(_ => Pkce.NewSecret()).ToHashSet();

        secrets.Count.ShouldBe(1000);
        secrets.ShouldAllBe(s => s.Length == 43 && s.All(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_'));
    }

    [Fact]
    public async Task The_way_out_names_an_S256_challenge_the_exact_address_and_the_code_flow_only()
    {
        var address = await StartAsync(await AddPersonAsync());
        var query = QueryHelpers.ParseQuery(address.Query);

        query["response_type"].ToString().ShouldBe("code");
        query["code_challenge_method"].ToString().ShouldBe("S256");
        query["code_challenge"].ToString().Length.ShouldBe(43);
        query["redirect_uri"].ToString().ShouldBe(Callback);
        query.ContainsKey("redirect").ShouldBeFalse();
        address.ToString().ShouldNotContain(Scenario.Kick.ClientSecret);
    }

    [Fact]
    public async Task A_loopback_address_survives_Kicks_login_page_behind_a_throw_away_one()
    {
        const string callback = "http://127.0.0.1:5080/connect/kick/callback";
        var person = await AddPersonAsync();
        var address = await StartAsync(person, callback: callback);
        address.Query.ShouldStartWith("?redirect=127.0.0.1&");

        var back = await Consent.AllowAsync(address, Streamer());

        back.ToString().ShouldStartWith(callback);
        (await FinishAsync(Back(back, person))).ShouldBeOfType<LinkOutcome.Linked>();
    }

    [Fact]
    public async Task Any_node_may_receive_who_was_sent_out_by_another()
    {
        var person = await AddPersonAsync();
        var back = await Consent.AllowAsync(await StartAsync(person), Streamer());
        var other = AddNode();

        (await Scenario.RunAsync(other.GetRequiredService<LinkFlow>().FinishAsync(other.GetRequiredService<Providers>().Find("kick")!, Back(back, person), Ct)))
            .ShouldBeOfType<LinkOutcome.Linked>();
    }

    [Fact]
    public async Task A_way_back_leads_in_once()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        (await FinishAsync(back)).ShouldBeOfType<LinkOutcome.Linked>();
        long calls = TokenCalls();

        (await ProblemAsync(back)).ShouldBe(LinkProblem.Unknown);
        TokenCalls().ShouldBe(calls);
    }

    [Fact]
    public async Task Of_twenty_who_come_back_with_one_state_one_asks_Kick()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);

        var outcomes = await Scenario.RunAsync(Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Flow.FinishAsync(Kick, back, Ct)))));

        outcomes.OfType<LinkOutcome.Linked>().ShouldHaveSingleItem();
        Requests.Recent.Count(r => r.Path == TokenCall && r.Method == "POST" && r.Status == 200).ShouldBeLessThanOrEqualTo(2, "one exchange, and the app's own token");
        Grants.All.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Ten_minutes_are_enough_and_more_are_too_many()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        Clock.Advance(TimeSpan.FromMinutes(10));

        (await ProblemAsync(back)).ShouldBe(LinkProblem.Expired);
        (await Links.OfAsync(person, Ct)).ShouldBeEmpty();
        Grants.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("another browser", LinkProblem.OtherBrowser)]
    [InlineData(null, LinkProblem.OtherBrowser)]
    public async Task Another_browser_is_refused_even_of_the_same_person(string? browser, LinkProblem expected)
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person) with { BrowserSecret = browser };

        (await ProblemAsync(back)).ShouldBe(expected);
        Grants.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_person_and_nobody_are_refused(bool isSomebody)
    {
        var (person, other) = (await AddPersonAsync(), await AddPersonAsync("mallory"));
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), isSomebody ? other : null);

        (await ProblemAsync(back)).ShouldBe(LinkProblem.OtherPerson);
        Grants.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_code_of_one_provider_is_not_taken_at_the_address_of_another()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person, provider: "twitch");

        (await ProblemAsync(back, Twitch)).ShouldBe(LinkProblem.OtherProvider);
        TokenCalls().ShouldBe(0);
        Requests.CountOf("/twitch/oauth2/token").ShouldBe(0);
    }

    [Fact]
    public async Task Twitch_ignores_the_challenge_and_a_foreign_state_is_still_refused()
    {
        var (person, mallory) = (await AddPersonAsync(), await AddPersonAsync("mallory"));
        var theirs = Back(await Consent.AllowAsync(await StartAsync(mallory, Twitch, "mallory's browser"), Streamer()), person, provider: "twitch");

        (await ProblemAsync(theirs, Twitch)).ShouldBe(LinkProblem.OtherBrowser);
        Requests.CountOf("/twitch/oauth2/token").ShouldBe(0);
    }

    [Fact]
    public async Task An_issuer_that_is_not_the_provider_is_refused()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person) with { Issuer = "https://evil.example" };

        (await ProblemAsync(back)).ShouldBe(LinkProblem.OtherProvider);
        Grants.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_cancels_is_told_so_and_spends_the_state()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.DenyAsync(await StartAsync(person)), person);

        (await ProblemAsync(back)).ShouldBe(LinkProblem.Denied);
        (await ProblemAsync(back)).ShouldBe(LinkProblem.Unknown);
        TokenCalls().ShouldBe(0);
    }

    [Theory]
    [InlineData(null, "code", null)]
    [InlineData("", "code", null)]
    [InlineData("state", null, null)]
    [InlineData("state", "", null)]
    [InlineData("state", "code", "error")]
    public async Task What_lacks_a_part_is_refused_before_anybody_is_asked(string? state, string? code, string? error)
    {
        var person = await AddPersonAsync();

        (await ProblemAsync(new Return("kick", state, code, error, null, Browser, person))).ShouldBe(LinkProblem.Malformed);
        (await ProblemAsync(new Return("kick", new string('s', 201), "code", null, null, Browser, person))).ShouldBe(LinkProblem.Malformed);
        (await ProblemAsync(new Return("kick", "state", new string('c', 2049), null, null, Browser, person))).ShouldBe(LinkProblem.Malformed);
        Requests.Total.ShouldBe(0);
    }

    [Theory]
    [InlineData(FaultKind.ServiceUnavailable, LinkProblem.Unavailable)]
    [InlineData(FaultKind.HtmlPage, LinkProblem.Unavailable)]
    [InlineData(FaultKind.HugeBody, LinkProblem.Unavailable)]
    [InlineData(FaultKind.EmptyBody, LinkProblem.Unavailable)]
    [InlineData(FaultKind.EmptyBadRequest, LinkProblem.Unavailable)]
    [InlineData(FaultKind.Truncated, LinkProblem.Unavailable)]
    [InlineData(FaultKind.InvalidGrant, LinkProblem.CodeRefused)]
    [InlineData(FaultKind.Unauthorized, LinkProblem.Misconfigured)]
    public async Task A_failing_token_endpoint_links_nothing_and_is_asked_once(FaultKind fault, LinkProblem expected)
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        Faults.Add(fault, EndpointGroup.Token);

        (await ProblemAsync(back)).ShouldBe(expected);
        TokenCalls().ShouldBe(1);
        (await Links.OfAsync(person, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Numbers_may_come_as_text()
    {
        Faults.Add(FaultKind.NumbersAsText, EndpointGroup.Token);
        var link = await LinkedAsync(await AddPersonAsync(), Streamer());

        (link.AccessExpiresAt - link.RefreshedAt).ShouldBe(TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task A_token_whose_owner_Kick_does_not_name_links_nothing()
    {
        var person = await AddPersonAsync();
        var back = Back(await Consent.AllowAsync(await StartAsync(person), Streamer()), person);
        Faults.Add(FaultKind.EmptyBody, EndpointGroup.Users);

        (await ProblemAsync(back)).ShouldBe(LinkProblem.NoIdentity);
        (await Links.OfAsync(person, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_account_belongs_to_one_person()
    {
        var (lana, mallory) = (await AddPersonAsync(), await AddPersonAsync("mallory"));
        var link = await LinkedAsync(lana, Streamer());

        (await LinkAsync(mallory, Streamer())).ShouldBe(new LinkOutcome.Refused(LinkProblem.Taken));

        (await Links.OfAsync(mallory, Ct)).ShouldBeEmpty();
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();
        (await Links.EventsOfAsync(lana, 10, Ct)).ShouldContain(e => e.Kind == LinkEventKind.Refused && e.ByUserId == mallory);
    }

    [Fact]
    public async Task An_Admin_can_move_an_account_and_the_channel_goes_with_it()
    {
        var (lana, heir, admin) = (await AddPersonAsync(), await AddPersonAsync("heir"), await AddPersonAsync("admin"));
        var link = await LinkedAsync(lana, Streamer());

        (await Scenario.RunAsync(Links.MoveAsync(link.Id, heir, admin, Ct))).ShouldBe(MoveLink.Moved);

        (await StoredAsync(link.Id)).UserId.ShouldBe(heir);
        (await Scenario.ScalarAsync<Guid>("SELECT user_id FROM assignments WHERE broadcaster_user_id = $1", Streamer())).ShouldBe(heir);
        (await Vault.GetAsync(link.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>();

        // Both read of it, and neither who the other is.
        var (away, here) = ((await Links.EventsOfAsync(lana, 10, Ct))[0], (await Links.EventsOfAsync(heir, 10, Ct)).ShouldHaveSingleItem());
        (away.Kind, away.ByUserId, away.Detail).ShouldBe((LinkEventKind.Moved, admin, Links.MovedAway));
        (here.Kind, here.ByUserId, here.Detail, here.ExternalId).ShouldBe((LinkEventKind.Moved, admin, Links.MovedHere, link.ExternalId));
    }

    [Fact]
    public async Task An_account_is_not_moved_to_somebody_who_links_one_at_the_same_moment()
    {
        var (lana, heir) = (await AddPersonAsync(), await AddPersonAsync("heir"));
        var link = await LinkedAsync(lana, Streamer());
        await using var links = await Scenario.BreakAsync(
            "BEFORE UPDATE ON account_links",
            $"INSERT INTO account_links SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid(), 'user_id', '{heir}', 'external_id', '77'))).* FROM account_links l");

        (await Scenario.RunAsync(Links.MoveAsync(link.Id, heir, lana, Ct))).ShouldBe(MoveLink.HasOne);

        (await StoredAsync(link.Id)).UserId.ShouldBe(lana);
        (await Links.EventsOfAsync(heir, 10, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_account_of_the_same_provider_is_not_exchanged_silently()
    {
        var person = await AddPersonAsync();
        var first = await LinkedAsync(person, Streamer());

        (await LinkAsync(person, Streamer("other"))).ShouldBe(new LinkOutcome.Refused(LinkProblem.OtherAccount));
        (await Links.OfAsync(person, Ct)).ShouldHaveSingleItem().ExternalId.ShouldBe(first.ExternalId);
    }

    [Fact]
    public async Task A_renamed_account_is_the_same_one_and_linking_it_again_renews_it()
    {
        var person = await AddPersonAsync();
        var first = await LinkedAsync(person, Streamer());
        Scenario.Kick.World.Rename(Streamer(), "lana-lamp");

        var second = await LinkedAsync(person, long.Parse(first.ExternalId));

        second.Id.ShouldBe(first.Id);
        second.ExternalName.ShouldBe("Lana_Lamp");
        (await Vault.GetAsync(first.Id, null, Ct)).ShouldBeOfType<UserToken.Ready>().Token.ShouldBe(Grants.All[^1].Access);
    }

    [Fact]
    public async Task Fewer_scopes_than_asked_for_are_noted()
    {
        Grants.Withheld.Add("events:subscribe");

        (await LinkedAsync(await AddPersonAsync(), Streamer())).GrantedScopes.ShouldNotContain("events:subscribe");
    }

    [Fact]
    public async Task Whoever_allows_nothing_has_allowed_nothing()
    {
        Grants.Withheld.UnionWith(Kick.Scopes.Select(s => s.Name));

        (await LinkedAsync(await AddPersonAsync(), Streamer())).GrantedScopes.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_account_is_not_moved_to_somebody_who_is_leaving()
    {
        var (lana, heir) = (await AddPersonAsync(), await AddPersonAsync("heir"));
        var link = await LinkedAsync(lana, Streamer());
        await using var leaves = await Scenario.BreakAsync("BEFORE UPDATE ON account_links", $"DELETE FROM users WHERE id = '{heir}'");

        (await Scenario.RunAsync(Links.MoveAsync(link.Id, heir, lana, Ct))).ShouldBe(MoveLink.NoSuchUser);

        (await StoredAsync(link.Id)).UserId.ShouldBe(lana);
    }

    [Fact]
    public async Task Ten_starts_a_minute_are_enough()
    {
        var person = await AddPersonAsync();
        for (int i = 0; i < 10; i++)
        {
            await StartAsync(person);
        }

        (await Flow.StartAsync(Kick, person, Browser, Callback, "/", Ct)).ShouldBe(new StartLink.Refused(LinkProblem.TooMany));
        Clock.Advance(TimeSpan.FromMinutes(1));
        await StartAsync(person);
    }

    [Fact]
    public async Task What_nobody_came_back_for_is_forgotten()
    {
        await StartAsync(await AddPersonAsync());
        Clock.Advance(TimeSpan.FromDays(1));

        await KeepAsync();

        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM link_attempts")).ShouldBe(0);
    }
}
