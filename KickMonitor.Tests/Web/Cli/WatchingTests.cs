using System.Text;
using System.Text.Json;
using CommandLine = KickMonitor.Web.Cli.CommandLine;

namespace KickMonitor.Tests.Web.Cli;

public sealed class WatchingTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Status_has_the_shape_of_the_API()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(0));

        var status = (await cli.RunAsync("status", "--json")).ShouldEndWith(0).Json;

        status.EnumerateObject().Select(p => p.Name).ShouldBe(["version", "node", "nodes", "startedAt", "streamers", "sweep", "sources", "inbox"]);
        status.GetProperty("streamers").GetProperty("total").GetInt32().ShouldBeGreaterThan(0);
        status.GetProperty("sources")[0].GetProperty("name").GetString().ShouldBe("kick-api");
        status.GetProperty("sources")[0].GetProperty("state").GetString().ShouldBe("ok");
        (await cli.RunAsync("status")).ShouldEndWith(0).Out.ShouldContain("none is running");
    }

    [Fact]
    public async Task Each_change_is_one_line_of_json_and_an_interrupt_ends_with_0()
    {
        await cli.RunAsync("streamers", "add", cli.Slug(1));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var output = new Recorder();
        var watching = WatchAsync(new Call { Ct = stop.Token }, output, "--json");

        string[] lines = [];
        for (int i = 0; i < 100 && lines.Length < 2; i++)
        {
            await cli.RunAsync("streamers", i % 2 == 0 ? "pause" : "resume", cli.Slug(1));
            await Task.Delay(50, stop.Token);
            lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }

        await cli.RunAsync("streamers", "remove", cli.Slug(1));
        await output.SaysAsync("removed");
        await stop.CancelAsync();

        (await watching).ShouldBe(0);
        var first = JsonDocument.Parse(lines[0]).RootElement;
        first.GetProperty("slug").GetString().ShouldBe(cli.Slug(1));
        first.GetProperty("change").GetString().ShouldBe("changed");
        first.GetProperty("at").GetString().ShouldEndWith("Z");
        first.TryGetProperty("paused", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task The_screen_follows_shows_text_as_text_and_q_puts_the_terminal_back()
    {
        var live = cli.Kick.World.GoLive(cli.Kick.World.Streamers[2].Id, viewers: 1234, title: "[red]not\e[2Jred[/] 🎉");
        await cli.RunAsync("streamers", "add", live.Slug, cli.Slug(3));
        var output = new Recorder();
        char? key = null;
        var watching = WatchAsync(new Call { IsTerminal = true, Key = () => key }, output);
        await output.SaysAsync("1,234");

        await cli.RunAsync("streamers", "pause", cli.Slug(3));
        await output.SaysAsync("paused");
        key = 'q';

        (await watching).ShouldBe(0);
        output.Text.ShouldContain("[red]notred[/] 🎉");
        output.Text.ShouldNotContain("\e[2J");
        output.Text.ShouldStartWith("\e[?1049h");
        output.Text.ShouldEndWith("\e[?1049l");
    }

    private async Task<int> WatchAsync(Call call, Recorder output, params string[] options)
    {
        await using var error = new StringWriter();
        var terminal = cli.Terminal(call, output, error);
        return await CommandLine.InvokeAsync(["watch", .. options], call.Serve, terminal, call.Ct);
    }

    /// <summary>A writer that can be read while another thread writes.</summary>
    private sealed class Recorder : TextWriter
    {
        private readonly StringBuilder _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public override void Write(char value)
        {
            lock (_text)
            {
                _text.Append(value);
            }
        }

        public override void Write(string? value)
        {
            lock (_text)
            {
                _text.Append(value);
            }
        }

        public async Task SaysAsync(string what)
        {
            for (int i = 0; i < 200 && !Text.Contains(what, StringComparison.Ordinal); i++)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            Text.ShouldContain(what);
        }
    }
}
