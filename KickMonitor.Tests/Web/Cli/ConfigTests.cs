namespace KickMonitor.Tests.Web.Cli;

public sealed class ConfigTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Settings_are_listed_set_read_and_unset()
    {
        (await cli.RunAsync("config", "set", "monitor:sampleevery", "45")).ShouldEndWith(0).Out.ShouldBe("Monitor:SampleEvery is 45 (stored).\n");
        (await cli.RunAsync("config", "get", "Monitor:SampleEvery")).ShouldEndWith(0).Out.ShouldBe("45\n");
        var listed = (await cli.RunAsync("config", "list", "--json")).ShouldEndWith(0).Json.GetProperty("items").EnumerateArray().Single(i => i.GetProperty("key").GetString() == "Monitor:SampleEvery");
        (listed.GetProperty("value").GetString(), listed.GetProperty("default").GetString(), listed.GetProperty("source").GetString()).ShouldBe(("45", "60", "stored"));
        (await cli.RunAsync("config", "unset", "Monitor:SampleEvery")).ShouldEndWith(0).Out.ShouldBe("Monitor:SampleEvery is 60 (default).\n");
        (await cli.RunAsync("config", "history", "Monitor:SampleEvery", "--json")).ShouldEndWith(0).Json.GetProperty("items").GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData("config get No:Such")]
    [InlineData("config set No:Such 1")]
    [InlineData("config set Monitor:SampleEvery 100000")]
    [InlineData("config set Monitor:RequestsPerSecond 5")]
    [InlineData("config undo 424242")]
    public async Task What_is_unknown_fixed_or_not_allowed_ends_with_3_in_one_line(string line)
    {
        var result = await cli.RunAsync(line.Split(' '));

        result.ShouldEndWith(3).Out.ShouldBeEmpty();
        result.Error.TrimEnd('\n').ShouldNotContain('\n');
    }

    [Fact]
    public async Task A_secret_comes_from_stdin_and_needs_the_servers_key()
    {
        string key = Scenario.MasterKeyText;
        string database = await cli.NewDatabaseAsync();
        Call With(string setting, string value) => new() { Input = "very secret\n", Settings = { ["ConnectionStrings:KickMonitor"] = database, [setting] = value } };
        var without = await cli.RunAsync(With("DataDirectory", "/nowhere"), "config", "set", "Twitch:ClientSecret", "-");
        without.ShouldEndWith(3).Error.ShouldContain("master key");

        var with = await cli.RunAsync(With("MasterKey", key), "config", "set", "Twitch:ClientSecret", "-", "--json");

        with.ShouldEndWith(0).Json.GetProperty("isSet").GetBoolean().ShouldBeTrue();
        (with.Out + with.Error).ShouldNotContain("very secret");
        (await cli.RunAsync(With("MasterKey", key), "config", "get", "Twitch:ClientSecret")).ShouldEndWith(0).Out.ShouldBe("•••\n");
    }
}
