using System.Net;
using System.Net.Http.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Api;

public sealed class BorrowedRightsTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_token_for_people_does_not_grow_into_an_Admin()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        var other = await host.AddPersonAsync(Role.Admin);
        var viewer = await host.AddPersonAsync(Role.Viewer);
        using var client = host.As((await host.Services.GetRequiredService<ApiTokens>().CreateAsync(admin.Id, "people", CancellationToken.None, [TokenScope.Users])).Text);

        (await client.PostAsJsonAsync("/api/v1/users", new { email = "grown@example.com", role = "admin", password = "long enough pw 1" })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.PatchAsJsonAsync($"/api/v1/users/{viewer.Id}", new { role = "admin" })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        foreach (string way in new[] { "entry-link", "temporary-password" })
        {
            (await client.PostAsync($"/api/v1/users/{other.Id}/{way}", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }

        (await client.DeleteAsync($"/api/v1/users/{other.Id}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.PatchAsJsonAsync($"/api/v1/users/{viewer.Id}", new { role = "user" })).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_takes_away_their_own_password_or_second_step_where_neither_is_asked_for()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var browser = await host.SignedInAsync(admin);
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");

        (await browser.PostAsync($"/api/v1/users/{admin.Id}/temporary-password", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.PostAsync($"/api/v1/users/{admin.Id}/entry-link", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.DeleteAsync($"/api/v1/users/{admin.Id}/second-step")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.DeleteAsync($"/api/v1/users/{admin.Id}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("POST", "{0:D}/Entry-Link")]
    [InlineData("POST", "{0:D}/entry-link/")]
    [InlineData("POST", "{0:N}/temporary-password/")]
    [InlineData("DELETE", "{0:D}/second-step/")]
    [InlineData("DELETE", "{0:D}/")]
    [InlineData("DELETE", "{0:N}")]
    public async Task However_the_address_of_ones_own_account_is_written_nothing_is_taken_away_there(string method, string address)
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        await host.AddPersonAsync(Role.Admin);
        using var browser = await host.SignedInAsync(admin);
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");

        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/users/{string.Format(System.Globalization.CultureInfo.InvariantCulture, address, admin.Id)}");
        (await browser.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        (await host.People.FindAsync(admin.Id, CancellationToken.None)).ShouldNotBeNull().MustChangePassword.ShouldBeFalse();
    }

    [Fact]
    public async Task A_session_that_an_Admin_left_open_makes_no_Admin_and_opens_no_other_Admins_account()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        var other = await host.AddPersonAsync(Role.Admin);
        var viewer = await host.AddPersonAsync(Role.Viewer);
        using var browser = await host.SignedInAsync(admin);
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        (await browser.PatchAsJsonAsync($"/api/v1/users/{viewer.Id}", new { role = "user" })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.PostAsync($"/api/v1/users/{other.Id}/entry-link", null)).StatusCode.ShouldBe(HttpStatusCode.OK, "just signed in");

        await using (var db = await host.Services.GetRequiredService<IDbContextFactory<KickMonitorDb>>().CreateDbContextAsync())
        {
            await db.SignIns.Where(s => s.UserId == admin.Id).ExecuteUpdateAsync(set => set.SetProperty(s => s.At, s => s.At.AddHours(-2)));
        }

        (await browser.PostAsJsonAsync("/api/v1/users", new { email = "second@example.com", role = "admin", password = "long enough pw 1" })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.PatchAsJsonAsync($"/api/v1/users/{viewer.Id}", new { role = "admin" })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        foreach (string way in new[] { "entry-link", "temporary-password" })
        {
            (await browser.PostAsync($"/api/v1/users/{other.Id}/{way}", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }

        (await browser.DeleteAsync($"/api/v1/users/{other.Id}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await browser.PatchAsJsonAsync($"/api/v1/users/{viewer.Id}", new { role = "viewer" })).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
