using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Streamers;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Api;

/// <summary>Every route for every kind of caller. A new endpoint without a row fails.</summary>
public sealed class RoleMatrixTests(ApiHost host) : IClassFixture<ApiHost>
{
    // Nobody, an unknown or revoked token, and a disabled person always get 401; the columns are the others.
    private static readonly Row[] Rows =
    [
        //                                                            unassigned, assigned Viewer, assigned User, Admin
        new("GET", "/api/v1/streamers", "/api/v1/streamers", 200, 200, 200, 200),
        new("POST", "/api/v1/streamers", "/api/v1/streamers", 403, 403, 403, 201, new { slug = "brand-new" }),
        new("GET", "/api/v1/streamers/{slug}", "/api/v1/streamers/lana", 404, 200, 200, 200),
        new("PATCH", "/api/v1/streamers/{slug}", "/api/v1/streamers/lana", 403, 403, 403, 200, new { paused = false }),
        new("DELETE", "/api/v1/streamers/{slug}", "/api/v1/streamers/doomed", 403, 403, 403, 204),
        new("GET", "/api/v1/streamers/{slug}/status-events", "/api/v1/streamers/lana/status-events", 404, 200, 200, 200),
        new("GET", "/api/v1/streamers/{slug}/broadcasts", "/api/v1/streamers/lana/broadcasts", 404, 200, 200, 200),
        new("GET", "/api/v1/streamers/{slug}/viewers", "/api/v1/streamers/lana/viewers", 404, 200, 200, 200),
        new("GET", "/api/v1/events", "/api/v1/events", 200, 200, 200, 200),
        new("GET", "/api/v1/status", "/api/v1/status", 200, 200, 200, 200),
        new("GET", "/api/v1/users", "/api/v1/users", 403, 403, 403, 200),
        new("POST", "/api/v1/users", "/api/v1/users", 403, 403, 403, 201, new { email = "new@example.com", role = "viewer" }),
        new("GET", "/api/v1/users/{id:guid}", "/api/v1/users/{other}", 404, 404, 404, 200),
        new("GET", "/api/v1/users/{id:guid}", "/api/v1/users/{self}", 200, 200, 200, 200),
        new("PATCH", "/api/v1/users/{id:guid}", "/api/v1/users/{other}", 403, 403, 403, 200, new { displayName = "Somebody" }),
        new("PATCH", "/api/v1/users/{id:guid}", "/api/v1/users/{self}", 403, 403, 403, 200, new { displayName = "Me" }),
        new("PUT", "/api/v1/users/{id:guid}/streamers/{slug}", "/api/v1/users/{other}/streamers/lana", 403, 403, 403, 204),
        new("GET", "/api/v1/users/{id:guid}/streamers/{slug}", "/api/v1/users/{other}/streamers/lana", 404, 404, 404, 200),
        new("GET", "/api/v1/users/{id:guid}/streamers/{slug}", "/api/v1/users/{self}/streamers/lana", 404, 200, 200, 404),
        new("DELETE", "/api/v1/users/{id:guid}/streamers/{slug}", "/api/v1/users/{other}/streamers/lana", 403, 403, 403, 204),
        new("GET", "/api/v1/users/{id:guid}/streamers", "/api/v1/users/{other}/streamers", 404, 404, 404, 200),
        new("GET", "/api/v1/users/{id:guid}/streamers", "/api/v1/users/{self}/streamers", 200, 200, 200, 200),
        new("GET", "/api/v1/streamers/{slug}/users", "/api/v1/streamers/lana/users", 403, 403, 403, 200),
        new("GET", "/api/v1/streamers/{slug}/details", "/api/v1/streamers/lana/details", 403, 403, 403, 200),
        new("POST", "/api/v1/assignments", "/api/v1/assignments", 403, 403, 403, 200, new { users = new[] { "{other}" }, streamers = new[] { "lana" } }),
        new("POST", "/api/v1/assignments/end", "/api/v1/assignments/end", 403, 403, 403, 200, new { users = new[] { "{other}" }, streamers = new[] { "lana" } }),
        new("POST", "/api/v1/users/{id:guid}/entry-link", "/api/v1/users/{other}/entry-link", 403, 403, 403, 200),
        new("POST", "/api/v1/users/{id:guid}/temporary-password", "/api/v1/users/{other}/temporary-password", 403, 403, 403, 200),
        new("POST", "/api/v1/users/{id:guid}/sign-out", "/api/v1/users/{other}/sign-out", 403, 403, 403, 204),
        new("DELETE", "/api/v1/users/{id:guid}/second-step", "/api/v1/users/{other}/second-step", 403, 403, 403, 404),
        new("GET", "/api/v1/groups", "/api/v1/groups", 200, 200, 200, 200),
        new("POST", "/api/v1/groups", "/api/v1/groups", 403, 403, 403, 201, new { name = "made-here" }),
        new("GET", "/api/v1/groups/{name}", "/api/v1/groups/lanas", 404, 200, 200, 200),
        new("PATCH", "/api/v1/groups/{name}", "/api/v1/groups/lanas", 403, 403, 403, 200, new { @public = false }),
        new("PUT", "/api/v1/groups/{name}/streamers/{slug}", "/api/v1/groups/lanas/streamers/doomed", 403, 403, 403, 404),
        new("PUT", "/api/v1/groups/{name}/streamers/{slug}", "/api/v1/groups/lanas/streamers/lana", 403, 403, 403, 204),
        new("DELETE", "/api/v1/groups/{name}/streamers/{slug}", "/api/v1/groups/lanas/streamers/lana", 403, 403, 403, 204),
        new("GET", "/api/v1/groups/{name}/users", "/api/v1/groups/lanas/users", 403, 403, 403, 200),
        new("GET", "/api/v1/users/{id:guid}/groups", "/api/v1/users/{other}/groups", 404, 404, 404, 200),
        new("GET", "/api/v1/users/{id:guid}/groups", "/api/v1/users/{self}/groups", 200, 200, 200, 200),
        new("PUT", "/api/v1/users/{id:guid}/groups/{name}", "/api/v1/users/{other}/groups/lanas", 403, 403, 403, 204),
        new("GET", "/api/v1/users/{id:guid}/groups/{name}", "/api/v1/users/{other}/groups/lanas", 404, 404, 404, 200),
        new("GET", "/api/v1/users/{id:guid}/groups/{name}", "/api/v1/users/{self}/groups/lanas", 404, 404, 404, 404),
        new("DELETE", "/api/v1/users/{id:guid}/groups/{name}", "/api/v1/users/{other}/groups/lanas", 403, 403, 403, 204),
        new("DELETE", "/api/v1/groups/{name}", "/api/v1/groups/lanas", 403, 403, 403, 204),
        new("GET", "/api/v1/tags", "/api/v1/tags", 200, 200, 200, 200),
        new("GET", "/api/v1/tags/{tag}", "/api/v1/tags/lively", 404, 200, 200, 200),
        new("PATCH", "/api/v1/tags/{tag}", "/api/v1/tags/lively", 403, 403, 403, 200, new { tag = "lively" }),
        new("PUT", "/api/v1/tags/{tag}/streamers/{slug}", "/api/v1/tags/lively/streamers/lana", 403, 403, 403, 204),
        new("DELETE", "/api/v1/tags/{tag}/streamers/{slug}", "/api/v1/tags/lively/streamers/lana", 403, 403, 403, 204),
        new("GET", "/api/v1/streamers/{slug}/tags", "/api/v1/streamers/lana/tags", 404, 200, 200, 200),
        new("PUT", "/api/v1/streamers/{slug}/tags", "/api/v1/streamers/lana/tags", 403, 403, 403, 200, new { tags = new[] { "last" } }),
        new("DELETE", "/api/v1/tags/{tag}", "/api/v1/tags/last", 403, 403, 403, 204),
        new("GET", "/api/v1/audit", "/api/v1/audit", 403, 403, 403, 200),
        new("DELETE", "/api/v1/users/{id:guid}", "/api/v1/users/{other}", 403, 403, 403, 204),
        new("GET", "/api/v1/configuration", "/api/v1/configuration", 403, 403, 403, 200),
        new("GET", "/api/v1/configuration/{key}", "/api/v1/configuration/Monitor:Interval", 403, 403, 403, 200),
        new("PUT", "/api/v1/configuration/{key}", "/api/v1/configuration/Monitor:SampleEvery", 403, 403, 403, 200, new { value = "61" }),
        new("GET", "/api/v1/configuration/changes", "/api/v1/configuration/changes", 403, 403, 403, 200),
        new("POST", "/api/v1/configuration/changes/{id:long}/undo", "/api/v1/configuration/changes/999999/undo", 403, 403, 403, 404),
        new("GET", "/api/v1/flags", "/api/v1/flags", 403, 403, 403, 200),
        new("GET", "/api/v1/flags/{name}", "/api/v1/flags/handlers.log", 403, 403, 403, 200),
        new("PUT", "/api/v1/flags/{name}", "/api/v1/flags/handlers.log", 403, 403, 403, 200, new { on = true }),
        new("GET", "/api/v1/jobs", "/api/v1/jobs", 403, 403, 403, 200),
        new("POST", "/api/v1/jobs/{name}/run", "/api/v1/jobs/nothing/run", 403, 403, 403, 404),
        new("POST", "/api/v1/jobs/{name}/pause", "/api/v1/jobs/nothing/pause", 403, 403, 403, 404),
        new("POST", "/api/v1/jobs/{name}/resume", "/api/v1/jobs/nothing/resume", 403, 403, 403, 404),
        new("ANY", "/hubs/live/negotiate", "/hubs/live/negotiate?negotiateVersion=1", 200, 200, 200, 200),

        // Nothing but a transport's request makes sense here, and only those who may come in are told so.
        new("ANY", "/hubs/live", "/hubs/live?id=none", 404, 404, 404, 404),
    ];

    [Fact]
    public void Every_route_has_a_row() =>
        host.Routes().Where(r => r.Route != "/openapi/{documentName}.json").Distinct()
            .ShouldBe(Rows.Select(r => (r.Method, r.Route)).Distinct(), ignoreOrder: true);

    [Fact]
    public async Task Every_caller_gets_what_their_role_allows()
    {
        host.Kick.World.Add("brand-new");
        await host.WatchAsync("lana");
        await host.WatchAsync("doomed");
        await host.Services.GetRequiredService<Groups>().SaveAsync(owner: null, "lanas", isPublic: true, [host.IdOf("lana")], CancellationToken.None);
        await host.Services.GetRequiredService<Tags>().PutAsync("lively", [host.IdOf("lana")], CancellationToken.None);
        await host.Board.CatchUpAsync(CancellationToken.None);
        var other = await host.AddPersonAsync(Role.Viewer);
        var revoked = await host.AddPersonAsync(Role.Admin);
        await host.Services.GetRequiredService<ApiTokens>().RevokeAsync(revoked.TokenId, null, CancellationToken.None);
        var disabled = await host.AddPersonAsync(Role.Admin);
        var admin = await host.AddPersonAsync(Role.Admin);
        await host.People.DisableAsync(disabled.Id, CancellationToken.None);
        var unassigned = await host.AddPersonAsync(Role.Viewer);
        var viewer = await host.AddPersonAsync(Role.Viewer, "lana", "doomed");
        var user = await host.AddPersonAsync(Role.User, "lana", "doomed");
        var unknown = revoked with { Token = "km_0123456789012345678901234567890123456789012" };

        var wrong = new List<string>();
        foreach (var row in Rows)
        {
            await TryAsync("nobody", null, row, 401);
            await TryAsync("unknown token", unknown, row, 401);
            await TryAsync("revoked token", revoked, row, 401);
            await TryAsync("disabled", disabled, row, 401);
            await TryAsync("unassigned Viewer", unassigned, row, row.Unassigned);
            await TryAsync("assigned Viewer", viewer, row, row.Viewer);
            await TryAsync("assigned User", user, row, row.User);
            await TryAsync("Admin", admin, row, row.Admin);
        }

        wrong.ShouldBeEmpty();

        async Task TryAsync(string who, ApiHost.Person? person, Row row, int expected)
        {
            using var client = host.As(person?.Token);
            string path = row.Path.Replace("{other}", other.Id.ToString()).Replace("{self}", (person ?? other).Id.ToString());
            using var request = new HttpRequestMessage(new HttpMethod(row.Method == "ANY" ? "POST" : row.Method), path)
            {
                Content = row.Body is null ? null : new StringContent(JsonSerializer.Serialize(row.Body).Replace("{other}", other.Id.ToString()), Encoding.UTF8, "application/json"),
            };
            using var answer = await client.SendAsync(request);
            if ((int)answer.StatusCode != expected)
            {
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{who}: {row.Method} {row.Path} → {(int)answer.StatusCode}, not {expected}"));
            }
            else if (expected >= 400 && path.StartsWith("/api", StringComparison.Ordinal))
            {
                await answer.ShouldBeProblemAsync(expected);
            }
        }
    }

    [Fact]
    public void Every_route_says_which_scope_a_token_needs() =>
        host.Scopes().Where(s => s.Route != "/openapi/{documentName}.json" && s.Scope is null).ShouldBeEmpty();

    [Fact]
    public async Task A_token_without_a_routes_scope_is_refused_whoever_owns_it()
    {
        await host.WatchAsync("narrow-lana");
        var admin = await host.AddPersonAsync(Role.Admin);
        var wrong = new List<string>();
        foreach (var (method, route, scope) in host.Scopes().Where(s => s.Scope is not null).ToList())
        {
            string path = route.Replace("{id:guid}", admin.Id.ToString(), StringComparison.Ordinal).Replace("{slug}", "narrow-lana", StringComparison.Ordinal).Replace("{id:long}", "1", StringComparison.Ordinal);
            using var client = host.As(await host.NarrowAsync(admin, [.. TokenScopes.All.Where(s => s != scope)]));
            using var request = new HttpRequestMessage(new HttpMethod(method == "ANY" ? "POST" : method), path) { Content = method is "POST" or "PATCH" or "PUT" ? JsonContent.Create(new { }) : null };
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode != System.Net.HttpStatusCode.Forbidden)
            {
                wrong.Add($"{method} {path} → {answer.StatusCode}");
            }
            else if (path.StartsWith("/api", StringComparison.Ordinal))
            {
                (await answer.ShouldBeProblemAsync(403)).GetProperty("detail").GetString()!.ShouldContain(TokenScopes.NameOf(scope!.Value));
            }
        }

        wrong.ShouldBeEmpty();
        using var reader = host.As(await host.NarrowAsync(admin, TokenScope.Read));
        await reader.ReadAsync("/api/v1/streamers/narrow-lana");
        using var nobody = host.As(await host.NarrowAsync(admin));
        await (await nobody.GetAsync("/api/v1/status")).ShouldBeProblemAsync(403);
    }

    [Fact]
    public async Task The_description_is_for_everybody()
    {
        using var client = host.As((string?)null);

        var description = await client.ReadAsync("/openapi/v1.json");

        description.GetProperty("paths").EnumerateObject().ShouldAllBe(p => p.Name.StartsWith("/api/v1/"));
        description.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(s => s.Name).ShouldBe(["token", "cookie"], ignoreOrder: true);
        var streamer = description.GetProperty("components").GetProperty("schemas").GetProperty("StreamerView").GetProperty("properties");
        streamer.GetProperty("since").GetProperty("type").GetString().ShouldBe("string");
        streamer.GetProperty("broadcasterUserId").GetProperty("type").GetString().ShouldBe("integer");
        foreach (var operation in description.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()))
        {
            operation.Value.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty();
            operation.Value.GetProperty("responses").TryGetProperty("401", out _).ShouldBeTrue();
        }
    }

    private sealed record Row(string Method, string Route, string Path, int Unassigned, int Viewer, int User, int Admin, object? Body = null);
}
