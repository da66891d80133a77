namespace KickMonitor.Tests.Web.Cli;

public sealed class GroupsTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task A_group_is_made_given_from_both_sides_renamed_published_and_removed()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(0), cli.Slug(1));
        await cli.RunAsync("users", "create", "--email", "ana@example.org", "--role", "user");
        await cli.RunAsync("users", "create", "--email", "bea@example.org", "--role", "viewer");

        (await cli.RunAsync("groups", "create", "front", cli.Slug(0), cli.Slug(1))).ShouldEndWith(0).Out.ShouldBe("Made front with 2 streamers.\n");
        (await cli.RunAsync("groups", "create", "front")).ShouldEndWith(3);
        (await cli.RunAsync("groups", "create", "empty")).ShouldEndWith(0).Out.ShouldBe("Made empty with 0 streamers.\n");
        (await cli.RunAsync("groups", "create", "No Name")).ShouldEndWith(2);
        (await cli.RunAsync("groups", "create", "half", cli.Slug(0), "nobody")).ShouldEndWith(3).Out.ShouldBe("Made half with 1 streamers.\n");
        (await cli.RunAsync("users", "assign-group", "ana@example.org", "front", "half", "--chat")).ShouldEndWith(0).Out.ShouldBe("front, half: assigned to ana@example.org.\n");
        (await cli.RunAsync("groups", "assign", "front", "ana@example.org", "bea@example.org", "--json")).ShouldEndWith(0);
        (await cli.RunAsync("groups", "assign", "front", "nobody@example.org")).ShouldEndWith(3);
        (await cli.RunAsync("groups", "assign", "nothing", "ana@example.org")).ShouldEndWith(3);
        (await cli.RunAsync("groups", "rename", "front", "back")).ShouldEndWith(0);
        (await cli.RunAsync("groups", "rename", "half", "back")).ShouldEndWith(3);
        (await cli.RunAsync("groups", "publish", "back")).ShouldEndWith(0).Out.ShouldBe("back is public.\n");

        var back = (await cli.RunAsync("groups", "list", "--json")).ShouldEndWith(0).Json.GetProperty("items").EnumerateArray().Single(g => g.GetProperty("name").GetString() == "back");
        back.GetProperty("public").GetBoolean().ShouldBeTrue();
        back.GetProperty("streamers").EnumerateArray().Select(s => s.GetString()).ShouldBe(new[] { cli.Slug(0), cli.Slug(1) }, ignoreOrder: true);
        back.GetProperty("users").EnumerateArray().Select(s => s.GetString()).ShouldBe(["ana@example.org", "bea@example.org"]);

        (await cli.RunAsync("users", "unassign-group", "ana@example.org", "half")).ShouldEndWith(0);
        (await cli.RunAsync("users", "unassign-group", "ana@example.org", "half")).ShouldEndWith(3);
        (await cli.RunAsync("groups", "unassign", "back", "ana@example.org", "bea@example.org")).ShouldEndWith(0);
        (await cli.RunAsync("groups", "publish", "back", "--hide")).ShouldEndWith(0);
        (await cli.RunAsync("groups", "remove", "back")).ShouldEndWith(0);
        (await cli.RunAsync("groups", "remove", "back")).ShouldEndWith(3);

        var log = (await cli.RunAsync("audit", "list", "--verb", "group", "--json")).Json.GetProperty("items").EnumerateArray().Where(e => e.GetProperty("subject").GetString() is "front" or "back").ToList();
        log.Select(e => e.GetProperty("verb").GetString()).ShouldBe(["group.removed", "group.changed", "group.changed", "group.renamed", "group.created"]);
        log.ShouldAllBe(e => e.GetProperty("actor").GetString() == "cli");
    }

    [Fact]
    public async Task Tags_are_listed_renamed_and_removed_for_everybody()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(2), cli.Slug(3));
        await cli.RunAsync("streamers", "tag", cli.Slug(2), "fps", "es");
        await cli.RunAsync("streamers", "tag", cli.Slug(3), "fps");

        (await cli.RunAsync("tags", "rename", "fps", "Shooter")).ShouldEndWith(0).Out.ShouldBe("fps is shooter now, for 2.\n");
        (await cli.RunAsync("tags", "list")).ShouldEndWith(0).Lines.ShouldBe(["es\t1", "shooter\t2"]);
        (await cli.RunAsync("tags", "rename", "fps", "x")).ShouldEndWith(3);
        (await cli.RunAsync("tags", "rename", "es", "no tag")).ShouldEndWith(2);
        (await cli.RunAsync("streamers", "tag", cli.Slug(2))).ShouldEndWith(0).Out.ShouldBe($"{cli.Slug(2)}: no tags.\n");
        (await cli.RunAsync("streamers", "tag", cli.Slug(2), "es", "shooter")).ShouldEndWith(0);
        (await cli.RunAsync("tags", "remove", "shooter", "--json")).ShouldEndWith(0).Json.GetProperty("streamers").GetInt32().ShouldBe(2);
        (await cli.RunAsync("tags", "list", "--json")).Json.GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("tag").GetString().ShouldBe("es");
        (await cli.RunAsync("audit", "list", "--verb", "streamer.tagged", "--json")).Json.GetProperty("items").GetArrayLength().ShouldBe(8);
    }
}
