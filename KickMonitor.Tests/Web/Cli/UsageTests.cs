namespace KickMonitor.Tests.Web.Cli;

public sealed class UsageTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Theory]
    [InlineData("")]
    [InlineData("serve")]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("streamers")]
    [InlineData("streamers list")]
    [InlineData("streamers add")]
    [InlineData("streamers remove")]
    [InlineData("streamers import")]
    [InlineData("streamers export")]
    [InlineData("streamers pause")]
    [InlineData("streamers resume")]
    [InlineData("users list")]
    [InlineData("users create")]
    [InlineData("users set-role")]
    [InlineData("users disable")]
    [InlineData("users enable")]
    [InlineData("users assign")]
    [InlineData("users unassign")]
    [InlineData("users assign-group")]
    [InlineData("users unassign-group")]
    [InlineData("users reset-password")]
    [InlineData("users sign-out")]
    [InlineData("users delete")]
    [InlineData("groups list")]
    [InlineData("groups create")]
    [InlineData("groups rename")]
    [InlineData("groups publish")]
    [InlineData("groups remove")]
    [InlineData("groups assign")]
    [InlineData("groups unassign")]
    [InlineData("tags list")]
    [InlineData("tags rename")]
    [InlineData("tags remove")]
    [InlineData("streamers tag")]
    [InlineData("streamers group")]
    [InlineData("streamers note")]
    [InlineData("streamers priority")]
    [InlineData("audit list")]
    [InlineData("tokens create")]
    [InlineData("tokens list")]
    [InlineData("tokens revoke")]
    [InlineData("config list")]
    [InlineData("config get")]
    [InlineData("config set")]
    [InlineData("config unset")]
    [InlineData("config history")]
    [InlineData("config undo")]
    [InlineData("config apply")]
    [InlineData("config export")]
    [InlineData("flags list")]
    [InlineData("flags set")]
    [InlineData("jobs list")]
    [InlineData("data list")]
    [InlineData("data erase")]
    [InlineData("jobs run")]
    [InlineData("jobs pause")]
    [InlineData("jobs resume")]
    [InlineData("db backup")]
    [InlineData("db restore")]
    [InlineData("db rehearse")]
    [InlineData("db migrate")]
    [InlineData("db info")]
    [InlineData("kick check")]
    public async Task Every_verb_explains_itself(string verb)
    {
        var help = await cli.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        help.ShouldEndWith(0);
        help.Out.ShouldContain($"kickmonitor {verb}".TrimEnd());
        help.Out.ShouldContain("--json");
        help.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("serve", "")]
    [InlineData("serve --Monitor:Interval=5 x", "--Monitor:Interval=5 x")]
    [InlineData("--urls http://localhost:1 status", "--urls http://localhost:1 status")]
    public async Task Without_a_verb_it_serves_and_hands_the_arguments_on(string line, string handedOn)
    {
        string[]? seen = null;
        var call = new Call { Serve = args => { seen = args; return Task.FromResult(7); } };

        var result = await cli.RunAsync(call, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        result.ShouldEndWith(7);
        seen.ShouldNotBeNull().ShouldBe(handedOn.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var result = await cli.RunAsync("--version");

        result.ShouldEndWith(0).Lines.ShouldHaveSingleItem().ShouldMatch(@"^\d+\.\d+\.\d+");
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("streamers")]
    [InlineData("streamers add")]
    [InlineData("streamers list --status asleep")]
    [InlineData("streamers list --colour")]
    [InlineData("users create --email a@example.org")]
    [InlineData("users create --email a@example.org --role king")]
    [InlineData("users set-role a@example.org 7")]
    [InlineData("tokens create --user a@example.org --name")]
    public async Task A_mistyped_line_ends_with_2_and_says_what_is_wrong(string line)
    {
        var result = await cli.RunAsync(line.Split(' '));

        result.ShouldEndWith(2).Out.ShouldBeEmpty();
        result.Error.TrimEnd('\n').ShouldNotContain('\n');
        result.Error.ShouldContain("--help");
    }

    [Fact]
    public async Task With_json_a_mistyped_line_is_an_object_on_stderr()
    {
        var result = await cli.RunAsync("users", "set-role", "--json");

        result.ShouldEndWith(2);
        result.ErrorJson.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
        result.ErrorJson.GetProperty("hint").GetString().ShouldBe("Try: kickmonitor users set-role --help");
    }

    [Fact]
    public async Task Every_wrong_setting_is_named()
    {
        var call = new Call { Settings = { ["Monitor:Interval"] = "1", ["Monitor:BatchSize"] = "many", ["Kick:ApiBaseUrl"] = "ftp://kick.com" } };

        var result = await cli.RunAsync(call, "status");

        result.ShouldEndWith(2);
        result.Error.ShouldBe(
            "The field Monitor:Interval must be between 2 and 3600. Monitor:BatchSize must be a number, not 'many'. Kick:ApiBaseUrl must be an http:// or https:// address.\n");
    }

    [Theory]
    [InlineData("Monitor:Interval", "soon")]
    [InlineData("ConnectionStrings:KickMonitor", "nonsense")]
    [InlineData("ConnectionStrings:KickMonitor", "postgres://a b")]
    public async Task A_setting_of_the_wrong_kind_ends_with_2(string key, string value)
    {
        var result = await cli.RunAsync(new Call { Settings = { [key] = value } }, "status");

        result.ShouldEndWith(2).Error.TrimEnd('\n').ShouldNotContain('\n');
    }
}
