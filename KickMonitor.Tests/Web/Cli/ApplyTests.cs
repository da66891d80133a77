namespace KickMonitor.Tests.Web.Cli;

public sealed class ApplyTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task One_file_sets_up_a_team_and_a_second_time_changes_nothing()
    {
        string[] slugs = [.. Enumerable.Range(0, 200).Select(i => cli.Kick.World.Add($"team-{i}").Slug)];
        string yaml = $"""
            streamers: [{string.Join(", ", slugs)}]
            groups:
              - name: front
                public: true
                streamers: [{string.Join(", ", slugs.Take(50))}]
            users:
            {string.Join('\n', Enumerable.Range(0, 20).Select(i => $$"""
              - email: person{{i}}@example.org
                name: Person {{i}}
                role: {{(i == 0 ? "admin" : "user")}}
                sees:
                  - group: front
                  - streamer: {{slugs[100 + i]}}
                    rights: [events, chat]
            """))}
            settings:
              Monitor:SampleEvery: 45
            """;
        var call = new Call { Input = yaml };

        var trial = (await cli.RunAsync(call, "config", "apply", "-", "--dry-run", "--json")).ShouldEndWith(0).Json.GetProperty("items");
        trial.GetArrayLength().ShouldBe(200 + 1 + 20 + 40 + 1);
        (await cli.RunAsync("users", "list", "--json")).Json.GetProperty("items").GetArrayLength().ShouldBe(0);

        var applied = (await cli.RunAsync(call, "config", "apply", "-", "--json")).ShouldEndWith(0).Json.GetProperty("items").EnumerateArray().ToList();

        applied.Count.ShouldBe(trial.GetArrayLength());
        applied.Where(i => i.GetProperty("kind").GetString() == "user").ShouldAllBe(i => i.GetProperty("entryLink").GetString()!.Contains("/welcome?code="));
        (await cli.RunAsync("config", "get", "Monitor:SampleEvery")).Out.ShouldBe("45\n");
        (await cli.RunAsync(call, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("Everything is as the file says.\n");

        // What is exported says the same, and no secret.
        var exported = (await cli.RunAsync("config", "export")).ShouldEndWith(0);
        exported.Out.ShouldContain("group: front");
        (await cli.RunAsync(new Call { Input = exported.Out }, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("Everything is as the file says.\n");
    }

    [Theory]
    [InlineData("streamers: [unclosed")]
    [InlineData("streamrs: [lana]")]
    [InlineData("users: [{email: a@example.org, role: king}]")]
    [InlineData("users: [{email: a@example.org, sees: [{streamer: lana, group: front}]}]")]
    [InlineData("users: [{email: a@example.org, sees: [{streamer: lana, rights: [everything]}]}]")]
    [InlineData("settings: {No:Such: 1}")]
    [InlineData("settings: {Monitor:Interval: 1}")]
    [InlineData("settings: {Kick:ClientSecret: abc}")]
    public async Task A_file_with_a_mistake_changes_nothing_and_says_where_it_is(string yaml)
    {
        var result = await cli.RunAsync(new Call { Input = "groups: [{name: never}]\n" + yaml }, "config", "apply", "-");

        result.ShouldEndWith(3).Out.ShouldBeEmpty();
        result.Error.TrimEnd('\n').ShouldNotContain('\n');
        (await cli.RunAsync("config", "export")).Out.ShouldNotContain("never");
    }

    [Fact]
    public async Task A_streamer_whom_Kick_does_not_know_stops_nothing_else()
    {
        var result = await cli.RunAsync(new Call { Input = $"streamers: [nobody-at-all, {cli.Slug(3)}]" }, "config", "apply", "-");

        result.ShouldEndWith(3).Out.ShouldContain("nobody-at-all: watch FAILED");
        (await cli.RunAsync("streamers", "list")).Out.ShouldContain(cli.Slug(3));
    }
}
