using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Tests.Web.Api;

public sealed class UsersApiTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_user_without_a_password_gets_one_that_is_shown_once()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var answer = await client.PostAsJsonAsync("/api/v1/users", new { email = "carla@example.com", role = "user", displayName = "Carla" });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var created = await answer.JsonAsync();
        created.GetProperty("generatedPassword").GetString().ShouldNotBeNullOrEmpty();
        created.GetProperty("role").GetString().ShouldBe("user");

        var read = await client.ReadAsync(answer.Headers.Location!.OriginalString);
        read.EnumerateObject().Select(p => p.Name).ShouldBe(["id", "email", "displayName", "role", "disabled", "twoFactor", "lastSignInAt"]);
        read.GetProperty("displayName").GetString().ShouldBe("Carla");
    }

    [Fact]
    public async Task A_named_password_is_not_repeated()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var answer = await client.PostAsJsonAsync("/api/v1/users", new { email = "named@example.com", password = "long enough and odd 7" });

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await answer.JsonAsync()).TryGetProperty("generatedPassword", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Whom_the_place_cannot_take_is_refused()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);

        await (await client.PostAsJsonAsync("/api/v1/users", new { email = admin.Email.ToUpperInvariant() })).ShouldBeProblemAsync(409);
        await (await client.PostAsJsonAsync("/api/v1/users", new { email = "no address" })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/users", new { })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/users", new { email = "x@example.com", password = "short" })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/users", new { email = "x@example.com", role = "owner" })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/users", new { email = "x@example.com", displayName = "a\u0000b" })).ShouldBeProblemAsync(400);
    }

    [Fact]
    public async Task A_change_touches_what_it_names_and_acts_at_once()
    {
        var person = await host.AddPersonAsync(Role.Viewer);
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        string path = $"/api/v1/users/{person.Id}";

        await client.PatchAsJsonAsync(path, new { displayName = "Pat", role = "admin" });
        var disabled = await (await client.PatchAsJsonAsync(path, new { disabled = true })).JsonAsync();

        disabled.GetProperty("displayName").GetString().ShouldBe("Pat");
        disabled.GetProperty("role").GetString().ShouldBe("admin");
        disabled.GetProperty("disabled").GetBoolean().ShouldBeTrue();
        using var theirs = host.As(person);
        await Wait.UntilAsync(async () => (await theirs.GetAsync("/api/v1/status")).StatusCode == HttpStatusCode.Unauthorized);

        var named = await (await client.PatchAsJsonAsync(path, new { displayName = (string?)null })).JsonAsync();
        named.GetProperty("displayName").ValueKind.ShouldBe(JsonValueKind.Null);
        await (await client.PatchAsJsonAsync(path, new { })).ShouldBeProblemAsync(400);
        await (await client.PatchAsJsonAsync($"/api/v1/users/{Guid.NewGuid()}", new { disabled = true })).ShouldBeProblemAsync(404);
    }

    [Fact]
    public async Task An_assignment_opens_a_streamer_and_its_end_closes_it()
    {
        await host.WatchAsync("assigned");
        var person = await host.AddPersonAsync(Role.Viewer);
        using var admin = host.As(await host.AddPersonAsync(Role.Admin));
        using var viewer = host.As(person);
        string assignment = $"/api/v1/users/{person.Id}/streamers/assigned";

        (await admin.PutAsync(assignment, null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await admin.PutAsync(assignment, null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Wait.UntilAsync(async () => (await viewer.GetAsync("/api/v1/streamers/assigned")).IsSuccessStatusCode);

        (await admin.DeleteAsync(assignment)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Wait.UntilAsync(async () => (await viewer.GetAsync("/api/v1/streamers/assigned")).StatusCode == HttpStatusCode.NotFound);
        await (await admin.DeleteAsync(assignment)).ShouldBeProblemAsync(404);
        await (await admin.PutAsync($"/api/v1/users/{person.Id}/streamers/nobody", null)).ShouldBeProblemAsync(404);
        await (await admin.PutAsync($"/api/v1/users/{Guid.NewGuid()}/streamers/assigned", null)).ShouldBeProblemAsync(404);
    }

    [Fact]
    public async Task Users_come_in_pages()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        await host.AddPersonAsync(Role.Viewer);

        var first = await client.ReadAsync("/api/v1/users?limit=1");
        var second = await client.ReadAsync("/api/v1/users?limit=1&after=" + first.GetProperty("next").GetString());

        first.GetProperty("items").Strings("id").ShouldNotBe(second.GetProperty("items").Strings("id"));
    }
}

/// <summary>In a place of its own, where who is the last Admin depends on nobody else.</summary>
public sealed class LastAdminTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task The_last_admin_cannot_be_demoted_disabled_or_deleted()
    {
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        string path = $"/api/v1/users/{admin.Id}";

        await (await client.PatchAsJsonAsync(path, new { role = "viewer", displayName = "Gone" })).ShouldBeProblemAsync(409);
        await (await client.PatchAsJsonAsync(path, new { disabled = true })).ShouldBeProblemAsync(409);
        await (await client.DeleteAsync(path)).ShouldBeProblemAsync(409);

        var still = await client.ReadAsync(path);
        still.GetProperty("role").GetString().ShouldBe("admin");
        still.GetProperty("displayName").ValueKind.ShouldBe(JsonValueKind.Null);

        var second = await host.AddPersonAsync(Role.Admin);
        (await client.DeleteAsync($"/api/v1/users/{second.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var theirs = host.As(second);
        await (await theirs.GetAsync("/api/v1/status")).ShouldBeProblemAsync(401);
    }
}
