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

    [Fact]
    public async Task Leading_a_secret_elsewhere_removes_it_and_says_so_by_hand_and_by_file()
    {
        string database = await cli.NewDatabaseAsync();
        Call With(string input = "") => new() { Input = input, Settings = { ["ConnectionStrings:KickMonitor"] = database, ["MasterKey"] = Scenario.MasterKeyText } };
        Task<CliResult> KeepAsync() => cli.RunAsync(With("very secret\n"), "config", "set", "Smtp:Password", "-");
        (await KeepAsync()).ShouldEndWith(3).Error.ShouldContain("Set Smtp:Host first");
        (await cli.RunAsync(With(), "config", "set", "Smtp:Host", "mail.example.org")).ShouldEndWith(0).Out.ShouldBe("Smtp:Host is mail.example.org (stored).\n");
        (await KeepAsync()).ShouldEndWith(0);

        // Where a secret leads is changed without the server's key.
        var away = new Call { Settings = { ["ConnectionStrings:KickMonitor"] = database, ["DataDirectory"] = "/nowhere" } };
        (await cli.RunAsync(away, "config", "set", "Smtp:Host", "mail.elsewhere.example")).ShouldEndWith(0).Out.ShouldBe(
            "Smtp:Host is mail.elsewhere.example (stored).\nSmtp:Password was removed: it was kept for where Smtp:Host led before. Set it anew with: kickmonitor config set Smtp:Password -\n");
        string removal = (await cli.RunAsync(With(), "config", "history", "Smtp:Password", "--json")).Json.GetProperty("items")[0].GetProperty("id").GetRawText();
        (await cli.RunAsync(With(), "config", "undo", removal)).ShouldEndWith(3).Error.ShouldContain("kept for where it was sent then");

        (await KeepAsync()).ShouldEndWith(0);
        var file = With("settings: {Smtp:Port: 2525, Smtp:Host: mail.example.org}");
        (await cli.RunAsync(file, "config", "apply", "-", "--dry-run")).ShouldEndWith(0).Out.ShouldContain("setting Smtp:Port: 587 → 2525, which removes Smtp:Password\nsetting Smtp:Host: mail.elsewhere.example → mail.example.org\n");
        (await cli.RunAsync(file, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldContain("which removes Smtp:Password");
        (await cli.RunAsync(With(), "config", "get", "Smtp:Password")).ShouldEndWith(0).Out.ShouldBe("\n");
        (await KeepAsync()).ShouldEndWith(0);
        (await cli.RunAsync(file, "config", "apply", "-")).ShouldEndWith(0).Out.ShouldBe("Everything is as the file says.\n");
        (await cli.RunAsync(With(), "config", "get", "Smtp:Password")).ShouldEndWith(0).Out.ShouldBe("•••\n");
        (await cli.RunAsync(With(), "config", "export")).ShouldEndWith(0).Out.ShouldNotContain("Password");
    }

    [Fact]
    public async Task Where_a_secret_of_the_start_goes_is_said_at_start()
    {
        var call = new Call { Settings = { ["Smtp:Password"] = "very secret" } };

        (await cli.RunAsync(call, "config", "set", "Smtp:Host", "mail.elsewhere.example")).ShouldEndWith(3).Error.ShouldContain("say Smtp:Host, where it is sent, there too.");

        (await cli.RunAsync(call with { Input = "settings: {Smtp:Host: mail.elsewhere.example}" }, "config", "apply", "-")).ShouldEndWith(3).Out.ShouldContain("say Smtp:Host, where it is sent, there too.");
    }
}
