using System.Net;
using AngleSharp.Html.Parser;

namespace KickMonitor.Tests.Browser;

/// <summary>What comes after a form at the real program: a page with the reason where it is refused, and a clean way on where it is not.</summary>
[Collection(nameof(Browser))]
public sealed class RefusedFormsTests(Site site)
{
    private const string Words = "reload the page, and try again.";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/settings/profile")]
    [InlineData("/settings/security")]
    [InlineData("/connect/kick")]
    [InlineData("/view/stop")]
    [InlineData("/signout")]
    public async Task Who_sends_a_form_that_is_too_old_reads_what_to_do(string address)
    {
        using var person = await Visitor.SignedInAsync(site, "patient@example.com");

        await ShouldExplainAsync(await person.PostAsync(address, [new("_handler", "profile")]), isSignedIn: true);
        await ShouldExplainAsync(await person.PostAsync(address, [new("_handler", "profile"), new("__RequestVerificationToken", "another session's")]), isSignedIn: true);
    }

    [Fact]
    public async Task Whose_browser_lost_the_forms_cookie_reads_what_to_do_and_can_sign_in_after_it()
    {
        using var elsewhere = new Visitor(site.Server.Address);
        string token = new HtmlParser().ParseDocument(await (await elsewhere.GetAsync("/signin")).Content.ReadAsStringAsync(Ct)).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        using var person = new Visitor(site.Server.Address);

        await ShouldExplainAsync(
            await person.PostAsync("/signin", [new("__RequestVerificationToken", token), new("_handler", "signin"), new("Input.Email", "viewer@example.com"), new("Input.Password", RunningServer.Password)]),
            isSignedIn: false);

        await person.SignInAsync("viewer@example.com");
    }

    [Fact]
    public async Task Where_there_is_nothing_to_send_a_form_to_is_a_page_too()
    {
        using var person = await Visitor.SignedInAsync(site, "patient@example.com");

        var answer = await person.PostFormAsync("/settings/profile", "/connect/nobody");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync(Ct)).ShouldContain("<h1");
    }

    [Fact]
    public async Task A_form_that_is_taken_leads_on_by_a_get()
    {
        using var person = await Visitor.SignedInAsync(site, "patient@example.com");

        var answer = await person.PostFormAsync("/settings/profile", "/signout");

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        answer.Headers.Location!.ToString().ShouldBe("/signin");
    }

    [Fact]
    public async Task A_form_that_comes_back_comes_back_without_the_password()
    {
        using var person = new Visitor(site.Server.Address);
        await site.Server.RunAsync("users", "create", "--email", "overlooked@example.com", "--role", "user", "--password", RunningServer.Password);
        await person.SignInAsync("overlooked@example.com");

        string weak = await (await person.PostFormAsync("/settings/security", "/settings/security", ("_handler", "password"), ("Password.Current", RunningServer.Password), ("Password.New", "weak marker"))).Content.ReadAsStringAsync();
        string unsure = await (await person.PostFormAsync("/settings/profile", "/settings/profile", ("_handler", "farewell"), ("Farewell.Password", RunningServer.Password))).Content.ReadAsStringAsync();

        weak.ShouldContain("Current password");
        weak.ShouldNotContain(RunningServer.Password);
        weak.ShouldNotContain("weak marker");
        unsure.ShouldNotContain(RunningServer.Password);
    }

    [Fact]
    public async Task No_way_on_goes_where_the_Host_of_a_request_says()
    {
        using var person = new Visitor(site.Server.Address);
        using var asked = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Server.Address, "/settings/profile?x=1"));
        asked.Headers.Host = "evil.example";
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });

        (await http.SendAsync(asked, Ct)).Headers.Location!.ToString().ShouldBe("/signin?returnUrl=%2Fsettings%2Fprofile%3Fx%3D1");
        var entered = await person.PostAsync(
            "/signin?returnUrl=/events", [.. await FieldsAsync(person), new("_handler", "signin"), new("Input.Email", "viewer@example.com"), new("Input.Password", RunningServer.Password)], ("Host", "evil.example"));
        entered.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        entered.Headers.Location!.ToString().ShouldBe("/events");
    }

    private static async Task<IEnumerable<KeyValuePair<string, string>>> FieldsAsync(Visitor person) =>
        [new("__RequestVerificationToken", new HtmlParser().ParseDocument(await (await person.GetAsync("/signin")).Content.ReadAsStringAsync(Ct)).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!)];

    private static async Task ShouldExplainAsync(HttpResponseMessage answer, bool isSignedIn)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        var page = new HtmlParser().ParseDocument(await answer.Content.ReadAsStringAsync(Ct));
        page.QuerySelector("h1")!.TextContent.ShouldBe("That request was not understood");
        page.QuerySelector("main")!.TextContent.ShouldContain(Words);
        (page.QuerySelector("form[action='/signout']") is not null).ShouldBe(isSignedIn, "the rest of the page is there for whoever it is");
    }
}
