using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Web.Api;

/// <summary>A program always learns what went wrong from problem+json.</summary>
public sealed class ErrorsTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("GET", "/api/v1/status")]
    [InlineData("GET", "/api/v1/nothing-here")]
    [InlineData("DELETE", "/api/v1/status")]
    public async Task Nobody_is_asked_to_sign_in_whatever_they_want(string method, string path)
    {
        using var client = host.As((string?)null);

        var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        await answer.ShouldBeProblemAsync(401);
        answer.Headers.WwwAuthenticate.ShouldContain(new AuthenticationHeaderValue("Bearer"));
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing-here", 404)]
    [InlineData("GET", "/api", 404)]
    [InlineData("GET", "/api/v2/streamers", 404)]
    [InlineData("GET", "/api/v1/users/not-an-id", 404)]
    [InlineData("GET", "/api/v1/streamers/%2e%2e%2fadmin", 404)]
    [InlineData("DELETE", "/api/v1/status", 405)]
    [InlineData("PUT", "/api/v1/streamers", 405)]
    public async Task An_address_that_leads_nowhere_says_so(string method, string path, int status)
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        await (await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path))).ShouldBeProblemAsync(status);
    }

    [Theory]
    [InlineData("{", "application/json", 400)]
    [InlineData("", "application/json", 400)]
    [InlineData("null", "application/json", 400)]
    [InlineData("[1]", "application/json", 400)]
    [InlineData("{\"slug\":7}", "application/json", 400)]
    [InlineData("slug=lana", "application/x-www-form-urlencoded", 415)]
    [InlineData("{\"slug\":\"lana\"}", "text/plain", 415)]
    public async Task A_body_that_cannot_be_read_is_refused(string body, string type, int status)
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        await (await client.PostAsync("/api/v1/streamers", new StringContent(body, Encoding.UTF8, type))).ShouldBeProblemAsync(status);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        await (await client.PostAsJsonAsync("/api/v1/streamers", new { slug = new string('a', 70_000) })).ShouldBeProblemAsync(413);
    }

    [Fact]
    public async Task Whoever_prefers_a_page_gets_a_problem_all_the_same()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");

        await (await client.GetAsync("/api/v1/streamers/nobody")).ShouldBeProblemAsync(404);
        await (await client.GetAsync("/api/v1/nothing-here")).ShouldBeProblemAsync(404);
    }

    [Fact]
    public async Task A_failure_of_ours_leaves_a_trace_and_no_inside()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var answer = await client.GetAsync("/api/test/failure");

        (await answer.ShouldBeProblemAsync(500)).GetProperty("traceId").GetString().ShouldNotBeNullOrEmpty();
        string body = await answer.Content.ReadAsStringAsync();
        body.ShouldNotContain("secret");
        body.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task When_kick_cannot_be_asked_nothing_is_added_and_the_reason_is_told()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        host.Kick.Faults.Add(new Fault(FaultKind.Unauthorized) { Group = EndpointGroup.Channels });
        try
        {
            await (await client.PostAsJsonAsync("/api/v1/streamers", new { slug = "unlucky" })).ShouldBeProblemAsync(503);
        }
        finally
        {
            host.Kick.Faults.Clear();
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Origin", "https://evil.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "https://monitor.example", true)]
    [InlineData("X-Nothing", "1", true)]
    public async Task Another_website_cannot_act_with_somebodys_cookie(string header, string value, bool passes)
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var browser = await host.SignedInAsync(admin);
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/users/{admin.Id}") { Content = JsonContent.Create(new { displayName = "Me" }) };
        request.Headers.Add(header, value);

        var answer = await browser.SendAsync(request);

        answer.StatusCode.ShouldBe(passes ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_program_may_say_it_comes_from_anywhere()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        client.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");

        (await client.PatchAsJsonAsync($"/api/v1/users/{admin.Id}", new { displayName = "Me" })).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_nobody_would_send_is_refused_or_finds_nothing_and_is_no_failure_of_ours()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        (await client.GetAsync("/api/v1/configuration/changes?key=%00")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await client.PutAsJsonAsync("/api/v1/flags/handlers.log", new { on = true, streamers = new string?[] { null } })).ShouldBeProblemAsync(400);
        await (await client.PutAsJsonAsync("/api/v1/configuration/Monitor:Interval", new { value = "2\0" })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/users", new { email = "a@example.org", displayName = "a\0b" })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/assignments", new { users = new string?[] { null }, streamers = new string?[] { null } })).ShouldBeProblemAsync(404);
        foreach (string list in new[] { "users?search=", "audit?person=", "audit?verb=", "audit?subject=", "events?type=", "streamers?search=" })
        {
            (await client.GetAsync($"/api/v1/{list}%00")).StatusCode.ShouldBe(HttpStatusCode.OK, list);
        }
    }
}
