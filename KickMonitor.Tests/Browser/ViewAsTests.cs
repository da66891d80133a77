using System.Net;
using System.Text.Json;

namespace KickMonitor.Tests.Browser;

/// <summary>An Admin views the place as somebody else, at the real program.</summary>
[Collection(nameof(Browser))]
public sealed class ViewAsTests(Site site)
{
    private const string Nothing = "nothing can be changed";

    /// <summary>Every kind of request that changes something: forms of pages, the API by cookie, endpoints of their own.</summary>
    private static readonly (string Method, string Path)[] Doors =
    [
        ("POST", "/settings/profile"), ("POST", "/settings/security"), ("POST", "/settings/security/passkey"), ("POST", "/settings/tokens"), ("POST", "/settings/links"), ("POST", "/settings/groups"),
        ("POST", "/connect/kick"), ("GET", "/connect/kick/callback?state=x&code=y"), ("POST", "/signin"), ("POST", "/signin/passkey"), ("POST", "/signin/code"), ("POST", "/welcome"), ("POST", "/setup"),
        ("POST", "/admin/streamers"), ("POST", "/admin/users"), ("POST", "/admin/configuration"), ("POST", "/admin/data"), ("POST", "/admin/users/00000000-0000-0000-0000-000000000000/view"),
        ("POST", "/api/v1/streamers"), ("PATCH", "/api/v1/streamers/lana"), ("DELETE", "/api/v1/streamers/lana"), ("POST", "/api/v1/users"), ("PATCH", "/api/v1/users/00000000-0000-0000-0000-000000000000"),
        ("DELETE", "/api/v1/users/00000000-0000-0000-0000-000000000000"), ("POST", "/api/v1/assignments"), ("PUT", "/api/v1/configuration/Monitor:Interval"), ("PUT", "/api/v1/flags/x"), ("POST", "/api/v1/jobs/x/run"),
        ("PUT", "/nothing-here"), ("DELETE", "/"),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_door_is_shut_and_every_page_opens()
    {
        // Another Admin, to whom nothing would be refused for their role.
        using var admin = await ViewAsync("viewed@example.com", "admin");

        foreach (var (method, path) in Doors)
        {
            var answer = await admin.SendAsync(new HttpMethod(method), path);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
            (await answer.Content.ReadAsStringAsync(Ct)).ShouldContain(Nothing, Case.Insensitive, $"{method} {path}");
        }

        foreach (string page in new[] { "/", "/settings/profile", "/settings/links", "/settings/security", "/settings/tokens", "/settings/groups", "/events" })
        {
            var answer = await admin.GetAsync(page);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, page);
            (await answer.Content.ReadAsStringAsync(Ct)).ShouldContain("viewed@example.com", Case.Sensitive, page);
        }
    }

    [Fact]
    public async Task Where_somebody_signed_in_from_is_not_there_to_be_downloaded()
    {
        using var admin = await ViewAsync("private@example.com", "user");

        var answer = await admin.GetAsync("/settings/data.json");

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadAsStringAsync(Ct)).ShouldNotContain("private@example.com");
    }

    [Fact]
    public async Task Where_somebody_is_signed_in_is_shown_to_nobody_else()
    {
        // So that there is a session, and an address, to show.
        using var owner = await Visitor.SignedInAsync(site, "at-home@example.com");
        (await TextAsync(owner)).ShouldContain("127.0.0.1");

        using var admin = await ViewAsync("at-home@example.com", role: null);

        string page = await TextAsync(admin);
        page.ShouldContain("is shown to nobody else");
        page.ShouldNotContain("127.0.0.1");
        page.ShouldNotContain("id=\"sessions\"");
        page.ShouldNotContain("id=\"recent\"");

        static async Task<string> TextAsync(Visitor visitor) => await (await visitor.GetAsync("/settings/security")).Content.ReadAsStringAsync(Ct);
    }

    [Fact]
    public async Task The_view_belongs_to_the_session_that_began_it_and_ends_with_it()
    {
        using var admin = await ViewAsync("viewed-too@example.com", "user");
        (await admin.GetAsync("/admin/users")).StatusCode.ShouldBe(HttpStatusCode.Forbidden, "the other's role, not the Admin's");
        string view = admin.Cookie("kickmonitor.view")!;

        // The view's cookie beside another session of the same Admin shows the Admin.
        using var other = new Visitor(site.Server.Address);
        await other.SignInAsync(RunningServer.AdminEmail);
        other.SetCookie("kickmonitor.view", view);
        (await (await other.GetAsync("/settings/profile")).Content.ReadAsStringAsync(Ct)).ShouldContain(RunningServer.AdminEmail);

        string session = admin.Session;
        (await admin.PostFormAsync("/settings/profile", "/signout")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);

        admin.Cookie("kickmonitor.view").ShouldBeNull();
        using var thief = new Visitor(site.Server.Address);
        thief.SetCookie("kickmonitor.view", view);
        (await thief.GetAsync("/settings/profile", session)).StatusCode.ShouldBe(HttpStatusCode.Redirect, "nobody is signed in");
    }

    /// <param name="role">Null: they are there already.</param>
    private async Task<Visitor> ViewAsync(string email, string? role)
    {
        if (role is not null)
        {
            await site.Server.RunAsync("users", "create", "--email", email, "--role", role, "--password", RunningServer.Password);
        }

        using var users = JsonDocument.Parse(await site.Server.RunAsync("users", "list", "--json"));
        string id = users.RootElement.GetProperty("items").EnumerateArray().Single(u => u.GetProperty("email").GetString() == email).GetProperty("id").GetString()!;
        var admin = new Visitor(site.Server.Address);
        await admin.SignInAsync(RunningServer.AdminEmail);
        var begun = await admin.PostFormAsync("/settings/profile", $"/admin/users/{id}/view");
        begun.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await begun.Content.ReadAsStringAsync(Ct));
        string cookie = begun.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("kickmonitor.view=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        cookie.ShouldContain("path=/");
        return admin;
    }
}
