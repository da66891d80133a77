using System.CommandLine;
using System.CommandLine.Help;
using KickMonitor.Domain;

namespace KickMonitor.Web.Cli;

/// <summary>The executable's verbs. Without one it serves.</summary>
internal static class CommandLine
{
    // A slug may be pasted with its @, which must not be taken for a file of arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <param name="serve">Runs the server with the arguments that are left, and returns its exit code.</param>
    public static Task<int> InvokeAsync(string[] args, Func<string[], Task<int>> serve) => InvokeAsync(args, serve, Terminal.OfProcess(), CancellationToken.None);

    public static async Task<int> InvokeAsync(string[] args, Func<string[], Task<int>> serve, Terminal terminal, CancellationToken ct)
    {
        switch (args)
        {
            case ["--version"]:
                await terminal.Out.WriteLineAsync(BuildInfo.Version);
                return (int)ExitCode.Done;
            case ["serve", .. var rest] when !rest.Any(IsHelp):
                return await serve(rest);
            case [] or [['-', '-', ..], ..] when args is not [var first, ..] || !IsHelp(first):
                return await serve(args);
        }

        var line = Root(terminal).Parse(args, Parsing);
        if (line.Errors.Count > 0)
        {
            // A mistyped --json is still a wish for JSON.
            new Output(terminal, args.Contains("--json")).Error(
                line.CommandResult.Command.Subcommands.Count > 0 && line.UnmatchedTokens is [var unknown, ..]
                    ? $"There is no verb {unknown} here."
                    : string.Join(' ', line.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal)),
                $"Try: {Path(line.CommandResult.Command)} --help");
            return (int)ExitCode.Usage;
        }

        var streams = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
        };
        return await line.InvokeAsync(streams, ct);
    }

    private static Command Root(Terminal terminal)
    {
        var verb = new Verb(terminal);
        var root = Verb.Group(
            "kickmonitor", "Watches Kick.com streamers. Works on the database directly: a server need not be running.",
            new Command("serve", "Run the server; the default. Takes settings as --Key=value; --json: logs and refusals as JSON"),
            StatusVerb.Create(verb),
            WatchVerb.Create(verb),
            StreamerVerbs.Create(verb),
            GroupVerbs.Create(verb),
            TagVerbs.Create(verb),
            UserVerbs.Create(verb),
            TokenVerbs.Create(verb),
            AuditVerbs.Create(verb),
            LinkVerbs.Create(verb),
            KeyVerbs.Create(verb),
            ConfigVerbs.Create(verb),
            FlagVerbs.Create(verb),
            JobVerbs.Create(verb),
            DataVerbs.Create(verb),
            DatabaseVerbs.Create(verb),
            KickVerbs.Create(verb));
        root.Options.Add(new HelpOption("--help", "-h"));
        root.Options.Add(new VersionOption());
        root.Options.Add(Verb.Json);
        return root;
    }

    private static bool IsHelp(string argument) => argument is "--help" or "-h";

    private static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : command.Name;
}
