using System.Globalization;
using Npgsql;

namespace KickMonitor.Tests.Web.Cli;

/// <summary>What an Operator does at a shell, each verb by what it changes.</summary>
public sealed class OperationTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task A_flag_is_switched_for_everybody_for_some_and_back()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(0));

        (await cli.RunAsync("flags", "set", "handlers.tallies", "off")).ShouldEndWith(0);
        (await FlagAsync("handlers.tallies")).ShouldStartWith("handlers.tallies\toff\tcli\t");
        var some = (await cli.RunAsync("flags", "set", "handlers.tallies", "on", "--percentage", "25", "--streamer", cli.Slug(0), "--json")).ShouldEndWith(0).Json;
        (some.GetProperty("on").GetBoolean(), some.GetProperty("percentage").GetInt32(), some.GetProperty("streamers")[0].GetString()).ShouldBe((true, 25, cli.Slug(0)));
        (await cli.RunAsync("flags", "set", "handlers.tallies", "on", "--streamer", "nobody")).ShouldEndWith(3);
        (await cli.RunAsync("flags", "set", "handlers.tallies", "on", "--percentage", "101")).ShouldEndWith(3);
        (await cli.RunAsync("flags", "set", "no.such", "on")).ShouldEndWith(3);
        (await cli.RunAsync("flags", "set", "handlers.tallies", "perhaps")).ShouldEndWith(2);
        (await cli.RunAsync("flags", "set", "handlers.tallies", "on")).ShouldEndWith(0);

        (await FlagAsync("handlers.tallies")).ShouldStartWith("handlers.tallies\ton\tcli\t");
        (await AuditAsync("flag")).ShouldBe(["flag.set", "flag.set", "flag.set"]);
    }

    [Fact]
    public async Task What_events_tell_of_somebody_is_told_first_and_erased_only_with_yes()
    {
        (await cli.RunAsync("data", "list")).ShouldEndWith(0).Out.ShouldContain("sign_ins\t");
        await ExecuteAsync("INSERT INTO supporters (event_id, broadcaster_user_id, kind, at, user_id, name, amount) VALUES (1, 1, 'kicks', now(), 777, 'Max', 5)");

        (await cli.RunAsync("data", "erase", "777")).ShouldEndWith(0).Out.ShouldContain("1 entries among supporters name this person");
        (await ScalarAsync("SELECT count(*) FROM supporters")).ShouldBe(1L);
        (await cli.RunAsync("data", "erase", "777", "--yes", "--json")).ShouldEndWith(0).Json.GetProperty("supports").GetInt64().ShouldBe(1);

        (await ScalarAsync("SELECT count(*) FROM supporters")).ShouldBe(0L);
        (await AuditAsync("person")).ShouldBe(["person.erased"]);
    }

    [Fact]
    public async Task A_backup_is_written_tried_and_restored_elsewhere_and_both_logs_tell_of_it()
    {
        string file = Path.Combine(Path.GetTempPath(), $"km-{Guid.NewGuid():N}.dump");
        await cli.RunAsync("users", "create", "--email", "kept@example.org", "--role", "admin");
        try
        {
            (await cli.RunAsync("db", "backup", file)).ShouldEndWith(0).Out.ShouldContain("The master key is not in it");
            (await cli.RunAsync("db", "backup", file)).ShouldEndWith(3).Error.ShouldContain("--force");
            (await cli.RunAsync("db", "rehearse", file, "--json")).ShouldEndWith(0).Json.GetProperty("users").GetInt64().ShouldBeGreaterThan(0);
            var elsewhere = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = await cli.NewDatabaseAsync() } };
            (await cli.RunAsync(elsewhere, "db", "restore", file)).ShouldEndWith(0);
            (await cli.RunAsync(elsewhere, "db", "restore", file)).ShouldEndWith(3).Error.ShouldContain("--force");

            (await cli.RunAsync(elsewhere, "users", "list")).Out.ShouldContain("kept@example.org");
            var restored = (await cli.RunAsync(elsewhere, "audit", "list", "--verb", "database", "--json")).Json.GetProperty("items")[0];
            (restored.GetProperty("verb").GetString(), restored.GetProperty("actor").GetString(), restored.GetProperty("subject").GetString()).ShouldBe(("database.restored", "cli", file));
            (await AuditAsync("database")).ShouldContain("database.backed_up");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task People_are_signed_out_everywhere_and_settings_are_taken_back()
    {
        await cli.RunAsync("users", "create", "--email", "open@example.org", "--role", "viewer");
        await ExecuteAsync("INSERT INTO sign_ins (id, user_id, at, outcome, last_seen_at) SELECT gen_random_uuid(), id, now(), 'signed_in', now() FROM users WHERE email = 'open@example.org'");

        (await cli.RunAsync("users", "sign-out", "open@example.org")).ShouldEndWith(0);
        (await ScalarAsync("SELECT count(*) FROM sign_ins WHERE ended_at IS NULL")).ShouldBe(0L);

        await cli.RunAsync("config", "set", "Monitor:SampleEvery", "30");
        await cli.RunAsync("config", "set", "Monitor:SampleEvery", "40");
        long last = (await cli.RunAsync("config", "history", "Monitor:SampleEvery", "--json")).Json.GetProperty("items")[0].GetProperty("id").GetInt64();
        var withKey = new Call { Settings = { ["MasterKey"] = Scenario.MasterKeyText } };
        (await cli.RunAsync(withKey, "config", "undo", last.ToString(CultureInfo.InvariantCulture))).ShouldEndWith(0);
        (await cli.RunAsync("config", "get", "Monitor:SampleEvery")).Out.ShouldBe("30\n");
    }

    [Fact]
    public async Task Streamers_are_paused_resumed_exported_and_removed_and_the_log_says_by_whom()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(7));

        (await cli.RunAsync("streamers", "pause", cli.Slug(7), "--json")).ShouldEndWith(0).Json.GetProperty("paused")[0].GetProperty("paused").GetBoolean().ShouldBeTrue();
        (await cli.RunAsync("streamers", "resume", cli.Slug(7), "--json")).ShouldEndWith(0).Json.GetProperty("resumed")[0].GetProperty("paused").GetBoolean().ShouldBeFalse();
        (await cli.RunAsync("streamers", "export")).ShouldEndWith(0).Lines.ShouldContain(cli.Slug(7));
        (await cli.RunAsync("streamers", "remove", cli.Slug(7))).ShouldEndWith(0);
        (await cli.RunAsync("streamers", "export")).ShouldEndWith(0).Lines.ShouldNotContain(cli.Slug(7));

        var log = (await cli.RunAsync("audit", "list", "--subject", cli.Slug(7), "--json")).Json.GetProperty("items").EnumerateArray().ToList();
        log.Select(e => e.GetProperty("verb").GetString()).ShouldBe(["streamer.removed", "streamer.resumed", "streamer.paused", "streamer.added"]);
        log.ShouldAllBe(e => e.GetProperty("actor").GetString() == "cli");
    }

    [Fact]
    public async Task A_file_cannot_take_the_last_Admin_away()
    {
        var own = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = await cli.NewDatabaseAsync(), ["MasterKey"] = Scenario.MasterKeyText } };
        await cli.RunAsync(own, "users", "create", "--email", "last@example.org", "--role", "admin");

        var demoted = await cli.RunAsync(own with { Input = "users: [{email: last@example.org, role: viewer}]" }, "config", "apply", "-");
        demoted.ShouldEndWith(3).Out.ShouldContain("That is the last Admin.");
        (await cli.RunAsync(own, "users", "delete", "last@example.org", "--yes")).ShouldEndWith(3).Error.ShouldContain("last Admin");
        (await cli.RunAsync(own, "users", "disable", "last@example.org")).ShouldEndWith(3);

        // Two who swap places in one file leave one at every step.
        await cli.RunAsync(own, "users", "create", "--email", "next@example.org", "--role", "viewer");
        var swapped = await cli.RunAsync(own with { Input = "users: [{email: next@example.org, role: admin}, {email: last@example.org, role: viewer}]" }, "config", "apply", "-");
        swapped.ShouldEndWith(0);
        (await cli.RunAsync(own, "users", "list")).Lines.Count(l => l.Contains("\tadmin\t", StringComparison.Ordinal)).ShouldBe(1);
    }

    private async Task<string> FlagAsync(string name) => (await cli.RunAsync("flags", "list")).Lines.Single(l => l.StartsWith(name + "\t", StringComparison.Ordinal));

    private async Task<List<string?>> AuditAsync(string verb) =>
        [.. (await cli.RunAsync("audit", "list", "--verb", verb, "--json")).ShouldEndWith(0).Json.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("verb").GetString())];

    private async Task ExecuteAsync(string sql) => await ScalarAsync(sql);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(cli.Database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
