using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Contract;

public sealed class CommandLineTests
{
    [Fact]
    public void Every_option_is_understood()
    {
        var line = CommandLine.Parse(
            ["--streamers", "1000", "--port", "0", "--seed", "7", "--speed", "2.5", "--live", "0.5", "--client-id", "a", "--client-secret", "b", "--still", "--quiet"]);

        line.Error.ShouldBeNull();
        line.Quiet.ShouldBeTrue();
        line.Options.ShouldBe(new SandboxOptions
        {
            Streamers = 1000,
            Port = 0,
            Seed = 7,
            Speed = 2.5,
            Live = 0.5,
            ClientId = "a",
            ClientSecret = "b",
            Alive = false,
        });
    }

    [Theory]
    [InlineData("--streamers")]
    [InlineData("--streamers", "many")]
    [InlineData("--streamers", "-1")]
    [InlineData("--port", "70000")]
    [InlineData("--speed", "0")]
    [InlineData("--live", "1.5")]
    [InlineData("--client-id", "--quiet")]
    [InlineData("--unknown", "1")]
    [InlineData("1000")]
    public void What_makes_no_sense_is_an_error_of_one_line(params string[] args)
    {
        var error = CommandLine.Parse(args).Error.ShouldNotBeNull();

        error.ShouldNotContain("\n");
    }
}
