using System.CommandLine;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Declarations;
using KickMonitor.Web.Api;
using KickMonitor.Web.Hosting;

namespace KickMonitor.Web.Cli;

/// <summary><c>config …</c>: the settings that can change at run time. A running server takes them at once.</summary>
internal static class ConfigVerbs
{
    private static readonly Argument<string> Key = new("key") { Description = "As the list shows it, like Monitor:Interval" };
    private static readonly Argument<string> Value = new("value") { Description = "Or - to read it from stdin, which keeps a secret out of the shell's history" };
    private static readonly Argument<long> Change = new("change") { Description = "Its number, as the history shows it" };
    private static readonly Argument<string?> OnlyOf = new("key") { Description = Key.Description, Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => null };

    private static readonly Argument<string> File = new("file") { Description = "YAML; - reads stdin. What it does not speak of stays as it is" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only say what would be changed" };

    public static Command Create(Verb verb) => Verb.Group(
        "config", "Settings that can change while the server runs",
        verb.Create("list", "All of them, and where each value comes from", ListAsync),
        verb.Create("get", "One value, alone", GetAsync, Key),
        verb.Create("set", "Change one, on all nodes at once", SetAsync, Key, Value),
        verb.Create("unset", "Back to the default", UnsetAsync, Key),
        verb.Create("history", "What was changed, when, and by whom", HistoryAsync, OnlyOf),
        verb.Create("apply", "Make streamers, groups, users, assignments and settings be as a YAML file says", ApplyAsync, File, DryRun),
        verb.Create("export", "Print such a file of how things are, without secrets", ExportAsync),
        verb.Create("undo", "Put a setting back to what it was before its last change", UndoAsync, Change));

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var settings = await host.Get<SettingStore>().ListAsync(call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.List(settings.Select(SettingView.Of).ToList());
            return;
        }

        call.Output.Table(
            ["Key", "Value", "Source", "Meaning"],
            settings.Select(s => new[] { s.Definition.Key, Shown(s), s.Source, s.Definition.Description + (s.Definition.NeedsRestart ? " (after a restart)" : string.Empty) }));
    }

    private static async Task GetAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var state = await host.Get<SettingStore>().FindAsync(call.Value(Key), call.Ct) ?? throw Unknown(call.Value(Key));
        if (call.Output.IsJson)
        {
            call.Output.Json(SettingView.Of(state));
        }
        else
        {
            call.Output.Line(Shown(state));
        }
    }

    private static async Task SetAsync(Invocation call)
    {
        string value = call.Value(Value) is "-" ? (await call.Terminal.In.ReadToEndAsync(call.Ct)).Trim() : call.Value(Value);
        if (value.Length == 0)
        {
            throw new CliFailure(ExitCode.Usage, "The value is empty.", "To go back to the default: kickmonitor config unset KEY");
        }

        await ChangeAsync(call, call.Value(Key), store => store.SetAsync(call.Value(Key), value, isAsSeen: null, call.Ct));
    }

    private static Task UnsetAsync(Invocation call) => ChangeAsync(call, call.Value(Key), store => store.SetAsync(call.Value(Key), null, isAsSeen: null, call.Ct));

    private static Task UndoAsync(Invocation call) => ChangeAsync(call, null, store => store.UndoAsync(call.Value(Change), call.Ct));

    /// <param name="key">Null: that of the change that is undone.</param>
    private static async Task ChangeAsync(Invocation call, string? key, Func<SettingStore, Task<ChangeSetting>> change)
    {
        bool isSecret;
        await using (var look = await call.OpenAsync())
        {
            isSecret = (key ?? await look.Get<SettingStore>().KeyOfAsync(call.Value(Change), call.Ct)) is { } changed && look.Get<SettingCatalog>().Find(changed) is { IsSecret: true };
        }

        // Only what is encrypted needs the server's key.
        await using var host = await call.OpenAsync(withKeys: isSecret);
        var done = await change(host.Get<SettingStore>()) switch
        {
            ChangeSetting.Done changed => changed,
            ChangeSetting.NoSuchSetting when key is null => throw new CliFailure(ExitCode.Refused, $"There is no change {call.Value(Change)}.", "See: kickmonitor config history"),
            ChangeSetting.NoSuchSetting unknown => throw Unknown(unknown.Key),
            ChangeSetting.Refused refused => throw new CliFailure(ExitCode.Refused, refused.Reason),
            ChangeSetting.Fixed fix => throw new CliFailure(ExitCode.Refused, fix.Reason, fix.SecretKey is null ? "Change it there, or take it away there." : null),
            ChangeSetting.Overtaken overtaken => throw new CliFailure(ExitCode.Refused, $"{overtaken.State.Definition.Key} was changed again since, by {overtaken.State.ChangedBy}.", "See: kickmonitor config history"),
            var other => throw new InvalidOperationException(other.ToString()),
        };
        if (call.Output.IsJson)
        {
            call.Output.Json(SettingView.Of(done));
            return;
        }

        var state = done.State;
        call.Output.Line($"{state.Definition.Key} is {(state.IsSet ? Shown(state) : "not set")} ({state.Source}).{(state.Definition.NeedsRestart ? " It takes effect when nodes are restarted." : string.Empty)}");
        foreach (string secret in done.Removed)
        {
            call.Output.Line($"{secret} was removed: it was kept for where {state.Definition.Key} led before. Set it anew with: kickmonitor config set {secret} -");
        }
    }

    private static async Task HistoryAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var changes = await host.Get<SettingStore>().HistoryAsync(call.Value(OnlyOf), 200, call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.List(changes);
            return;
        }

        call.Output.Table(
            ["Change", "When", "Who", "Key", "Before", "After"],
            changes.Select(c => new[] { Plain.Number(c.Id), Plain.Time(c.At), c.By, c.Key, c.Before ?? "default", c.After ?? "default" }));
    }

    private static async Task ApplyAsync(Invocation call)
    {
        string text;
        try
        {
            text = call.Value(File) is "-" ? await call.Terminal.In.ReadToEndAsync(call.Ct) : await System.IO.File.ReadAllTextAsync(call.Value(File), call.Ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Refused, $"{call.Value(File)} cannot be read: {e.Message}");
        }

        var wanted = Declaration.Read(text);
        await using var host = await call.OpenAsync();
        var declarations = host.Get<Declarations>();
        if (call.Value(DryRun))
        {
            Tell(call, [.. (await declarations.CompareAsync(wanted, call.Ct)).Select(d => new Applied(d, null, d.Problem))], link: null);
            return;
        }

        var done = new List<Applied>();
        try
        {
            await foreach (var step in declarations.ApplyAsync(wanted, call.Ct))
            {
                done.Add(step);
            }
        }
        catch when (done.Count > 0)
        {
            // Nobody can read a link again.
            Say(call, done, Link);
            throw;
        }

        Tell(call, done, Link);

        string Link(string code) => (host.Setting("PublicUrl") is { Length: > 0 } address ? address : PublicAddress.Fallback).TrimEnd('/') + EntryLinks.Path + code;
    }

    /// <param name="link">Null: nothing was done, it is told what would be.</param>
    private static void Tell(Invocation call, List<Applied> changes, Func<string, string>? link)
    {
        Say(call, changes, link);
        int failed = changes.Count(c => c.Problem is not null);
        if (!call.Output.IsJson)
        {
            call.Output.Line(changes.Count == 0 ? "Everything is as the file says." : link is null ? $"{changes.Count - failed} changes would be made." : $"{changes.Count - failed} changes made.");
        }

        if (failed > 0)
        {
            throw new CliFailure(
                ExitCode.Refused, $"{failed} of {changes.Count} changes {(link is null ? "would not be" : "were not")} made.",
                link is null ? "Mend the file first." : "Mend them and apply the file again: what is done is not done twice.");
        }
    }

    private static void Say(Invocation call, List<Applied> changes, Func<string, string>? link)
    {
        if (call.Output.IsJson)
        {
            call.Output.List(changes.ConvertAll(c => new { c.Difference.Kind, c.Difference.Name, c.Difference.Change, entryLink = c.Code is { } code ? link!(code) : null, c.Problem }));
            return;
        }

        foreach (var change in changes)
        {
            call.Output.Line($"{change.Difference.Kind} {change.Difference.Name}: {change.Difference.Change}{(change.Problem is { } problem ? $" FAILED: {problem}" : string.Empty)}");
            if (change.Code is { } code)
            {
                call.Output.Line($"  one-time link: {link!(code)}");
            }
        }
    }

    private static async Task ExportAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var now = await host.Get<Declarations>().ExportAsync(call.Ct);
        if (call.Output.IsJson)
        {
            call.Output.Json(now);
        }
        else
        {
            await call.Terminal.Out.WriteAsync(now.Write());
        }
    }

    private static CliFailure Unknown(string key) => new(ExitCode.Refused, $"There is no setting {key}.", "List them with: kickmonitor config list");

    private static string Shown(SettingState state) => state.Value ?? (state.IsSet ? SettingStore.Hidden : string.Empty);
}
