using System.CommandLine;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Api;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Web.Cli;

internal static class FlagVerbs
{
    private static readonly Argument<string> Name = new("flag") { Description = "As the list shows it, like handlers.tallies" };
    private static readonly Argument<bool> State = new("state")
    {
        Description = "on or off",
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value.ToLowerInvariant())
            {
                case "on" or "true":
                    return true;
                case "off" or "false":
                    return false;
                default:
                    result.AddError("A flag is on or off.");
                    return false;
            }
        },
    };

    private static readonly Option<int> Percentage = new("--percentage") { Description = "On for so many of a hundred streamers only, always the same ones", DefaultValueFactory = _ => 100 };
    private static readonly Option<string[]> Only = new("--streamer") { Description = "On for this one whatever the percentage; can be repeated. Alone, it means for nobody else", AllowMultipleArgumentsPerToken = true };

    public static Command Create(Verb verb) => Verb.Group(
        "flags", "Features that can be switched off",
        verb.Create("list", "All of them, and who changed them", ListAsync),
        verb.Create("set", "Switch one, on all nodes at once", SetAsync, Name, State, Percentage, Only));

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var flags = await ViewAsync(host, host.Get<Flags>().All, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.List(flags);
            return;
        }

        call.Output.Table(["Flag", "State", "Changed by", "Meaning"], flags.Select(f => new[] { f.Name, StateOf(f), f.ChangedBy, f.Description }));
    }

    private static async Task SetAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var slugs = call.Value(Only) ?? [];
        var ids = new List<long>();
        foreach (string slug in slugs)
        {
            ids.Add((await host.Get<StreamerDirectory>().FindAsync(slug, call.Ct))?.BroadcasterUserId ?? throw new CliFailure(ExitCode.Refused, $"{slug} is not watched.", "List who is with: kickmonitor streamers list"));
        }

        int percentage = call.Value(Percentage) is 100 && ids.Count > 0 ? 0 : call.Value(Percentage);
        var flag = await host.Get<Flags>().SetAsync(call.Value(Name), call.Value(State), percentage, ids, isAsSeen: null, call.Ct) switch
        {
            ChangeFlag.Done done => (await ViewAsync(host, [done.State], call.Ct))[0],
            ChangeFlag.Refused refused => throw new CliFailure(ExitCode.Refused, refused.Reason),
            _ => throw new CliFailure(ExitCode.Refused, $"There is no flag {call.Value(Name)}.", "List them with: kickmonitor flags list"),
        };
        if (call.Output.IsJson)
        {
            call.Output.Json(flag);
        }
        else
        {
            call.Output.Line($"{flag.Name} is {StateOf(flag)}.");
        }
    }

    private static string StateOf(FlagView f) => !f.On ? "off"
        : f.Percentage == 100 ? "on"
        : string.Join(" and ", new[] { f.Percentage > 0 ? $"{f.Percentage} %" : null, f.Streamers.Count > 0 ? string.Join(", ", f.Streamers) : null }.OfType<string>()) is { Length: > 0 } some ? $"on for {some}" : "on for nobody";

    private static async Task<List<FlagView>> ViewAsync(CliHost host, IReadOnlyList<FlagState> flags, CancellationToken ct)
    {
        await using var db = await host.Get<IDbContextFactory<KickMonitorDb>>().CreateDbContextAsync(ct);
        var named = flags.SelectMany(f => f.Streamers).ToList();
        var slugs = await db.Streamers.Where(s => named.Contains(s.BroadcasterUserId)).ToDictionaryAsync(s => s.BroadcasterUserId, s => s.Slug, ct);
        return [.. flags.Select(f => FlagView.Of(f, id => slugs.GetValueOrDefault(id)))];
    }
}
