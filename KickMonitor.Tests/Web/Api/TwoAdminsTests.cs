using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Streamers;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Api;

/// <summary>Two Admins change the same thing by the API: who comes too late overwrites nothing, and is told who was first.</summary>
public sealed class TwoAdminsTests(ApiHost host) : IClassFixture<ApiHost>
{
    private static int _things;

    public static TheoryData<string> Kinds => ["group", "streamer", "streamer's tags", "setting", "flag", "user", "assignment", "group's assignment"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Who_comes_too_late_overwrites_nothing_and_is_told_who_was_first(string kind)
    {
        var (ada, bo) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        var thing = await MakeAsync(kind);
        string seen = await TagAsync(asAda, thing.Read);
        (await SendAsync(asBo, thing, 1)).IsSuccessStatusCode.ShouldBeTrue();
        string byBo = await asBo.GetStringAsync(thing.Read);

        var problem = await (await SendAsync(asAda, thing, 2, seen)).ShouldBeProblemAsync(412);

        problem.GetProperty("detail").GetString()!.ShouldStartWith($"{bo.Email} changed this meanwhile (");
        (await asAda.GetStringAsync(thing.Read)).ShouldBe(byBo);

        // Having looked again, she changes it; and what she is answered is good for her next change.
        var changed = await SendAsync(asAda, thing, 2, await TagAsync(asAda, thing.Read));
        changed.IsSuccessStatusCode.ShouldBeTrue(await changed.Content.ReadAsStringAsync());
        changed.Headers.ETag!.Tag.ShouldBe(await TagAsync(asAda, thing.Read));
        (await SendAsync(asAda, thing, 3, changed.Headers.ETag.Tag)).IsSuccessStatusCode.ShouldBeTrue();

        // Whoever says nothing, or that it does not matter, overwrites as ever.
        (await SendAsync(asBo, thing, 4)).IsSuccessStatusCode.ShouldBeTrue();
        (await SendAsync(asBo, thing, 5, "*")).IsSuccessStatusCode.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Of_two_who_saw_the_same_and_change_it_at_the_same_moment_one_wins(string kind)
    {
        var (ada, bo) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        var thing = await MakeAsync(kind);
        for (int round = 0; round < 5; round++)
        {
            string seen = await TagAsync(asAda, thing.Read);

            var answers = await Task.WhenAll(SendAsync(asAda, thing, (2 * round) + 1, seen), SendAsync(asBo, thing, (2 * round) + 2, seen));

            answers.Select(a => a.IsSuccessStatusCode ? HttpStatusCode.OK : a.StatusCode).ShouldBe([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], ignoreOrder: true);
            (await TagAsync(asAda, thing.Read)).ShouldBe(answers.Single(a => a.IsSuccessStatusCode).Headers.ETag!.Tag);
        }
    }

    [Theory]
    [InlineData("group")]
    [InlineData("tag")]
    [InlineData("user")]
    [InlineData("assignment")]
    [InlineData("group's assignment")]
    public async Task Nobody_deletes_what_is_no_longer_what_they_saw(string kind)
    {
        var (ada, bo) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        var thing = await MakeAsync(kind);
        string seen = await TagAsync(asAda, thing.Read);
        (await thing.Meanwhile(asBo)).IsSuccessStatusCode.ShouldBeTrue();

        var problem = await (await SendAsync(asAda, HttpMethod.Delete, thing.Change, null, seen)).ShouldBeProblemAsync(412);

        problem.GetProperty("detail").GetString()!.ShouldContain(bo.Email);
        (await SendAsync(asAda, HttpMethod.Delete, thing.Change, null, await TagAsync(asAda, thing.Read))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await asAda.GetAsync(thing.Read)).ShouldBeProblemAsync(404);
        await (await SendAsync(asAda, HttpMethod.Delete, thing.Change, null, seen)).ShouldBeProblemAsync(404);
    }

    [Theory]
    [InlineData("assignment")]
    [InlineData("group's assignment")]
    public async Task What_somebody_took_away_meanwhile_is_not_given_again_by_who_changes_it(string kind)
    {
        var (ada, bo) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        var thing = await MakeAsync(kind);
        string seen = await TagAsync(asAda, thing.Read);
        (await asBo.DeleteAsync(thing.Change)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var problem = await (await SendAsync(asAda, thing, 1, seen)).ShouldBeProblemAsync(412);
        await (await SendAsync(asAda, thing, 1, "*")).ShouldBeProblemAsync(412);

        problem.GetProperty("detail").GetString()!.ShouldStartWith($"{bo.Email} changed this meanwhile (user.");
        await (await asAda.GetAsync(thing.Read)).ShouldBeProblemAsync(404);
    }

    [Fact]
    public async Task A_tag_is_renamed_only_for_those_who_were_seen_to_have_it()
    {
        var (ada, bo) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        var tag = await MakeAsync("tag");
        string seen = await TagAsync(asAda, tag.Read);
        (await tag.Meanwhile(asBo)).IsSuccessStatusCode.ShouldBeTrue();

        var problem = await (await SendAsync(asAda, tag, 1, seen)).ShouldBeProblemAsync(412);

        problem.GetProperty("detail").GetString()!.ShouldStartWith($"{bo.Email} changed this meanwhile (streamer.tagged, ");
        (await asAda.ReadAsync(tag.Read)).GetProperty("streamers").GetArrayLength().ShouldBe(2);
        var renamed = await SendAsync(asAda, tag, 1, await TagAsync(asAda, tag.Read));
        renamed.IsSuccessStatusCode.ShouldBeTrue();
        renamed.Headers.ETag!.Tag.ShouldBe(await TagAsync(asAda, $"{tag.Read}-1"));

        // Of two at the same moment, one finds it gone.
        string same = renamed.Headers.ETag.Tag;
        var answers = await Task.WhenAll(
            SendAsync(asAda, HttpMethod.Patch, $"{tag.Read}-1", tag.Of(2), same), SendAsync(asBo, HttpMethod.Patch, $"{tag.Read}-1", tag.Of(3), same));
        answers.Select(a => a.StatusCode).ShouldBe([HttpStatusCode.OK, HttpStatusCode.NotFound], ignoreOrder: true);
    }

    [Fact]
    public async Task A_group_that_cannot_be_changed_in_every_part_is_changed_in_none()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        await host.WatchAsync("whole-one");
        await client.PostAsJsonAsync("/api/v1/groups", new { name = "whole", streamers = new[] { "whole-one" } });
        await client.PostAsJsonAsync("/api/v1/groups", new { name = "in-the-way" });
        string before = await client.GetStringAsync("/api/v1/groups/whole");
        string seen = await TagAsync(client, "/api/v1/groups/whole");

        var all = new { name = "in-the-way", @public = true, streamers = Array.Empty<string>() };
        await (await SendAsync(client, HttpMethod.Patch, "/api/v1/groups/whole", all, seen)).ShouldBeProblemAsync(409);
        await (await SendAsync(client, HttpMethod.Patch, "/api/v1/groups/whole", new { name = "elsewhere", @public = true, streamers = Array.Empty<string>() }, "\"other\"")).ShouldBeProblemAsync(412);

        (await client.GetStringAsync("/api/v1/groups/whole")).ShouldBe(before);
        await (await client.GetAsync("/api/v1/groups/elsewhere")).ShouldBeProblemAsync(404);
    }

    [Fact]
    public async Task A_streamer_who_is_not_as_seen_is_neither_paused_nor_described()
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        await host.WatchAsync("half-done");
        string seen = await TagAsync(client, "/api/v1/streamers/half-done/details");
        await client.PatchAsJsonAsync("/api/v1/streamers/half-done", new { priority = "high" });

        await (await SendAsync(client, HttpMethod.Patch, "/api/v1/streamers/half-done", new { paused = true, notes = "late" }, seen)).ShouldBeProblemAsync(412);

        var details = await client.ReadAsync("/api/v1/streamers/half-done/details");
        (details.GetProperty("paused").GetBoolean(), details.GetProperty("notes").GetString()).ShouldBe((false, null));
        (await client.ReadAsync("/api/v1/streamers/half-done")).GetProperty("paused").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("\"other\", {0}", 200)]
    [InlineData("*", 200)]
    [InlineData("\"other\"", 412)]
    [InlineData("W/{0}", 412)]
    [InlineData("W/{0}, \"other\"", 412)]
    [InlineData("other", 400)]
    [InlineData("\"other", 400)]
    public async Task If_Match_says_what_the_standard_lets_it_say(string said, int status)
    {
        using var client = host.As(await host.AddPersonAsync(Role.Admin));
        var thing = await MakeAsync("user");

        var answer = await SendAsync(client, thing, 1, said.Replace("{0}", await TagAsync(client, thing.Read), StringComparison.Ordinal));

        ((int)answer.StatusCode).ShouldBe(status);
        (await client.ReadAsync(thing.Read)).GetProperty("displayName").GetString().ShouldBe(status == 200 ? "name 1" : null);
    }

    [Fact]
    public async Task Who_is_told_of_is_who_changed_this_and_nothing_like_it()
    {
        var (ada, bo, cy) = (await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin), await host.AddPersonAsync(Role.Admin));
        using var asAda = host.As(ada);
        using var asBo = host.As(bo);
        using var asCy = host.As(cy);
        var (group, streamer, user, tag) = (await MakeAsync("group"), await MakeAsync("streamer"), await MakeAsync("user"), await MakeAsync("tag"));
        string[] seen = [await TagAsync(asAda, group.Read), await TagAsync(asAda, streamer.Read), await TagAsync(asAda, user.Read), await TagAsync(asAda, tag.Read)];
        foreach (var thing in new[] { group, streamer, user, tag })
        {
            (await thing.Meanwhile(asBo)).IsSuccessStatusCode.ShouldBeTrue();
        }

        // A group whose name is the other one's number, a tag beside the notes, a streamer given to the person, another tag of the tagged.
        string slug = streamer.Change.Split('/')[^1];
        long number = host.Services.GetRequiredService<Groups>().Find(owner: null, group.Change.Split('/')[^1])!.Id;
        (await asCy.PostAsJsonAsync("/api/v1/groups", new { name = $"of-{number}" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await asCy.PutAsJsonAsync($"/api/v1/streamers/{slug}/tags", new { tags = new[] { "aside" } })).IsSuccessStatusCode.ShouldBeTrue();
        (await asCy.PutAsJsonAsync($"{user.Change}/streamers/{slug}", new { managesChat = true })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await asCy.PutAsync($"/api/v1/tags/aside/streamers/{(await asCy.ReadAsync(tag.Read)).GetProperty("streamers")[0].GetString()}", null)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        foreach (var (thing, tagSeen) in new[] { group, streamer, user, tag }.Zip(seen))
        {
            var problem = await (await SendAsync(asAda, thing, 2, tagSeen)).ShouldBeProblemAsync(412);
            problem.GetProperty("detail").GetString()!.ShouldStartWith($"{bo.Email} changed this meanwhile (");
        }
    }

    [Fact]
    public async Task Who_sees_a_part_only_is_given_no_ETag_that_tells_of_the_rest()
    {
        await host.WatchAsync("seen-here");
        await host.WatchAsync("hidden-here");
        using var admin = host.As(await host.AddPersonAsync(Role.Admin));
        using var viewer = host.As(await host.AddPersonAsync(Role.Viewer, "seen-here"));
        await admin.PostAsJsonAsync("/api/v1/groups", new { name = "half-hidden", streamers = new[] { "seen-here", "hidden-here" } });
        await admin.PutAsync("/api/v1/tags/half-hidden/streamers/seen-here", null);
        foreach (string path in new[] { "/api/v1/groups/half-hidden", "/api/v1/tags/half-hidden" })
        {
            var answer = await viewer.GetAsync(path);
            answer.IsSuccessStatusCode.ShouldBeTrue();
            answer.Headers.ETag.ShouldBeNull();
            (await TagAsync(admin, path)).ShouldNotBeEmpty();
        }
    }

    [Fact]
    public async Task Every_route_that_takes_If_Match_says_so_in_the_description()
    {
        using var client = host.As((string?)null);
        var paths = (await client.ReadAsync("/openapi/v1.json")).GetProperty("paths");

        var taking = (from path in paths.EnumerateObject()
                      from operation in path.Value.EnumerateObject()
                      where operation.Value.TryGetProperty("parameters", out var parameters) && parameters.EnumerateArray().Any(IsIfMatch)
                      select (Name: $"{operation.Name} {path.Name}", operation.Value)).ToList();

        taking.ConvertAll(t => t.Name).ShouldBe(
            [
                "patch /api/v1/users/{id}", "delete /api/v1/users/{id}", "patch /api/v1/groups/{name}", "delete /api/v1/groups/{name}", "patch /api/v1/streamers/{slug}",
                "put /api/v1/streamers/{slug}/tags", "patch /api/v1/tags/{tag}", "delete /api/v1/tags/{tag}", "put /api/v1/configuration/{key}", "put /api/v1/flags/{name}",
                "put /api/v1/users/{id}/streamers/{slug}", "delete /api/v1/users/{id}/streamers/{slug}", "put /api/v1/users/{id}/groups/{name}", "delete /api/v1/users/{id}/groups/{name}",
            ], ignoreOrder: true);
        taking.ShouldAllBe(t => t.Value.GetProperty("responses").EnumerateObject().Any(r => r.Name == "412") && t.Value.GetProperty("description").GetString()!.Contains("If-Match"));

        static bool IsIfMatch(JsonElement parameter) => parameter.GetProperty("name").GetString() == "If-Match" && parameter.GetProperty("in").GetString() == "header";
    }

    private async Task<Thing> MakeAsync(string kind)
    {
        int number = Interlocked.Increment(ref _things);
        using var admin = host.As(await host.AddPersonAsync(Role.Admin));
        switch (kind)
        {
            case "group":
                string[] members = [await host.WatchAsync($"one-{number}"), await host.WatchAsync($"two-{number}"), await host.WatchAsync($"three-{number}"), await host.WatchAsync($"four-{number}")];
                (await admin.PostAsJsonAsync("/api/v1/groups", new { name = $"thing-{number}", streamers = members })).StatusCode.ShouldBe(HttpStatusCode.Created);
                return new($"/api/v1/groups/thing-{number}", HttpMethod.Patch, $"/api/v1/groups/thing-{number}", n => new { @public = n % 2 == 1, streamers = members.Where((_, bit) => (n & (1 << bit)) != 0) });
            case "streamer":
                string slug = await host.WatchAsync($"described-{number}");
                return new($"/api/v1/streamers/{slug}/details", HttpMethod.Patch, $"/api/v1/streamers/{slug}", n => new { paused = n % 2 == 1, notes = $"note {n}" });
            case "streamer's tags":
                string tags = $"/api/v1/streamers/{await host.WatchAsync($"labelled-{number}")}/tags";
                return new(tags, HttpMethod.Put, tags, n => new { tags = new[] { $"tag-{n}" } });
            case "tag":
                string tag = $"/api/v1/tags/worn-{number}";
                await admin.PutAsync($"{tag}/streamers/{await host.WatchAsync($"first-{number}")}", null);
                string second = await host.WatchAsync($"second-{number}");
                return new(tag, HttpMethod.Patch, tag, n => new { tag = $"worn-{number}-{n}" }) { Meanwhile = client => client.PutAsync($"{tag}/streamers/{second}", null) };
            case "setting":
                const string Setting = "/api/v1/configuration/Monitor:SampleEvery";
                return new(Setting, HttpMethod.Put, Setting, n => new { value = $"{100 + n}" });
            case "flag":
                return new("/api/v1/flags/handlers.log", HttpMethod.Put, "/api/v1/flags/handlers.log", n => new { on = true, percentage = n });
            case "assignment":
                string given = $"/api/v1/users/{(await host.AddPersonAsync(Role.User)).Id}/streamers/{await host.WatchAsync($"given-{number}")}";
                await admin.PutAsync(given, null);
                return new(given, HttpMethod.Put, given, Rights);
            case "group's assignment":
                await admin.PostAsJsonAsync("/api/v1/groups", new { name = $"given-{number}" });
                string through = $"/api/v1/users/{(await host.AddPersonAsync(Role.User)).Id}/groups/given-{number}";
                await admin.PutAsync(through, null);
                return new(through, HttpMethod.Put, through, Rights);
            default:
                string user = $"/api/v1/users/{(await host.AddPersonAsync(Role.Viewer)).Id}";
                return new(user, HttpMethod.Patch, user, n => new { displayName = $"name {n}" });
        }
    }

    private static object Rights(int number) => new { managesEvents = (number & 1) != 0, managesChat = (number & 2) != 0 };

    private static async Task<string> TagAsync(HttpClient client, string path) => (await client.GetAsync(path)).Headers.ETag.ShouldNotBeNull(path).Tag;

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, Thing thing, int change, string? ifMatch = null) => SendAsync(client, thing.Method, thing.Change, thing.Of(change), ifMatch);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, object? body, string? ifMatch)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch).ShouldBeTrue();
        }

        return await client.SendAsync(request);
    }

    /// <summary>Something that two can change.</summary>
    /// <param name="Of">A change for each number, which leads to another state.</param>
    private sealed record Thing(string Read, HttpMethod Method, string Change, Func<int, object> Of)
    {
        /// <summary>What somebody else does to it.</summary>
        public Func<HttpClient, Task<HttpResponseMessage>> Meanwhile { get; init; } = client => SendAsync(client, Method, Change, Of(1), null);
    }
}
