using System.Net;
using KickMonitor.Tests.Domain.Linking;

namespace KickMonitor.Tests.Browser;

/// <summary>The way to a provider and back, byte for byte, at the real program.</summary>
[Collection(nameof(Browser))]
public sealed class ConnectTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_is_a_post_with_the_forms_own_token()
    {
        using var person = await Visitor.SignedInAsync(site, "starter@example.com");

        (await person.GetAsync("/connect/kick")).StatusCode.ShouldBeOneOf(HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);
        var bare = await person.PostAsync("/connect/kick", []);
        bare.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        bare.Headers.Location.ShouldBeNull();
        (await person.StartAsync("nobody")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_way_out_is_a_303_with_a_cookie_that_no_script_reads_and_an_address_that_no_header_bends()
    {
        using var person = await Visitor.SignedInAsync(site, "outbound@example.com");

        var answer = await person.StartAsync("kick", ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"));

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        string cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.Contains("link=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        Uri.UnescapeDataString(answer.Headers.Location!.Query).ShouldContain($"redirect_uri={site.Server.Address.ToString().TrimEnd('/')}/connect/kick/callback");
        answer.Headers.Location.Query.ShouldNotContain("evil");
        var forged = await person.StartAsync("kick", ("Host", "evil.example"));
        Uri.UnescapeDataString(forged.Headers.Location!.Query).ShouldContain($"redirect_uri={site.Server.Address.ToString().TrimEnd('/')}/connect/kick/callback");
        forged.Headers.Location.ToString().ShouldNotContain("evil");
    }

    [Fact]
    public async Task The_way_back_ends_at_a_clean_address_that_is_stored_nowhere()
    {
        using var person = await Visitor.SignedInAsync(site, "inbound@example.com");
        var callback = await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, site.Server.Kick.World.Streamers[8].Id);

        var back = await person.GetAsync(callback.ToString());

        back.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        back.Headers.Location!.ToString().ShouldBe("/settings/links?linked=kick");
        back.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        back.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var again = await person.GetAsync(callback.ToString());
        again.Headers.Location!.ToString().ShouldStartWith("/connect/kick/problem?why=Unknown");
        string page = await (await person.GetAsync(again.Headers.Location.ToString())).Content.ReadAsStringAsync(Ct);
        page.ShouldContain("This way back was used already");

        foreach (string secret in site.Server.Kick.Grants.EverySecret)
        {
            site.Server.Output.ShouldNotContain(secret);
            page.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task Another_browser_and_a_browser_that_signed_out_get_a_page_and_no_link()
    {
        using var person = await Visitor.SignedInAsync(site, "first@example.com");
        using var other = await Visitor.SignedInAsync(site, "second@example.com");
        using var nobody = new Visitor(site.Server.Address);
        var first = await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, site.Server.Kick.World.Streamers[9].Id);
        var second = await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, site.Server.Kick.World.Streamers[9].Id);
        int grants = site.Server.Kick.Grants.All.Count;

        (await other.GetAsync(first.ToString())).Headers.Location!.ToString().ShouldContain("why=OtherBrowser");
        var alone = await nobody.GetAsync(second.ToString());
        alone.Headers.Location!.ToString().ShouldContain("why=OtherBrowser");
        alone.Headers.Location!.ToString().ShouldNotContain("code");
        (await nobody.GetAsync(alone.Headers.Location.ToString())).StatusCode.ShouldBe(HttpStatusCode.OK);
        site.Server.Kick.Grants.All.Count.ShouldBe(grants);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?code=x")]
    [InlineData("?state=x")]
    [InlineData("?code=x&state=a&state=b")]
    [InlineData("?code=x&code=y&state=a")]
    [InlineData("?code=x&error=y&state=a")]
    [InlineData("?error=access_denied")]
    public async Task A_malformed_way_back_is_a_400_with_the_words_for_it(string query)
    {
        using var person = await Visitor.SignedInAsync(site, "malformed@example.com");

        var answer = await person.GetAsync("/connect/kick/callback" + query);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        string page = await answer.Content.ReadAsStringAsync(Ct);
        page.ShouldContain("Kick was not linked");
        page.ShouldContain("Something about the way back was not in order.");
        page.ShouldNotContain("A form that was open for long");
    }

    [Fact]
    public async Task Only_what_is_linked_is_said_to_be()
    {
        using var person = await Visitor.SignedInAsync(site, "hopeful@example.com");
        (await (await person.GetAsync("/settings/links?linked=kick")).Content.ReadAsStringAsync(Ct)).ShouldNotContain("Kick is linked.");

        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, site.Server.Kick.World.Add("hopeful").Id)).ToString());

        (await (await person.GetAsync("/settings/links?linked=kick")).Content.ReadAsStringAsync(Ct)).ShouldContain("Kick is linked.");
    }

    [Fact]
    public async Task What_a_provider_says_is_never_markup()
    {
        using var person = await Visitor.SignedInAsync(site, "markup@example.com");
        var start = await person.StartAsync("kick");
        string state = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(start.Headers.Location!.Query)["state"].ToString();

        var back = await person.GetAsync($"/connect/kick/callback?error=%3Cscript%3E&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state={state}");

        back.Headers.Location!.ToString().ShouldContain("why=ProviderError");
        (await (await person.GetAsync(back.Headers.Location + "&why=%3Cscript%3Ealert(1)")).Content.ReadAsStringAsync(Ct)).ShouldNotContain("<script>alert(1)");
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("https:evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/%2F%2Fevil.example")]
    [InlineData("/\r\nLocation: https://evil.example")]
    public async Task The_way_back_never_leads_away(string returnUrl)
    {
        using var person = await Visitor.SignedInAsync(site, $"away{Math.Abs(returnUrl.GetHashCode(StringComparison.Ordinal))}@example.com");
        long account = site.Server.Kick.World.Add($"away-{Guid.NewGuid():N}"[..20]).Id;
        var callback = await Consent.AllowAsync((await person.StartAsync("kick", returnUrl)).Headers.Location!, account);

        (await person.GetAsync(callback.ToString())).Headers.Location!.ToString().ShouldBe("/");
    }

    [Fact]
    public async Task Ten_starts_a_minute_are_enough()
    {
        using var person = await Visitor.SignedInAsync(site, "eager@example.com");
        for (int i = 0; i < 10; i++)
        {
            (await person.StartAsync("kick")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }

        (await person.StartAsync("kick")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Checking_and_unlinking_count_as_going_there_does()
    {
        using var person = await Visitor.SignedInAsync(site, "impatient@example.com");
        long account = site.Server.Kick.World.Add("impatient").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        string page = await (await person.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        string link = page.Split("value=\"check-")[1].Split('"')[0];

        foreach (string act in new[] { "check", "unlink" })
        {
            // The minute may end between the two.
            await Eventually.ShouldAsync(
                async () =>
                {
                    while ((await person.GetAsync("/connect/kick/callback")).StatusCode != HttpStatusCode.TooManyRequests)
                    {
                    }

                    var answer = await person.PostFormAsync("/settings/links", "/settings/links", ("_handler", $"{act}-{link}"));
                    return answer.StatusCode == HttpStatusCode.TooManyRequests && (await answer.Content.ReadAsStringAsync(Ct)).Contains("That was too often.", StringComparison.Ordinal);
                },
                $"{act} is refused");
        }
    }

    [Fact]
    public async Task A_link_that_ended_is_told_of_on_every_page()
    {
        using var person = await Visitor.SignedInAsync(site, "bereft@example.com");
        long account = site.Server.Kick.World.Add("bereft").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        string page = await (await person.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        string link = page.Split("value=\"check-")[1].Split('"')[0];

        site.Server.Kick.Grants.Disconnect(account);
        await person.PostFormAsync("/settings/links", "/settings/links", ("_handler", $"check-{link}"));

        await Eventually.ShouldAsync(async () => (await (await person.GetAsync("/settings/profile")).Content.ReadAsStringAsync(Ct)).Contains("takes our key no longer", StringComparison.Ordinal), "the banner is there");
    }

    [Fact]
    public async Task Sixty_knocks_a_minute_are_enough_for_anybody()
    {
        using var person = await Visitor.SignedInAsync(site, "knocker@example.com");
        for (int i = 0; i < 60; i++)
        {
            (await person.GetAsync("/connect/kick/callback?state=x&code=y")).StatusCode.ShouldBe(HttpStatusCode.SeeOther, $"knock {i}");
        }

        (await person.GetAsync("/connect/kick/callback?state=x&code=y")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task An_Admin_links_only_soon_after_signing_in()
    {
        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync(RunningServer.AdminEmail);
        (await admin.StartAsync("kick")).Headers.Location!.ToString().ShouldContain("/oauth/authorize");

        await site.ExecuteAsync("UPDATE sign_ins SET at = at - interval '61 minutes' WHERE user_id = (SELECT id FROM users WHERE email = $1)", RunningServer.AdminEmail);

        (await admin.StartAsync("kick")).Headers.Location!.ToString().ShouldContain("why=SignInFirst");
    }
}
