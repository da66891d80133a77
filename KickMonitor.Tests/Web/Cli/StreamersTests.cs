using System.Text.Json;
using System.Text.RegularExpressions;
using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Web.Cli;

public sealed partial class StreamersTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Adding_checks_at_once_and_says_a_streamer_as_the_API_does()
    {
        var live = cli.Kick.World.GoLive(cli.Kick.World.Streamers[0].Id, viewers: 412, title: "Hello");

        var added = (await cli.RunAsync("streamers", "add", live.Slug, "--json")).ShouldEndWith(0).Json.GetProperty("added")[0];

        added.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["slug", "displayName", "broadcasterUserId", "avatarUrl", "status", "since", "viewers", "title", "category", "language", "checkedAt", "source", "paused"]);
        added.GetProperty("slug").GetString().ShouldBe(live.Slug);
        added.GetProperty("status").GetString().ShouldBe("live");
        added.GetProperty("viewers").GetInt32().ShouldBe(412);
        added.GetProperty("source").GetString().ShouldBe("poll");
        added.GetProperty("paused").GetBoolean().ShouldBeFalse();
        added.GetProperty("since").GetString()!.ShouldMatch(Rfc3339);
        added.GetProperty("checkedAt").GetString()!.ShouldMatch(Rfc3339);
    }

    [Fact]
    public async Task Adding_several_adds_what_it_can_and_ends_with_3_for_the_rest()
    {
        var result = await cli.RunAsync("streamers", "add", cli.Slug(1), "nobody-at-all", new string('a', 26), "@" + cli.Slug(2), "[red]markup[/]", "--json");

        result.ShouldEndWith(3);
        Slugs(result.Json.GetProperty("added")).ShouldBe([cli.Slug(1), cli.Slug(2)]);
        Slugs(result.Json.GetProperty("refused")).ShouldBe(["nobody-at-all", new string('a', 26), "[red]markup[/]"]);
        result.ErrorJson.GetProperty("error").GetString().ShouldNotBeNull().ShouldContain("3 of 5 refused");
    }

    [Fact]
    public async Task Adding_somebody_twice_ends_with_3_and_twice_in_one_line_does_not()
    {
        (await cli.RunAsync("streamers", "add", cli.Slug(3), "@" + cli.Slug(3))).ShouldEndWith(0).Out.ShouldStartWith($"Added {cli.Slug(3)} (");

        var again = await cli.RunAsync("streamers", "add", cli.Slug(3));

        again.ShouldEndWith(3).Error.ShouldBe($"{cli.Slug(3)}: already watched.\n");
    }

    [Fact]
    public async Task What_is_refused_is_told_without_letting_it_draw_on_the_terminal()
    {
        var result = await cli.RunAsync("streamers", "add", "\e[31mred\e]0;title\a\u009b2J\r\nx");

        result.ShouldEndWith(3).Error.ShouldBe("red x: no Kick slug looks like that.\n");
    }

    [Fact]
    public async Task Listing_filters_by_status_and_text()
    {
        var live = cli.Kick.World.GoLive(cli.Kick.World.Streamers[4].Id, viewers: 5, title: "An [bold]odd\e[2J title[/]");
        cli.Kick.World.EndStream(cli.Kick.World.Streamers[5].Id);
        await cli.RunAsync("streamers", "add", live.Slug, cli.Slug(5));

        var found = (await cli.RunAsync("streamers", "list", "--status", "live", "--search", "ODD", "--json")).ShouldEndWith(0).Json;

        Slugs(found.GetProperty("items")).ShouldBe([live.Slug]);
        found.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
        var text = (await cli.RunAsync("streamers", "list", "--search", "odd")).ShouldEndWith(0);
        text.Lines.ShouldHaveSingleItem().Split('\t')[^1].ShouldBe("An [bold]odd title[/]");
        var table = (await cli.RunAsync(new Call { IsTerminal = true }, "streamers", "list")).ShouldEndWith(0);
        table.Out.ShouldContain("[bold]odd");
        table.Out.ShouldNotContain("\e[2J");
    }

    [Fact]
    public async Task Pausing_resuming_and_removing()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(6), cli.Slug(7));

        var paused = (await cli.RunAsync("streamers", "pause", cli.Slug(6), "--json")).ShouldEndWith(0).Json.GetProperty("paused")[0];
        paused.GetProperty("paused").GetBoolean().ShouldBeTrue();
        (await cli.RunAsync("streamers", "resume", cli.Slug(6), "--json")).ShouldEndWith(0).Json.GetProperty("resumed")[0].GetProperty("paused").GetBoolean().ShouldBeFalse();

        var removed = await cli.RunAsync("streamers", "remove", cli.Slug(6), "not-watched", cli.Slug(7));
        removed.ShouldEndWith(3).Out.ShouldBe($"Removed {cli.Slug(6)}.\nRemoved {cli.Slug(7)}.\n");
        removed.Error.ShouldBe("1 of 3 refused: not-watched: not watched.\n");
        (await cli.RunAsync("streamers", "remove", cli.Slug(6))).ShouldEndWith(3);
        (await cli.RunAsync("streamers", "pause", cli.Slug(6))).ShouldEndWith(3);
    }

    [Fact]
    public async Task Importing_takes_a_spreadsheet_and_names_the_lines_it_refuses()
    {
        string csv = $"\uFEFFname;slug\r\nA;{cli.Slug(8)}\r\nB;{cli.Slug(9).ToUpperInvariant()}\r\nC;{cli.Slug(8)}\r\nD;no slug\r\nE;nobody-at-all\r\n";

        var result = await cli.RunAsync(new Call { Input = csv }, "streamers", "import", "-", "--json");

        result.ShouldEndWith(3);
        result.Json.GetProperty("added").GetInt32().ShouldBe(2);
        result.Json.GetProperty("duplicates").GetInt32().ShouldBe(1);
        result.Json.GetProperty("refused").EnumerateArray().Select(r => (r.GetProperty("line").GetInt32(), r.GetProperty("slug").GetString()))
            .ShouldBe([(5, "no slug"), (6, "nobody-at-all")]);
        result.ErrorJson.GetProperty("error").GetString().ShouldBe("2 of 5 lines were refused.");
    }

    [Fact]
    public async Task Importing_a_file_again_is_no_failure()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file, [cli.Slug(10), "# a comment", cli.Slug(11)], TestContext.Current.CancellationToken);
        var first = await cli.RunAsync("streamers", "import", file);

        var second = await cli.RunAsync("streamers", "import", file);

        File.Delete(file);
        first.ShouldEndWith(0).Out.ShouldBe("Added 2, already watched 0, doubled 0, refused 0.\n");
        first.Error.ShouldBe("2 of 2: 2 added, 0 refused\n");
        second.ShouldEndWith(0).Out.ShouldBe("Added 0, already watched 2, doubled 0, refused 0.\n");
    }

    [Fact]
    public async Task An_export_can_be_imported()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(12), cli.Slug(13));
        var export = (await cli.RunAsync("streamers", "export")).ShouldEndWith(0);
        export.Lines.ShouldContain(cli.Slug(12));
        var elsewhere = new Call { Input = export.Out, Settings = { ["ConnectionStrings:KickMonitor"] = await cli.NewDatabaseAsync() } };

        (await cli.RunAsync(elsewhere, "streamers", "import", "-")).ShouldEndWith(0).Out.ShouldStartWith($"Added {export.Lines.Length},");
    }

    [Fact]
    public async Task A_list_that_is_missing_or_too_long_ends_with_3_before_anything_is_added()
    {
        (await cli.RunAsync("streamers", "import", "/no/such/file")).ShouldEndWith(3);
        var tooLong = new Call { Input = string.Join('\n', Enumerable.Range(0, 20_001).Select(i => $"streamer{i}")) };

        (await cli.RunAsync(tooLong, "streamers", "import", "-")).ShouldEndWith(3).Error.ShouldContain("20,000");
    }

    [Fact]
    public async Task A_list_of_exactly_the_longest_length_is_read()
    {
        var longest = new Call { Input = string.Join('\n', Enumerable.Repeat("not a slug", 20_000)) + "\n\n" };

        (await cli.RunAsync(longest, "streamers", "import", "-")).ShouldEndWith(3).Error.ShouldEndWith("20,000 of 20,000 lines were refused.\n");
    }

    private static IEnumerable<string> Slugs(JsonElement streamers) => streamers.EnumerateArray().Select(s => s.GetProperty("slug").GetString()!);

    private const string Rfc3339 = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$";
}

/// <summary>Kick fails in these, so they have a stand-in of their own.</summary>
public sealed class FailingKickTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Theory]
    [InlineData(FaultKind.BadGateway)]
    [InlineData(FaultKind.FirewallChallenge)]
    [InlineData(FaultKind.HtmlPage)]
    public async Task When_Kick_fails_adding_and_importing_end_with_5(FaultKind kind)
    {
        cli.Kick.Faults.Add(kind);
        var added = await cli.RunAsync("streamers", "add", cli.Slug(0), "--json");
        var imported = await cli.RunAsync(new Call { Input = cli.Slug(0) }, "streamers", "import", "-");
        cli.Kick.Faults.Clear();

        added.ShouldEndWith(5).ErrorJson.GetProperty("error").GetString().ShouldNotBeNull().ShouldContain("Kick could not be asked");
        imported.ShouldEndWith(5).Error.ShouldContain("1 were not tried");
    }

    [Fact]
    public async Task Kick_check_times_each_call()
    {
        var result = (await cli.RunAsync("kick", "check", "--json")).ShouldEndWith(0).Json;

        result.GetProperty("ok").GetBoolean().ShouldBeTrue();
        result.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("name").GetString()).ShouldBe(["token", "public-key", "livestreams", "channels"]);
        result.GetProperty("checks")[0].GetProperty("durationMs").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        (await cli.RunAsync("kick", "check")).ShouldEndWith(0).Out.ShouldContain("token\tok\t");
    }

    [Theory]
    [InlineData("Kick:ClientSecret", "wrong-secret-123")]
    [InlineData("Kick:ClientId", "")]
    [InlineData("Kick:IdBaseUrl", "http://127.0.0.1:1")]
    [InlineData("Kick:ApiBaseUrl", "http://127.0.0.1:1")]
    public async Task Kick_check_ends_with_5_and_the_reason(string key, string value)
    {
        var result = await cli.RunAsync(new Call { Settings = { [key] = value, ["ConnectionStrings:KickMonitor"] = "Host=127.0.0.1;Port=1" } }, "kick", "check", "--json");

        result.ShouldEndWith(5).Json.GetProperty("ok").GetBoolean().ShouldBeFalse();
        result.ErrorJson.GetProperty("error").GetString().ShouldNotBeNull().ShouldContain("Kick could not be asked");
        (result.Out + result.Error).ShouldNotContain("wrong-secret-123");
    }
}
