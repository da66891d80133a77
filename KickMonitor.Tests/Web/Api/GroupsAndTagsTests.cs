using System.Net;
using System.Net.Http.Json;
using KickMonitor.Domain.Accounts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Web.Api;

/// <summary>How programs sort streamers, and give people whole groups of them.</summary>
public sealed class GroupsAndTagsTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_group_that_another_node_has_made_is_not_made_over_again()
    {
        await host.WatchAsync("hidden-elsewhere");
        var source = host.Services.GetRequiredService<NpgsqlDataSource>();
        await using var elsewhere = source.CreateCommand("INSERT INTO streamer_groups (name, is_public) VALUES ('made-elsewhere', false)");
        await elsewhere.ExecuteNonQueryAsync();
        using var client = host.As(await host.AddPersonAsync(Role.Admin));

        var problem = await (await client.PostAsJsonAsync("/api/v1/groups", new { name = "made-elsewhere", @public = true, streamers = new[] { "hidden-elsewhere" } })).ShouldBeProblemAsync(409);

        problem.GetProperty("detail").GetString().ShouldBe("There is a group made-elsewhere already.");
        (await client.ReadAsync("/api/v1/groups/made-elsewhere")).GetRawText().ShouldBe("""{"name":"made-elsewhere","public":false,"streamers":[]}""");
    }

    [Fact]
    public async Task A_group_is_made_filled_renamed_given_and_deleted_and_each_step_is_written_down()
    {
        await host.WatchAsync("ana-live");
        await host.WatchAsync("bea-live");
        var (admin, viewer) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Viewer));
        using var client = host.As(admin);
        using var theirs = host.As(viewer);

        var made = await client.PostAsJsonAsync("/api/v1/groups", new { name = "iberia", streamers = new[] { "ana-live" } });
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        made.Headers.Location!.ToString().ShouldBe("/api/v1/groups/iberia");
        (await made.JsonAsync()).GetRawText().ShouldBe("""{"name":"iberia","public":false,"streamers":["ana-live"]}""");
        (await client.PutAsJsonAsync($"/api/v1/users/{viewer.Id}/groups/iberia", new { managesChat = true })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Wait.UntilAsync(async () => (await theirs.ReadAsync("/api/v1/streamers")).GetProperty("items").GetArrayLength() == 1);

        // Who comes into the group comes into sight.
        (await client.PutAsync("/api/v1/groups/iberia/streamers/bea-live", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Wait.UntilAsync(async () => (await theirs.ReadAsync("/api/v1/streamers")).GetProperty("items").GetArrayLength() == 2);
        var renamed = await client.PatchAsJsonAsync("/api/v1/groups/iberia", new { name = "hispania", @public = true, streamers = new[] { "bea-live" } });
        (await renamed.JsonAsync()).GetRawText().ShouldBe("""{"name":"hispania","public":true,"streamers":["bea-live"]}""");
        await Wait.UntilAsync(async () => (await theirs.ReadAsync("/api/v1/streamers")).GetProperty("items").Strings("slug") is ["bea-live"]);
        var given = (await client.ReadAsync("/api/v1/groups/hispania/users")).GetProperty("items");
        (given.Strings("email").ShouldHaveSingleItem(), given[0].GetProperty("managesChat").GetBoolean()).ShouldBe((viewer.Email, true));
        (await theirs.ReadAsync($"/api/v1/users/{viewer.Id}/groups")).GetProperty("items").Strings("group").ShouldBe(["hispania"]);

        (await client.DeleteAsync("/api/v1/groups/hispania")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Wait.UntilAsync(async () => (await theirs.ReadAsync("/api/v1/streamers")).GetProperty("items").GetArrayLength() == 0);

        var log = (await client.ReadAsync($"/api/v1/audit?person={admin.Id}&verb=group")).GetProperty("items");
        log.Strings("verb").ShouldBe(["group.removed", "group.renamed", "group.changed", "group.created"]);
        log[1].GetProperty("before").GetRawText().ShouldBe("""{"name":"iberia","isPublic":false,"streamers":["ana-live"]}""");
        log[2].GetProperty("after").GetProperty("streamers")[0].GetString().ShouldBe("bea-live");
        log.EnumerateArray().ShouldAllBe(e => e.GetProperty("via").GetString()!.StartsWith("token km_"));
    }

    [Fact]
    public async Task What_is_no_group_or_nobody_is_refused_and_changes_nothing()
    {
        await host.WatchAsync("only-one");
        var admin = await host.AddPersonAsync(Role.Admin);
        using var client = host.As(admin);
        await client.PostAsJsonAsync("/api/v1/groups", new { name = "taken" });
        await client.PostAsJsonAsync("/api/v1/groups", new { name = "other" });

        await (await client.PostAsJsonAsync("/api/v1/groups", new { name = "taken" })).ShouldBeProblemAsync(409);
        await (await client.PostAsJsonAsync("/api/v1/groups", new { name = "No Name" })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/groups", new { })).ShouldBeProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/v1/groups", new { name = "half", streamers = new[] { "only-one", "nobody" } })).ShouldBeProblemAsync(404);
        await (await client.GetAsync("/api/v1/groups/half")).ShouldBeProblemAsync(404);
        await (await client.PatchAsJsonAsync("/api/v1/groups/other", new { name = "taken" })).ShouldBeProblemAsync(409);
        await (await client.PatchAsJsonAsync("/api/v1/groups/other", new { name = "No Name" })).ShouldBeProblemAsync(400);
        await (await client.PatchAsJsonAsync("/api/v1/groups/other", new { })).ShouldBeProblemAsync(400);
        await (await client.PutAsync($"/api/v1/users/{Guid.NewGuid()}/groups/other", null)).ShouldBeProblemAsync(404);
        await (await client.PutAsync($"/api/v1/users/{admin.Id}/groups/nothing", null)).ShouldBeProblemAsync(404);
    }

    [Fact]
    public async Task Many_people_are_given_streamers_and_groups_at_once()
    {
        await host.WatchAsync("by-itself");
        await host.WatchAsync("in-a-group");
        var (admin, one, two) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.User), await host.AddPersonAsync(Role.Viewer));
        using var client = host.As(admin);
        await client.PostAsJsonAsync("/api/v1/groups", new { name = "squad", streamers = new[] { "in-a-group" } });

        await (await client.PostAsJsonAsync("/api/v1/assignments", new { users = new[] { one.Email }, streamers = new[] { "by-itself" }, groups = new[] { "no-squad" } })).ShouldBeProblemAsync(404);
        (await client.ReadAsync($"/api/v1/users/{one.Id}/streamers")).GetProperty("items").GetArrayLength().ShouldBe(0);
        var made = await client.PostAsJsonAsync("/api/v1/assignments", new { users = new[] { one.Email, two.Email }, streamers = new[] { "by-itself" }, groups = new[] { "squad" }, managesEvents = true });
        (await made.JsonAsync()).GetProperty("assignments").GetInt32().ShouldBe(4);
        using var theirs = host.As(two);
        await Wait.UntilAsync(async () => (await theirs.ReadAsync("/api/v1/streamers")).GetProperty("items").GetArrayLength() == 2);

        var ended = await client.PostAsJsonAsync("/api/v1/assignments/end", new { users = new[] { one.Email, two.Email }, groups = new[] { "squad" } });
        (await ended.JsonAsync()).GetProperty("assignments").GetInt32().ShouldBe(2);
        await Wait.UntilAsync(async () => (await theirs.ReadAsync("/api/v1/streamers")).GetProperty("items").Strings("slug") is ["by-itself"]);
    }

    [Fact]
    public async Task A_tag_is_put_on_streamers_renamed_for_all_of_them_and_taken_again_with_entries_in_the_log()
    {
        await host.WatchAsync("tagged-one");
        await host.WatchAsync("tagged-two");
        var (admin, viewer) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Viewer, "tagged-two"));
        using var client = host.As(admin);

        (await (await client.PutAsJsonAsync("/api/v1/streamers/tagged-one/tags", new { tags = new[] { "#FPS", "es" } })).JsonAsync()).GetProperty("tags").EnumerateArray().Select(t => t.GetString()).ShouldBe(["es", "fps"]);
        (await client.PutAsync("/api/v1/tags/fps/streamers/tagged-two", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.ReadAsync("/api/v1/tags/fps")).GetRawText().ShouldBe("""{"tag":"fps","streamers":["tagged-one","tagged-two"]}""");
        using var theirs = host.As(viewer);
        (await theirs.ReadAsync("/api/v1/tags")).GetProperty("items").GetRawText().ShouldBe("""[{"tag":"fps","streamers":["tagged-two"]}]""");

        // Where both were, one is left.
        var renamed = await client.PatchAsJsonAsync("/api/v1/tags/fps", new { tag = "es" });
        (await renamed.JsonAsync()).GetRawText().ShouldBe("""{"tag":"es","streamers":["tagged-one","tagged-two"]}""");
        (await client.DeleteAsync("/api/v1/tags/es/streamers/tagged-one")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.DeleteAsync("/api/v1/tags/es")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await (await client.DeleteAsync("/api/v1/tags/es")).ShouldBeProblemAsync(404);
        await (await client.PutAsync("/api/v1/tags/no%20tag/streamers/tagged-one", null)).ShouldBeProblemAsync(400);
        await (await client.PutAsJsonAsync("/api/v1/streamers/tagged-one/tags", new { tags = new[] { "<b>" } })).ShouldBeProblemAsync(400);
        await (await client.PutAsJsonAsync("/api/v1/streamers/tagged-one/tags", new { })).ShouldBeProblemAsync(400);
        var log = (await client.ReadAsync($"/api/v1/audit?person={admin.Id}&verb=streamer.tagged")).GetProperty("items");
        log.Strings("subject").ShouldBe(["tagged-two", "tagged-one", "tagged-two", "tagged-one", "tagged-two", "tagged-one"], ignoreOrder: true);
        log[0].GetProperty("before").GetProperty("tags").GetString().ShouldBe("es");
        log[0].GetProperty("after").GetProperty("tags").GetString().ShouldBe("");
    }
}
