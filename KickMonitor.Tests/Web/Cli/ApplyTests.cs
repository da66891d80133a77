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
    [InlineData("streamers: [~]")]
    [InlineData("groups:\n  -\nstreamers: []")]
    [InlineData("users:\n  -")]
    [InlineData("users: [{name: Nobody}]")]
    [InlineData("users: [{email: no-address}]")]
    [InlineData("users: [{email: a@example.org, name: \"a\\0b\"}]")]
    [InlineData("users: [{email: a@example.org, sees: [{streamer: no slug}]}]")]
    public async Task A_file_with_a_mistake_changes_nothing_and_says_where_it_is(string yaml)
    {
        var result = await cli.RunAsync(new Call { Input = (yaml.StartsWith("groups", StringComparison.Ordinal) ? "" : "groups: [{name: never}]\n") + yaml }, "config", "apply", "-");

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

    [Fact]
    public async Task Headings_with_nothing_under_them_say_nothing()
    {
        const string yaml = "streamers:\ngroups:\nusers:\nsettings:\n";

        (await cli.RunAsync(new Call { Input = yaml }, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("Everything is as the file says.\n");
    }

    [Fact]
    public async Task A_trial_says_what_would_fail_and_ends_as_the_run_does()
    {
        string database = await OwnDatabaseAsync();
        var call = Of(database, $$"""
            streamers: [{{cli.Slug(4)}}]
            groups:
              - name: trial
                streamers: [{{cli.Slug(4)}}, {{cli.Slug(5)}}]
            users:
              - email: only@example.org
                role: viewer
              - email: new@example.org
                sees: [{group: nowhere}, {streamer: {{cli.Slug(6)}}}, {streamer: {{cli.Slug(4)}}}]
            settings:
              Monitor:SampleEvery: 45
              Monitor:RequestsPerSecond: 3
            """);
        await RunAsync(database, "users", "create", "--email", "only@example.org", "--role", "admin", "--password", "a long enough password");

        var trial = Told(await cli.RunAsync(call, "config", "apply", "-", "--dry-run", "--json"));
        var run = Told(await cli.RunAsync(call, "config", "apply", "-", "--json"));

        trial.ShouldBe(run, ignoreOrder: true);
        trial.Where(t => t.Problem is not null).Select(t => t.Problem).ShouldBe(
            [$"Not watched, and so left out: {cli.Slug(5)}.", "That is the last Admin.", "nowhere is not there.", $"{cli.Slug(6)} is not there.", "Monitor:RequestsPerSecond is said by the start, which wins."], ignoreOrder: true);

        static List<(string Name, string? Problem)> Told(CliResult result) =>
            [.. result.ShouldEndWith(3).Json.GetProperty("items").EnumerateArray().Select(i => (i.GetProperty("name").GetString()!, i.GetProperty("problem").GetString()))];
    }

    [Fact]
    public async Task Admins_change_places_in_one_go()
    {
        string database = await OwnDatabaseAsync();
        await RunAsync(database, "users", "create", "--email", "old@example.org", "--role", "admin", "--password", "a long enough password");
        await RunAsync(database, "users", "create", "--email", "young@example.org", "--role", "viewer", "--password", "a long enough password");
        var call = Of(database, "users: [{email: old@example.org, role: viewer}, {email: young@example.org, role: admin}]");

        (await cli.RunAsync(call, "config", "apply", "-", "--dry-run")).ShouldEndWith(0);
        (await cli.RunAsync(call, "config", "apply", "-")).ShouldEndWith(0);

        (await cli.RunAsync(call, "config", "apply", "-")).Out.ShouldBe("Everything is as the file says.\n");
    }

    [Fact]
    public async Task Who_is_renamed_or_removed_at_the_same_place_leaves_nothing_to_apply_for_ever()
    {
        string database = await OwnDatabaseAsync();
        var call = Of(database, $$"""
            streamers: [{{cli.Slug(7)}}, {{cli.Slug(8)}}]
            groups: [{name: pair, streamers: [{{cli.Slug(7)}}, {{cli.Slug(8)}}]}]
            users: [{email: a@example.org, sees: [{streamer: {{cli.Slug(7)}}, rights: [chat]}]}]
            """);
        (await cli.RunAsync(call, "config", "apply", "-")).ShouldEndWith(0);
        await using (var connection = new Npgsql.NpgsqlConnection(database))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var rename = new Npgsql.NpgsqlCommand(
                "WITH r AS (UPDATE streamers SET slug = 'renamed-since' WHERE slug = $1 RETURNING broadcaster_user_id) INSERT INTO former_slugs SELECT $1, broadcaster_user_id, now() FROM r", connection);
            rename.Parameters.AddWithValue(cli.Slug(7));
            (await rename.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);
        }

        (await cli.RunAsync(call, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("Everything is as the file says.\n");

        await RunAsync(database, "streamers", "remove", cli.Slug(8));
        string exported = (await RunAsync(database, "config", "export")).Out;
        exported.ShouldNotContain(cli.Slug(8));
        (await cli.RunAsync(Of(database, exported), "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("Everything is as the file says.\n");
    }

    [Fact]
    public async Task Who_is_shut_out_is_shut_out_where_the_export_is_applied_and_gets_no_link()
    {
        string here = await OwnDatabaseAsync();
        await RunAsync(here, "users", "create", "--email", "out@example.org", "--role", "user", "--password", "a long enough password");
        await RunAsync(here, "users", "disable", "out@example.org");
        string exported = (await RunAsync(here, "config", "export")).Out;

        string there = await OwnDatabaseAsync();
        var applied = (await cli.RunAsync(Of(there, exported), "config", "apply", "-", "--json")).ShouldEndWith(0).Json.GetProperty("items")[0];

        (applied.GetProperty("change").GetString(), applied.GetProperty("entryLink").GetString()).ShouldBe(("invite as user, disabled", null));
        (await RunAsync(there, "users", "list", "--json")).Json.GetProperty("items")[0].GetProperty("disabled").GetBoolean().ShouldBeTrue();
        (await cli.RunAsync(Of(there, exported), "config", "apply", "-")).Out.ShouldBe("Everything is as the file says.\n");
        (await cli.RunAsync(Of(here, "users: [{email: out@example.org, disabled: false}]"), "config", "apply", "-")).Out.ShouldContain("user out@example.org: enable\n");
    }

    [Fact]
    public async Task A_setting_without_a_value_goes_back_to_its_default()
    {
        string database = await OwnDatabaseAsync();
        await RunAsync(database, "config", "set", "Monitor:SampleEvery", "45");
        var call = Of(database, "settings:\n  Monitor:SampleEvery:\n  Monitor:EndAfter: ''\n");

        (await cli.RunAsync(call, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("setting Monitor:SampleEvery: 45 → 60\n1 changes made.\n");

        (await cli.RunAsync(call, "config", "apply", "-")).Out.ShouldBe("Everything is as the file says.\n");
    }

    [Fact]
    public async Task Links_are_told_also_when_the_rest_fails()
    {
        string database = await OwnDatabaseAsync();
        await RunAsync(database, "groups", "create", "front");
        await using (var connection = new Npgsql.NpgsqlConnection(database))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var full = new Npgsql.NpgsqlCommand("ALTER TABLE group_assignments ADD CHECK (group_id < 0)", connection);
            await full.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var result = await cli.RunAsync(Of(database, "users: [{email: a@example.org, sees: [{group: front}]}]"), "config", "apply", "-");

        result.ShouldEndWith(1).Out.ShouldContain("one-time link: http");
    }

    /// <summary>With the schema.</summary>
    private async Task<string> OwnDatabaseAsync()
    {
        string database = await cli.NewDatabaseAsync();
        await RunAsync(database, "db", "migrate");
        return database;
    }

    private static Call Of(string database, string input = "") => new() { Input = input, Settings = { ["ConnectionStrings:KickMonitor"] = database } };

    private async Task<CliResult> RunAsync(string database, params string[] args) => (await cli.RunAsync(Of(database), args)).ShouldEndWith(0);
}
