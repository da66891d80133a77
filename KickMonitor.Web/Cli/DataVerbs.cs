using System.CommandLine;
using KickMonitor.Domain.Retention;

namespace KickMonitor.Web.Cli;

internal static class DataVerbs
{
    private static readonly Argument<string> Who = new("who") { Description = "Somebody at Kick: the user id (better: names change) or the name" };
    private static readonly Option<bool> Yes = new("--yes") { Description = "Do it; without it, only what would be erased is told" };

    public static Command Create(Verb verb) => Verb.Group(
        "data", "What is kept, and for how long",
        verb.Create("list", "Kinds of data, the largest first", ListAsync),
        verb.Create("erase", "Erase what events tell of somebody", EraseAsync, Who, Yes));

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var kinds = await host.Get<Retention>().ListAsync(call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.List(kinds);
            return;
        }

        call.Output.Table(
            ["Data", "KiB", "Rows, about", "Oldest", "Kept", "Setting"],
            kinds.Select(k => new[] { k.Name, Plain.Number(k.Bytes / 1024), Plain.Number(k.Rows), Plain.Time(k.Oldest), k.KeepDays == 0 ? "for ever" : $"{k.KeepDays} d", k.Setting }));
    }

    private static async Task EraseAsync(Invocation call)
    {
        var who = KickWho.Parse(call.Value(Who)) ?? throw new CliFailure(ExitCode.Usage, "Say whom, by user id or name.");
        await using var host = await call.OpenAsync();
        var erasure = host.Get<Erasure>();
        var traces = call.Value(Yes) ? await erasure.EraseAsync(who, call.Ct) : await erasure.FindAsync(who, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(new { who = who.ToString(), erased = call.Value(Yes), traces.Events, traces.Supports });
        }
        else
        {
            call.Output.Line($"{Plain.Number(traces.Events)} events and {Plain.Number(traces.Supports)} entries among supporters {(call.Value(Yes) ? "are erased. Backups still hold them until they are replaced" : "name this person. To erase them: --yes")}.");
        }
    }
}
