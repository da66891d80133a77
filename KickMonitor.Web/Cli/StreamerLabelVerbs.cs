using System.CommandLine;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Cli;

/// <summary>What Admins write down about streamers: tags, groups, notes, priority.</summary>
internal static class StreamerLabelVerbs
{
    private static readonly Argument<string> One = new("slug") { Description = "A streamer who is watched" };
    private static readonly Argument<string[]> Many = new("slug") { Description = "Streamers who are watched", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string[]> Tags = new("tag") { Description = "All the tags they have from now on; none: no tags", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Argument<string> Text = new("text") { Description = "The notes; an empty text removes them" };
    private static readonly Argument<string> Name = new("group") { Description = "Made if it is not there: small letters, digits and hyphens" };
    private static readonly Argument<StreamerPriority> Priority = new("priority") { Description = "high, normal or low: who is asked about first when there is not time for all" };
    private static readonly Option<bool> Leave = new("--leave") { Description = "Take them out of the group" };

    public static Command[] Create(Verb verb) =>
    [
        verb.Create("tag", "Replace the tags of one", TagAsync, One, Tags),
        verb.Create("group", "Put some into a group for everybody", GroupAsync, Name, Many, Leave),
        verb.Create("note", "Write notes that Admins see", NoteAsync, One, Text),
        verb.Create("priority", "Say who comes first", PriorityAsync, Priority, Many),
    ];

    private static async Task TagAsync(Invocation call)
    {
        var bad = call.Value(Tags).Where(t => Tag.Parse(t) is null).ToList();
        if (bad.Count > 0)
        {
            throw new CliFailure(ExitCode.Usage, $"That is no tag: {bad[0]}.", $"A tag has letters, digits, - and _, at most {Tag.Longest}.");
        }

        await using var host = await call.OpenAsync();
        var (directory, streamer) = (host.Get<StreamerDirectory>(), await FindAsync(host, call.Value(One), call.Ct));
        await directory.TagAsync(streamer.BroadcasterUserId, call.Value(Tags), call.Ct);
        var tags = (await FindAsync(host, call.Value(One), call.Ct)).Tags;
        Say(call, new { streamer.Slug, tags }, $"{streamer.Slug}: {(tags.Length == 0 ? "no tags" : string.Join(' ', tags))}.");
    }

    private static async Task NoteAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var streamer = await FindAsync(host, call.Value(One), call.Ct);
        await host.Get<StreamerDirectory>().ReviseAsync(streamer.BroadcasterUserId, call.Value(Text), priority: null, call.Ct);
        Say(call, new { streamer.Slug, notes = (await FindAsync(host, call.Value(One), call.Ct)).Notes }, $"Noted for {streamer.Slug}.");
    }

    private static async Task PriorityAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var (found, refused) = await FindAsync(host, call.Value(Many), call.Ct);
        foreach (var streamer in found)
        {
            await host.Get<StreamerDirectory>().ReviseAsync(streamer.BroadcasterUserId, notes: null, call.Value(Priority), call.Ct);
        }

        string priority = SnakeCase<StreamerPriority>.Of(call.Value(Priority));
        Say(call, new { priority, streamers = found.Select(s => s.Slug), refused }, found.Count == 0 ? null : $"{string.Join(", ", found.Select(s => s.Slug))}: {priority}.");
        Refusal.ThrowIfAny(refused, found.Count + refused.Count);
    }

    private static async Task GroupAsync(Invocation call)
    {
        string name = call.Value(Name);
        if (StreamerGroup.ParseName(name) != name)
        {
            throw new CliFailure(ExitCode.Usage, $"That is no name of a group: {name}.", "Small letters and digits, with single hyphens between.");
        }

        await using var host = await call.OpenAsync();
        var groups = host.Get<Groups>();
        await groups.ReadAsync(call.Ct);
        var (found, refused) = await FindAsync(host, call.Value(Many), call.Ct);
        var group = groups.Find(owner: null, name);
        var before = group?.Members.AsEnumerable() ?? [];
        var ids = found.Select(s => s.BroadcasterUserId);
        if (found.Count > 0 && !await groups.SaveAsync(owner: null, name, group?.IsPublic ?? false, [.. call.Value(Leave) ? before.Except(ids) : before.Union(ids)], call.Ct))
        {
            throw new CliFailure(ExitCode.Refused, $"There are {Groups.Most} groups already.");
        }

        int members = groups.Find(owner: null, name)?.Members.Count ?? 0;
        Say(call, new { group = name, members, streamers = found.Select(s => s.Slug), refused }, $"{name} has {Plain.Number(members)} streamers.");
        Refusal.ThrowIfAny(refused, found.Count + refused.Count);
    }

    private static async Task<Streamer> FindAsync(CliHost host, string text, CancellationToken ct) =>
        await StreamerVerbs.FindAsync(host.Get<StreamerDirectory>(), text, ct) ?? throw new CliFailure(ExitCode.Refused, $"{text} is not watched.", "List them with: kickmonitor streamers list");

    private static async Task<(List<Streamer> Found, List<Refusal> Refused)> FindAsync(CliHost host, string[] texts, CancellationToken ct)
    {
        var (found, refused) = (new List<Streamer>(), new List<Refusal>());
        foreach (string text in texts.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (await StreamerVerbs.FindAsync(host.Get<StreamerDirectory>(), text, ct) is { } streamer)
            {
                found.Add(streamer);
            }
            else
            {
                refused.Add(Refusal.NotWatched(text));
            }
        }

        return (found, refused);
    }

    private static void Say(Invocation call, object json, string? line)
    {
        if (call.Output.IsJson)
        {
            call.Output.Json(json);
        }
        else if (line is not null)
        {
            call.Output.Line(line);
        }
    }
}
