using System.Net;
using AngleSharp.Html.Parser;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Tests.Browser;

/// <summary>Somebody has a person's session, and not their password: an open browser, or a copy of the cookie.</summary>
[Collection(nameof(Browser))]
public sealed class BorrowedSessionTests(Site site)
{
    private const string Security = "/settings/security";
    private const string Tokens = "/settings/tokens";
    private const string Code = "/signin/code";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_makes_no_token_and_after_ten_guesses_not_even_for_the_right_password_and_nobody_is_locked_out()
    {
        using var person = await Visitor.SignedInAsync(site, "borrowed-token@example.com");

        (await NewTokenAsync(person, null)).ShouldNotContain("class=\"secret\"");
        for (int i = 0; i < 10; i++)
        {
            (await NewTokenAsync(person, $"guess number {i}")).ShouldContain("That is not your password.");
        }

        (await NewTokenAsync(person, RunningServer.Password)).ShouldContain("Too many failed attempts.");
        using var elsewhere = new Visitor(site.Server.Address);
        await elsewhere.SignInAsync("borrowed-token@example.com");
        (await NewTokenAsync(elsewhere, RunningServer.Password)).ShouldContain("class=\"secret\"");
    }

    [Fact]
    public async Task It_makes_no_token_that_may_more_than_its_owner()
    {
        using var person = await Visitor.SignedInAsync(site, "ambitious@example.com");

        (await NewTokenAsync(person, RunningServer.Password, "admin")).ShouldNotContain("class=\"secret\"");
    }

    [Fact]
    public async Task It_confirms_no_second_step_and_sees_no_key_that_lies_about()
    {
        using var person = await Visitor.SignedInAsync(site, "borrowed-step@example.com");
        using var other = await Visitor.SignedInAsync(site, "other-step@example.com");
        var shown = await SetUpAsync(person);
        var others = await SetUpAsync(other);
        string code = Totp.CodeAt(shown.Key, DateTimeOffset.UtcNow);

        foreach (string? proof in new[] { null, string.Empty, "CfDJ8", others.Proof })
        {
            string refused = await TextAsync(await PostAsync(person, "confirm", ("Code.Code", code), ("Code.Proof", proof ?? string.Empty)));
            refused.ShouldContain("Your password was asked for too long ago.");
            refused.ShouldNotContain(shown.Key[..4] + " " + shown.Key[4..8]);
            refused.ShouldNotContain("class=\"codes\"");
        }

        (await TextAsync(await PostAsync(person, "confirm", ("Code.Code", code), ("Code.Proof", shown.Proof)))).ShouldContain("The second step is on.");
    }

    [Fact]
    public async Task Whatever_ends_it_takes_it_off_the_list_of_where_one_is_signed_in()
    {
        using var thief = await Visitor.SignedInAsync(site, "listed@example.com");
        using var person = new Visitor(site.Server.Address);
        await person.SignInAsync("listed@example.com");
        (await TextAsync(await person.GetAsync(Security))).ShouldContain("Sign out everywhere else");

        await SetUpAsync(person);

        (await TextAsync(await person.GetAsync(Security))).ShouldNotContain("Sign out everywhere else");
        (await thief.GetAsync(Security)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("codes")]
    [InlineData("off")]
    public async Task It_neither_ends_a_second_step_nor_makes_codes(string act)
    {
        using var person = await Visitor.SignedInAsync(site, $"guarded-{act}@example.com");
        var shown = await SetUpAsync(person);
        await PostAsync(person, "confirm", ("Code.Code", Totp.CodeAt(shown.Key, DateTimeOffset.UtcNow)), ("Code.Proof", shown.Proof));

        string refused = await TextAsync(await PostAsync(person, "ending", ("Ending.Password", "not the password"), ("Ending.Act", act)));

        refused.ShouldContain("That is not your password.");
        refused.ShouldContain("Signing in asks for a code");
        refused.ShouldNotContain("class=\"codes\"");
    }

    [Fact]
    public async Task It_makes_no_passkey_and_deletes_nothing()
    {
        using var person = await Visitor.SignedInAsync(site, "borrowed-end@example.com");

        (await person.PostFormAsync(Security, "/settings/security/passkey", ("Passkey.Name", "mine"), ("Passkey.Password", "not the password"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await TextAsync(await person.PostFormAsync("/settings/profile", "/settings/profile", ("_handler", "farewell"), ("Farewell.Password", "not the password"), ("Farewell.IsSure", "true"))))
            .ShouldContain("That is not your password.");

        using var again = new Visitor(site.Server.Address);
        await again.SignInAsync("borrowed-end@example.com");
    }

    [Fact]
    public async Task Who_knows_the_password_that_somebody_else_made_makes_nothing_that_outlives_it()
    {
        using var owner = await Visitor.SignedInAsync(site, "borrowed-temporary@example.com");
        string temporary = await site.Server.RunAsync("users", "reset-password", "borrowed-temporary@example.com", "--temporary");
        using var thief = new Visitor(site.Server.Address);
        await thief.SignInAsync("borrowed-temporary@example.com", temporary);

        string page = await TextAsync(await thief.GetAsync(Security));
        page.ShouldContain("Somebody else made your password.");
        page.ShouldNotContain("data-passkey");
        (await TextAsync(await PostAsync(thief, "starting", ("Starting.Password", temporary)))).ShouldNotContain("class=\"secret\"");

        string changed = await TextAsync(await PostAsync(thief, "password", ("Password.Current", temporary), ("Password.New", RunningServer.Password)));
        changed.ShouldContain("The password is changed.", Case.Sensitive, changed[Math.Max(0, changed.IndexOf("<main", StringComparison.Ordinal))..]);
        page = await TextAsync(await thief.GetAsync(Security));
        page.ShouldContain("data-passkey", Case.Sensitive, page[Math.Max(0, page.IndexOf("<main", StringComparison.Ordinal))..]);
    }

    [Fact]
    public async Task Who_stands_before_the_second_step_with_a_password_that_is_another_by_now_begins_anew()
    {
        using var person = await Visitor.SignedInAsync(site, "halfway@example.com");
        var shown = await SetUpAsync(person);
        var on = new HtmlParser().ParseDocument(await TextAsync(await PostAsync(person, "confirm", ("Code.Code", Totp.CodeAt(shown.Key, DateTimeOffset.UtcNow)), ("Code.Proof", shown.Proof))));
        string[] codes = [.. on.QuerySelectorAll(".codes code").Select(c => c.TextContent)];
        using var friend = new Visitor(site.Server.Address);
        using var thief = new Visitor(site.Server.Address);
        await friend.SignInAsync("halfway@example.com");
        await thief.SignInAsync("halfway@example.com");
        await friend.PostFormAsync(Code, Code, ("Input.Code", codes[0]));
        (await friend.GetAsync(Security)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var form = await thief.FormAsync(Code);

        await site.Server.RunAsync("users", "reset-password", "halfway@example.com", "--temporary");
        await thief.PostAsync(Code, [.. form, new("Input.Code", codes[1])]);

        (await thief.GetAsync(Security)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await thief.GetAsync(Code)).Headers.Location!.ToString().ShouldEndWith("/signin");
    }

    private static async Task<(string Key, string Proof)> SetUpAsync(Visitor person)
    {
        var page = new HtmlParser().ParseDocument(await TextAsync(await PostAsync(person, "starting", ("Starting.Password", RunningServer.Password))));
        return (page.QuerySelector(".secret code")!.TextContent.Replace(" ", string.Empty, StringComparison.Ordinal), page.QuerySelector("input[name='Code.Proof']")!.GetAttribute("value")!);
    }

    private static Task<HttpResponseMessage> PostAsync(Visitor person, string form, params (string, string)[] fields) => person.PostFormAsync(Security, Security, [.. fields, ("_handler", form)]);

    private static async Task<string> NewTokenAsync(Visitor person, string? password, string scope = "read") => await TextAsync(await person.PostFormAsync(
        Tokens, Tokens, [("_handler", "new-token"), ("New.Name", "a program"), ("New.Scopes", scope), ("New.Days", "30"), .. password is null ? [] : new[] { ("New.Password", password) }]));

    private static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Ct);
}
