using System.Net;

namespace KickMonitor.Tests.Browser;

/// <summary>What people do with their own account, at the real program and without a browser.</summary>
[Collection(nameof(Browser))]
public sealed class OwnSettingsTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signing_in_gives_a_new_session_and_signing_out_kills_every_copy_of_the_cookie()
    {
        using var person = await Visitor.SignedInAsync(site, "copied@example.com");
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

    [Theory]
    [InlineData("/settings/profile")]
    [InlineData("/settings/links")]
    [InlineData("/settings/security")]
    [InlineData("/settings/tokens")]
    public async Task No_form_of_the_settings_is_taken_without_its_own_token(string page)
    {
        using var person = await Visitor.SignedInAsync(site, "forged@example.com");
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
        using var person = await Visitor.SignedInAsync(site, "pictured@example.com");
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
        using var person = await Visitor.SignedInAsync(site, "curious@example.com");
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
}
