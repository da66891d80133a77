using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Tests.Browser;

/// <summary>Who may open which page. A new page without a line here fails.</summary>
[Collection(nameof(Browser))]
public sealed class PageAccessTests(Site site)
{
    internal const string Anyone = "anyone";
    internal const string SignedIn = "signed in";
    internal const string Admin = "admin";

    internal static readonly Dictionary<string, string> Pages = new(StringComparer.Ordinal)
    {
        ["/"] = SignedIn,
        ["/streamers/{Slug}"] = SignedIn,
        ["/settings"] = SignedIn,
        ["/settings/profile"] = SignedIn,
        ["/settings/links"] = SignedIn,
        ["/settings/groups"] = SignedIn,
        ["/settings/security"] = SignedIn,
        ["/settings/tokens"] = SignedIn,
        ["/admin/links"] = Admin,
        ["/connect/{Provider}/problem"] = Anyone,
        ["/signin/code"] = Anyone,
        ["/admin"] = Admin,
        ["/admin/streamers"] = Admin,
        ["/admin/streamers/{Slug}"] = Admin,
        ["/admin/users"] = Admin,
        ["/admin/users/{Id:guid}"] = Admin,
        ["/admin/audit"] = Admin,
        ["/welcome"] = Anyone,
        ["/admin/webhooks"] = Admin,
        ["/admin/configuration"] = Admin,
        ["/admin/flags"] = Admin,
        ["/admin/jobs"] = Admin,
        ["/admin/health"] = Admin,
        ["/admin/data"] = Admin,
        ["/events"] = SignedIn,
        ["/signin"] = Anyone,
        ["/setup"] = Anyone,
        ["/error"] = Anyone,
        ["/not-found"] = Anyone,
        ["/refused/{Status:int}"] = Anyone,
    };

    [Fact]
    public void Every_page_has_a_line() =>
        typeof(KickMonitor.Web.Pages.PageServices).Assembly.GetTypes().SelectMany(t => t.GetCustomAttributes<RouteAttribute>()).Select(r => r.Template)
            .Order(StringComparer.Ordinal).ShouldBe(Pages.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public async Task Nobody_is_sent_to_sign_in_and_learns_nothing()
    {
        using var http = Client();
        foreach (var (page, who) in Pages)
        {
            var answer = await http.GetAsync(Address(page));
            if (who == Anyone)
            {
                answer.StatusCode.ShouldNotBe(HttpStatusCode.Unauthorized, page);
                continue;
            }

            answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, page);
            answer.Headers.Location!.ToString().ShouldStartWith("/signin?returnUrl=", Case.Sensitive, page);
            (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty(page);
        }
    }

    [Theory]
    [InlineData("viewer@example.com", false)]
    [InlineData("user@example.com", false)]
    [InlineData(RunningServer.AdminEmail, true)]
    public async Task People_open_what_their_role_opens(string email, bool isAdmin)
    {
        using var http = Client();
        await SignInAsync(http, email);
        foreach (var (page, who) in Pages.Where(p => p.Value != Anyone))
        {
            var expected = who == Admin && !isAdmin ? HttpStatusCode.Forbidden : page.Contains("{Slug}", StringComparison.Ordinal) && !isAdmin ? HttpStatusCode.NotFound : HttpStatusCode.OK;
            (await http.GetAsync(Address(page))).StatusCode.ShouldBe(expected, $"{page} for {email}");
        }
    }

    [Fact]
    public async Task Every_answer_carries_the_headers_that_bind_browsers()
    {
        using var http = Client();
        foreach (string path in new[] { "/signin", "/", "/api/v1/streamers", "/app.css", "/healthz", "/nothing-here", "/openapi/v1.json" })
        {
            var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("script-src 'self';", Case.Sensitive, path);
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'", Case.Sensitive, path);
            answer.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff", path);
            answer.Headers.GetValues("Referrer-Policy").Single().ShouldBe("same-origin", path);
            answer.Headers.Contains("Server").ShouldBeFalse(path);
        }
    }

    [Fact]
    public async Task A_circuit_is_refused_to_pages_of_other_sites()
    {
        using var http = Client();
        await SignInAsync(http, "viewer@example.com");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/_blazor/negotiate?negotiateVersion=1", UriKind.Relative));
        request.Headers.Add("Origin", "https://evil.example");

        (await http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private Uri Address(string page) => new(AddressOf(page, site), UriKind.Relative);

    internal static string AddressOf(string page, Site site) =>
        page.Replace("{Slug}", site.Server.Kick.World.Streamers[7].Slug, StringComparison.Ordinal).Replace("{Id:guid}", Guid.Empty.ToString(), StringComparison.Ordinal).Replace("{Provider}", "kick", StringComparison.Ordinal).Replace("{Status:int}", "404", StringComparison.Ordinal);

    private HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = site.Server.Address };

    private static async Task SignInAsync(HttpClient http, string email)
    {
        string page = await http.GetStringAsync(new Uri("/signin", UriKind.Relative));
        const string field = "name=\"__RequestVerificationToken\" value=\"";
        string rest = page[(page.IndexOf(field, StringComparison.Ordinal) + field.Length)..];
        using var form = new FormUrlEncodedContent(
        [
            new("_handler", "signin"),
            new("__RequestVerificationToken", rest[..rest.IndexOf('"')]),
            new("Input.Email", email),
            new("Input.Password", RunningServer.Password),
        ]);
        (await http.PostAsync(new Uri("/signin", UriKind.Relative), form)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }
}
