using System.Net;
using KickMonitor.Sandbox;
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
        using var person = await SignedInAsync("starter@example.com");

        (await person.GetAsync("/connect/kick")).StatusCode.ShouldBeOneOf(HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);
        var bare = await person.PostAsync("/connect/kick", []);
        bare.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        bare.Headers.Location.ShouldBeNull();
        (await person.StartAsync("nobody")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_way_out_is_a_303_with_a_cookie_that_no_script_reads_and_an_address_that_no_header_bends()
    {
        using var person = await SignedInAsync("outbound@example.com");

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
        using var person = await SignedInAsync("inbound@example.com");
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
        using var person = await SignedInAsync("first@example.com");
        using var other = await SignedInAsync("second@example.com");
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
        using var person = await SignedInAsync("malformed@example.com");

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
        using var person = await SignedInAsync("hopeful@example.com");
        (await (await person.GetAsync("/settings/links?linked=kick")).Content.ReadAsStringAsync(Ct)).ShouldNotContain("Kick is linked.");

        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, site.Server.Kick.World.Add("hopeful").Id)).ToString());

        (await (await person.GetAsync("/settings/links?linked=kick")).Content.ReadAsStringAsync(Ct)).ShouldContain("Kick is linked.");
    }

    [Fact]
    public async Task What_a_provider_says_is_never_markup()
    {
        using var person = await SignedInAsync("markup@example.com");
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
        using var person = await SignedInAsync($"away{Math.Abs(returnUrl.GetHashCode(StringComparison.Ordinal))}@example.com");
        long account = site.Server.Kick.World.Add($"away-{Guid.NewGuid():N}"[..20]).Id;
        var callback = await Consent.AllowAsync((await person.StartAsync("kick", returnUrl)).Headers.Location!, account);

        (await person.GetAsync(callback.ToString())).Headers.Location!.ToString().ShouldBe("/");
    }

    [Fact]
    public async Task Ten_starts_a_minute_are_enough()
    {
        using var person = await SignedInAsync("eager@example.com");
        for (int i = 0; i < 10; i++)
        {
            (await person.StartAsync("kick")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }

        (await person.StartAsync("kick")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Checking_and_unlinking_count_as_going_there_does()
    {
        using var person = await SignedInAsync("impatient@example.com");
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
        using var person = await SignedInAsync("bereft@example.com");
        long account = site.Server.Kick.World.Add("bereft").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        string page = await (await person.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        string link = page.Split("value=\"check-")[1].Split('"')[0];

        site.Server.Kick.Grants.Disconnect(account);
        await person.PostFormAsync("/settings/links", "/settings/links", ("_handler", $"check-{link}"));

        await Eventually.ShouldAsync(async () => (await (await person.GetAsync("/settings/profile")).Content.ReadAsStringAsync(Ct)).Contains("takes our key no longer", StringComparison.Ordinal), "the banner is there");
    }

    [Fact]
    public async Task Signing_in_gives_a_new_session_and_signing_out_kills_every_copy_of_the_cookie()
    {
        using var person = await SignedInAsync("copied@example.com");
        string first = person.Session;
        await person.SignInAsync("copied@example.com");
        person.Session.ShouldNotBe(first);
        string copy = person.Session;
        (await person.GetAsync("/settings/profile")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await person.PostFormAsync("/settings/profile", "/signout");

        using var thief = new Visitor(site.Server.Address);
        (await thief.GetAsync("/settings/profile", copy)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await thief.GetAsync("/settings/profile", first)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Sixty_knocks_a_minute_are_enough_for_anybody()
    {
        using var person = await SignedInAsync("knocker@example.com");
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

    [Theory]
    [InlineData("/settings/profile")]
    [InlineData("/settings/links")]
    [InlineData("/settings/security")]
    [InlineData("/settings/tokens")]
    public async Task No_form_of_the_settings_is_taken_without_its_own_token(string page)
    {
        using var person = await SignedInAsync("forged@example.com");
        var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(await (await person.GetAsync(page)).Content.ReadAsStringAsync(Ct));
        var forms = document.QuerySelectorAll("main form[method=post]");
        forms.Length.ShouldBeGreaterThan(0);
        foreach (var form in forms)
        {
            string action = form.GetAttribute("action") is { Length: > 0 } elsewhere ? elsewhere : page;
            var fields = form.QuerySelectorAll("input[name=_handler]").Select(i => KeyValuePair.Create("_handler", i.GetAttribute("value")!)).ToList();

            (await person.PostAsync(action, fields)).StatusCode.ShouldBe(HttpStatusCode.BadRequest, $"{page} {fields.FirstOrDefault().Value}");
        }

        (await person.PostAsync("/signout", [])).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await person.PostAsync("/settings/security/passkey", [])).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await person.PostAsync("/signin/passkey", [])).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await person.GetAsync("/settings/profile")).StatusCode.ShouldBe(HttpStatusCode.OK, "still signed in");
    }

    [Fact]
    public async Task A_picture_is_taken_shown_to_its_owner_and_given_back()
    {
        using var person = await SignedInAsync("pictured@example.com");
        byte[] png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        (await (await person.GetAsync("/pictures/me")).Content.ReadAsStringAsync(Ct)).ShouldContain("<svg");

        (await (await person.UploadAsync("/settings/profile", "picture", "Picture.File", "<svg onload='alert(1)'/>"u8.ToArray())).Content.ReadAsStringAsync(Ct)).ShouldContain("no picture that can be used");
        (await (await person.UploadAsync("/settings/profile", "picture", "Picture.File", png)).Content.ReadAsStringAsync(Ct)).ShouldContain("Your picture is changed.");

        var own = await person.GetAsync("/pictures/me");
        own.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        (await own.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(png);
        own.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("sandbox");
        (await (await person.GetAsync("/settings/data.json")).Content.ReadAsStringAsync(Ct)).ShouldContain(Convert.ToBase64String(png));
        (await (await person.PostFormAsync("/settings/profile", "/settings/profile", ("_handler", "no-picture"))).Content.ReadAsStringAsync(Ct)).ShouldContain("Your picture is removed.");
        (await (await person.GetAsync("/pictures/me")).Content.ReadAsStringAsync(Ct)).ShouldContain("<svg");
    }

    [Fact]
    public async Task My_data_is_mine_and_holds_no_key_and_nobody_else()
    {
        using var person = await SignedInAsync("curious@example.com");
        string streamer = site.Server.Kick.World.Streamers[5].Slug;
        await site.Server.RunAsync("users", "assign", "curious@example.com", streamer, "--events");
        string token = await site.Server.RunAsync("tokens", "create", "--user", "curious@example.com", "--name", "long gone");
        await site.ExecuteAsync("UPDATE api_tokens SET revoked_at = now() WHERE name = $1", "long gone");
        await person.PostFormAsync("/settings/profile", "/settings/profile", ("_handler", "profile"), ("Input.Name", "Curious"));

        string data = await (await person.GetAsync("/settings/data.json")).Content.ReadAsStringAsync(Ct);

        data.ShouldContain("curious@example.com");
        data.ShouldNotContain("Hash");
        data.ShouldNotContain("stamp", Case.Insensitive);
        data.ShouldNotContain(token);
        using var read = System.Text.Json.JsonDocument.Parse(data);
        var assigned = read.RootElement.GetProperty("streamers")[0];
        (assigned.GetProperty("slug").GetString(), assigned.GetProperty("managesEvents").GetBoolean(), assigned.GetProperty("managesChat").GetBoolean()).ShouldBe((streamer, true, false));
        var ended = read.RootElement.GetProperty("apiTokens")[0];
        (ended.GetProperty("name").GetString(), ended.GetProperty("revokedAt").ValueKind).ShouldBe(("long gone", System.Text.Json.JsonValueKind.String));
        var audit = read.RootElement.GetProperty("audit").EnumerateArray().ToList();
        var own = audit.Single(a => a.GetProperty("what").GetString() == "user.changed");
        (own.GetProperty("byYou").GetBoolean(), own.GetProperty("address").GetString()).ShouldBe((true, "127.0.0.1"));
        foreach (string what in new[] { "user.created", "user.assigned", "token.created" })
        {
            var done = audit.Single(a => a.GetProperty("what").GetString() == what);
            (done.GetProperty("byYou").GetBoolean(), done.GetProperty("address").ValueKind).ShouldBe((false, System.Text.Json.JsonValueKind.Null), what);
        }
    }

    [Fact]
    public async Task Only_an_Admin_sees_the_health_of_all_links()
    {
        using var person = await SignedInAsync("nosy@example.com");
        (await person.GetAsync("/admin/links")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync(RunningServer.AdminEmail);
        var page = await admin.GetAsync("/admin/links");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        string html = await page.Content.ReadAsStringAsync(Ct);
        foreach (string secret in site.Server.Kick.Grants.EverySecret)
        {
            html.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task An_Admin_sees_what_Kick_has_yet_to_hear_and_asks_it_no_more_often_than_anybody()
    {
        using var person = await SignedInAsync("unheard@example.com");
        long account = site.Server.Kick.World.Add("unheard").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        await site.Server.RunAsync("users", "create", "--email", "overseer@example.com", "--role", "admin", "--password", RunningServer.Password);
        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync("overseer@example.com");
        string page = await (await admin.GetAsync("/admin/links")).Content.ReadAsStringAsync(Ct);
        string link = page.Split($"kick:{account}<")[1].Split("value=\"revoke-")[1].Split('"')[0];
        page.ShouldNotContain("id=\"waiting\"");

        // The minute may end between the two.
        await Eventually.ShouldAsync(
            async () =>
            {
                while ((await admin.GetAsync("/connect/kick/callback")).StatusCode != HttpStatusCode.TooManyRequests)
                {
                }

                return (await admin.PostFormAsync("/admin/links", "/admin/links", ("_handler", $"revoke-{link}"))).StatusCode == HttpStatusCode.TooManyRequests;
            },
            "it is refused");

        using var again = new Visitor(site.Server.Address);
        await again.SignInAsync(RunningServer.AdminEmail);
        site.Server.Kick.Faults.Add(FaultKind.ServiceUnavailable, EndpointGroup.Token, count: 2);
        string after = await (await again.PostFormAsync("/admin/links", "/admin/links", ("_handler", $"revoke-{link}"))).Content.ReadAsStringAsync(Ct);
        after.ShouldContain("id=\"waiting\"");
        after.ShouldContain("the provider is told, now or as soon as it listens.");
    }

    [Fact]
    public async Task An_Admin_moves_a_link_to_somebody_whom_they_name_and_soon_after_signing_in_only()
    {
        using var person = await SignedInAsync("mistaken@example.com");
        using var heir = await SignedInAsync("rightful@example.com");
        long account = site.Server.Kick.World.Add("moving").Id;
        await person.GetAsync((await Consent.AllowAsync((await person.StartAsync("kick")).Headers.Location!, account)).ToString());
        await site.Server.RunAsync("users", "create", "--email", "mover@example.com", "--role", "admin", "--password", RunningServer.Password);
        using var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync("mover@example.com");
        string page = await (await admin.GetAsync("/admin/links")).Content.ReadAsStringAsync(Ct);
        string row = page.Split($"kick:{account}<")[1].Split("</tr>")[0];
        string link = row.Split("value=\"move-")[1].Split('"')[0];
        row.ShouldContain("moving (kick) is mistaken@example.com&#x27;s.", Case.Insensitive);

        (await MoveAsync(string.Empty)).ShouldContain("Nothing was moved: say to whom");
        (await MoveAsync("nobody@example.com")).ShouldContain("There is no such person or link.");
        await site.ExecuteAsync("UPDATE sign_ins SET at = at - interval '61 minutes' WHERE user_id = (SELECT id FROM users WHERE email = $1)", "mover@example.com");
        (await MoveAsync("rightful@example.com")).ShouldContain("Nothing was moved: that takes a sign-in within the last hour.");
        (await (await heir.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct)).ShouldNotContain($"number {account}");

        await admin.SignInAsync("mover@example.com");
        (await MoveAsync("rightful@example.com")).ShouldContain("is moved from mistaken@example.com to rightful@example.com.");

        string gained = await (await heir.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        gained.ShouldContain($"number {account}");
        gained.ShouldContain("from another person");
        string lost = await (await person.GetAsync("/settings/links")).Content.ReadAsStringAsync(Ct);
        lost.ShouldNotContain($"number {account}");
        lost.ShouldContain("<span class=\"hint\">to another person</span>");

        async Task<string> MoveAsync(string to) => await (await admin.PostFormAsync("/admin/links", "/admin/links", ("_handler", $"move-{link}"), ("Move.To", to))).Content.ReadAsStringAsync(Ct);
    }

    private async Task<Visitor> SignedInAsync(string email)
    {
        if (!(await site.Server.RunAsync("users", "list", "--json")).Contains($"\"{email}\"", StringComparison.Ordinal))
        {
            await site.Server.RunAsync("users", "create", "--email", email, "--role", "user", "--password", RunningServer.Password);
        }

        var visitor = new Visitor(site.Server.Address);
        await visitor.SignInAsync(email);
        return visitor;
    }
}

/// <summary>A browser without eyes: cookies and forms, and no redirect followed.</summary>
internal sealed class Visitor(Uri site) : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private HttpClient? _http;

    public string Session => _cookies.GetCookies(site)["kickmonitor"]!.Value;

    private HttpClient Http => _http ??= new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies, AllowAutoRedirect = false }) { BaseAddress = site };

    public string? Cookie(string name) => _cookies.GetCookies(site)[name]?.Value;

    public void SetCookie(string name, string value) => _cookies.Add(site, new Cookie(name, value));

    public void Dispose() => _http?.Dispose();

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string address) => Http.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute));

    public Task<HttpResponseMessage> GetAsync(string address, string session)
    {
        _cookies.Add(site, new Cookie("kickmonitor", session));
        return GetAsync(address);
    }

    public async Task<HttpResponseMessage> PostAsync(string address, List<KeyValuePair<string, string>> fields, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(fields) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Http.SendAsync(request);
    }

    public async Task SignInAsync(string email, string password = RunningServer.Password)
    {
        var answer = await PostFormAsync("/signin", "/signin", ("Input.Email", email), ("Input.Password", password));
        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> StartAsync(string provider, params (string Name, string Value)[] headers) => StartAsync(provider, null, headers);

    public async Task<HttpResponseMessage> StartAsync(string provider, string? returnUrl, params (string Name, string Value)[] headers)
    {
        var fields = await TokenAsync("/settings/links");
        if (returnUrl is not null)
        {
            fields.Add(new("returnUrl", returnUrl));
        }

        return await PostAsync($"/connect/{provider}", fields, headers);
    }

    /// <summary>Sends a form with the token, and the name if there is one, that the page carries.</summary>
    public async Task<HttpResponseMessage> PostFormAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var all = (await TokenAsync(page)).Where(t => !fields.Any(f => f.Name == t.Key)).ToList();
        all.AddRange(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await PostAsync(action, all);
    }

    public async Task<HttpResponseMessage> UploadAsync(string page, string form, string field, byte[] file)
    {
        using var content = new MultipartFormDataContent
        {
            { new StringContent((await TokenAsync(page)).Single(t => t.Key == "__RequestVerificationToken").Value), "__RequestVerificationToken" },
            { new StringContent(form), "_handler" },
            { new ByteArrayContent(file), field, "a file" },
        };
        return await Http.PostAsync(new Uri(page, UriKind.Relative), content);
    }

    private async Task<List<KeyValuePair<string, string>>> TokenAsync(string page)
    {
        var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(await (await GetAsync(page)).Content.ReadAsStringAsync());
        return [.. document.QuerySelectorAll("input[name=__RequestVerificationToken], input[name=_handler]").Select(i => KeyValuePair.Create(i.GetAttribute("name")!, i.GetAttribute("value")!)).DistinctBy(f => f.Key)];
    }
}
