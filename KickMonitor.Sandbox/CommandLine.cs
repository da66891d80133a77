using System.Globalization;

namespace KickMonitor.Sandbox;

/// <summary>What the command line asks for; <see cref="Error"/> says why it cannot be had.</summary>
public sealed record CommandLine
{
    public const string Help = """
        A stand-in for kick.com on this machine.

          dotnet run --project KickMonitor.Sandbox -- [options]

          --streamers N        how many streamers there are (100)
          --live SHARE         the share that is live at the start, 0 to 1 (0.3)
          --seed N             the same seed gives the same streamers (1)
          --speed X            how many times faster than life, 0.01 to 1000 (1)
          --still              nothing changes unless it is steered
          --port N             the port on loopback, 0 for any free one (5090)
          --client-id ID       what apps must call themselves
          --client-secret S    and prove it with
          --quiet              print nothing but errors
          --help               this
        """;

    public SandboxOptions Options { get; private init; } = new() { Streamers = 100, Port = 5090 };
    public bool Quiet { get; private init; }
    public bool WantsHelp { get; private init; }
    public string? Error { get; private init; }

    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var line = new CommandLine();
        for (var i = 0; i < args.Count && line.Error is null; i++)
        {
            line = args[i] switch
            {
                "--help" or "-h" => line with { WantsHelp = true },
                "--quiet" => line with { Quiet = true },
                "--still" => line with { Options = line.Options with { Alive = false } },
                _ when i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal) => line.With(args[i], args[++i]),
                var name => line.With(name, null),
            };
        }

        return line;
    }

    private CommandLine With(string name, string? value) => (name, value) switch
    {
        ("--streamers" or "--live" or "--seed" or "--speed" or "--port" or "--client-id" or "--client-secret", null or "") =>
            Wrong($"{name} needs a value."),
        ("--streamers", _) => Whole(value, 0, 100_000) is { } n ? On(Options with { Streamers = n }) : Wrong("--streamers is a number from 0 to 100000."),
        ("--seed", _) => Whole(value, 0, int.MaxValue) is { } n ? On(Options with { Seed = n }) : Wrong("--seed is a number from 0 up."),
        ("--port", _) => Whole(value, 0, 65535) is { } n ? On(Options with { Port = n }) : Wrong("--port is a number from 0 to 65535."),
        ("--live", _) => Real(value, 0, 1) is { } x ? On(Options with { Live = x }) : Wrong("--live is a number from 0 to 1."),
        ("--speed", _) => Real(value, 0.01, 1000) is { } x ? On(Options with { Speed = x }) : Wrong("--speed is a number from 0.01 to 1000."),
        ("--client-id", _) => On(Options with { ClientId = value! }),
        ("--client-secret", _) => On(Options with { ClientSecret = value! }),
        _ => Wrong($"There is no option '{name}'; --help lists them."),
    };

    private CommandLine On(SandboxOptions options) => this with { Options = options };

    private CommandLine Wrong(string error) => this with { Error = error };

    private static int? Whole(string? text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : null;

    private static double? Real(string? text, double least, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var x) && x >= least && x <= most ? x : null;
}
