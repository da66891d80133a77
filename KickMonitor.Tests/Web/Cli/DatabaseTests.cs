using KickMonitor.Domain.Storage.Embedded;
using Npgsql;

namespace KickMonitor.Tests.Web.Cli;

public sealed class DatabaseTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Migrating_brings_an_empty_database_up_to_date_and_info_tells()
    {
        var call = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = await cli.NewDatabaseAsync() } };

        var before = await cli.RunAsync(call, "db", "info", "--json");
        before.ShouldEndWith(0).Json.GetProperty("applied").GetArrayLength().ShouldBe(0);
        before.Json.GetProperty("pending").GetArrayLength().ShouldBeGreaterThan(0);
        before.Error.ShouldBeEmpty();

        var migrated = await cli.RunAsync(call, "db", "migrate", "--json");
        migrated.ShouldEndWith(0).Json.GetProperty("applied").GetArrayLength().ShouldBe(before.Json.GetProperty("pending").GetArrayLength());

        var after = await cli.RunAsync(call, "db", "info", "--json");
        after.ShouldEndWith(0).Json.GetProperty("pending").GetArrayLength().ShouldBe(0);
        after.Json.GetProperty("sizeBytes").GetInt64().ShouldBeGreaterThan(0);
        after.Json.GetProperty("server").GetString().ShouldNotBeNullOrEmpty();
        (await cli.RunAsync(call, "db", "migrate")).ShouldEndWith(0).Out.ShouldBe("The schema is current.\n");
    }

    [Fact]
    public async Task Info_never_shows_the_password()
    {
        string password = new NpgsqlConnectionStringBuilder(cli.Database).Password!;

        var json = await cli.RunAsync("db", "info", "--json");
        var text = await cli.RunAsync("db", "info");

        json.ShouldEndWith(0).Out.ShouldNotContain(password);
        text.ShouldEndWith(0).Out.ShouldNotContain(password);
        text.Out.ShouldContain("Location");
    }

    [Theory]
    [InlineData("status")]
    [InlineData("db info")]
    [InlineData("db migrate")]
    [InlineData("streamers add xqc")]
    [InlineData("watch")]
    public async Task A_database_that_does_not_answer_ends_with_4_in_one_line(string line)
    {
        var call = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = "Host=127.0.0.1;Port=1;Database=a;Username=b;Password=geheim123" } };

        var result = await cli.RunAsync(call, line.Split(' '));

        result.ShouldEndWith(4).Out.ShouldBeEmpty();
        result.Error.TrimEnd('\n').ShouldNotContain('\n');
        result.Error.ShouldContain("DATABASE_URL");
        result.Error.ShouldNotContain("geheim123");
    }

    [Fact]
    public async Task With_json_a_database_that_does_not_answer_is_one_object_on_stderr()
    {
        var call = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = "postgres://b:geheim123@127.0.0.1:1/a" } };

        var result = await cli.RunAsync(call, "users", "list", "--json");

        result.ShouldEndWith(4).ErrorJson.EnumerateObject().Select(p => p.Name).ShouldBe(["error", "hint"]);
        result.Error.ShouldNotContain("geheim123");
    }

    [Theory]
    [InlineData("Database", "no_such_database")]
    [InlineData("Password", "wrong")]
    public async Task A_database_that_lets_nobody_in_ends_with_4(string part, string value)
    {
        var elsewhere = new NpgsqlConnectionStringBuilder(cli.Database) { [part] = value };

        (await cli.RunAsync(new Call { Settings = { ["ConnectionStrings:KickMonitor"] = elsewhere.ConnectionString } }, "status")).ShouldEndWith(4);
    }

    [Fact]
    public async Task An_empty_database_is_migrated_without_asking()
    {
        var call = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = await cli.NewDatabaseAsync() } };

        (await cli.RunAsync(call, "streamers", "list", "--json")).ShouldEndWith(0).Json.GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("CREATE TABLE somebody_elses (id int)")]
    [InlineData("""CREATE TABLE "__EFMigrationsHistory" ("MigrationId" text PRIMARY KEY, "ProductVersion" text); CREATE TABLE streamers (id int)""")]
    public async Task A_database_of_another_schema_is_left_alone(string sql)
    {
        string database = await cli.NewDatabaseAsync();
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        var result = await cli.RunAsync(new Call { Settings = { ["ConnectionStrings:KickMonitor"] = database } }, "status");

        result.ShouldEndWith(4).Error.ShouldContain("kickmonitor db migrate");
    }

    [Fact]
    public async Task Without_a_database_named_the_embedded_one_is_started_for_the_verb_and_shared_with_a_server()
    {
        string data = Directory.CreateTempSubdirectory("km-cli-data-").FullName;
        var call = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = null, ["DataDirectory"] = data } };
        try
        {
            (await cli.RunAsync(call, "users", "create", "--email", "a@example.org", "--role", "admin")).ShouldEndWith(0);
            await using var server = await EmbeddedPostgres.StartAsync(data, share: false, TestContext.Current.CancellationToken);

            var beside = await cli.RunAsync(call, "users", "list", "--json");

            beside.ShouldEndWith(0).Json.GetProperty("items")[0].GetProperty("email").GetString().ShouldBe("a@example.org");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
