using System.CommandLine;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Web.Cli;

/// <summary>One call of one verb.</summary>
internal sealed class Invocation(ParseResult line, Terminal terminal, bool isJson, CancellationToken ct)
{
    public Terminal Terminal => terminal;

    public Output Output { get; } = new(terminal, isJson);

    public CancellationToken Ct => ct;

    public T Value<T>(Argument<T> argument) => line.GetRequiredValue(argument);

    public T? Value<T>(Option<T> option) => line.GetValue(option);

    /// <summary>The services, with a database whose schema is current.</summary>
    /// <param name="withKeys">The verb reads or writes what is encrypted.</param>
    public Task<CliHost> OpenAsync(bool withKeys = false) => CliHost.OpenAsync(terminal, Output, DatabaseUse.Current, withKeys, ct);

    /// <summary>With keys that may not be the database's any more, or not yet.</summary>
    public Task<CliHost> OpenWithAnyKeyAsync() => CliHost.OpenAsync(terminal, Output, DatabaseUse.Current, withKeys: true, ct, checksKey: false);

    public Task<CliHost> OpenAsync(DatabaseUse use) => CliHost.OpenAsync(terminal, Output, use, withKeys: false, ct);
}

/// <summary>Makes commands that all know <c>--json</c> and turn what goes wrong into an exit code.</summary>
internal sealed class Verb(Terminal terminal)
{
    public static readonly Option<bool> Json = new("--json") { Description = "Results as JSON on stdout, errors as JSON on stderr", Recursive = true };

    public Command Create(string name, string description, Func<Invocation, Task> act, params Symbol[] takes)
    {
        var command = new Command(name, description);
        foreach (var symbol in takes)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else
            {
                command.Arguments.Add((Argument)symbol);
            }
        }

        command.SetAction((line, ct) => RunAsync(new Invocation(line, terminal, line.GetValue(Json), ct), act));
        return command;
    }

    public static Command Group(string name, string description, params Command[] verbs)
    {
        var group = new Command(name, description);
        foreach (var verb in verbs)
        {
            group.Subcommands.Add(verb);
        }

        return group;
    }

    private static async Task<int> RunAsync(Invocation invocation, Func<Invocation, Task> act)
    {
        Actor.Current = new Actor(UserId: null, "cli", "cli", $"{Environment.UserName}@{Environment.MachineName}");
        try
        {
            await act(invocation);
            return (int)ExitCode.Done;
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            // Whoever read the output has seen enough.
            return (int)ExitCode.Done;
        }
        catch (OperationCanceledException) when (invocation.Ct.IsCancellationRequested)
        {
            invocation.Output.Error("Interrupted.", null);
            return (int)ExitCode.Unexpected;
        }
        catch (Exception e)
        {
            var failure = CliFailure.Of(e);
            invocation.Output.Error(failure.Message, failure.Hint);
            return (int)failure.Code;
        }
    }

    private const int BrokenPipe = 32;
}
