using System.CommandLine;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Cli;

/// <summary>What Admins write down about streamers: tags, groups, notes, priority.</summary>
internal static class StreamerLabelVerbs
{
    private static readonly Argument<string> One = new("slug") { Description = "A streamer who is watched" };
    private static readonly Argument<string[]> Many = new("slug") { Description = "Streamers who are watched", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string[]> Tags = new("tag") { Description = "All the tags they have from now on; none: no tags", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
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
        string[] wanted = [.. call.Value(Tags).Select(TagOf)];
        await using var host = await call.OpenAsync();
        var (directory, streamer) = (host.Get<StreamerDirectory>(), await FindAsync(host, call.Value(One), call.Ct));
        await directory.TagAsync(streamer.BroadcasterUserId, wanted, call.Ct);
        var tags = (await FindAsync(host, call.Value(One), call.Ct)).Tags;
        call.Output.Say(new { streamer.Slug, tags }, $"{streamer.Slug}: {(tags.Length == 0 ? "no tags" : string.Join(' ', tags))}.");
    }

    private static async Task NoteAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var streamer = await FindAsync(host, call.Value(One), call.Ct);
        await host.Get<StreamerDirectory>().ReviseAsync(streamer.BroadcasterUserId, call.Value(Text), priority: null, call.Ct);
        call.Output.Say(new { streamer.Slug, notes = (await FindAsync(host, call.Value(One), call.Ct)).Notes }, $"Noted for {streamer.Slug}.");
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
        call.Output.Say(new { priority, streamers = found.Select(s => s.Slug), refused }, found.Count == 0 ? null : $"{string.Join(", ", found.Select(s => s.Slug))}: {priority}.");
        Refusal.ThrowIfAny(refused, found.Count + refused.Count);
    }

    private static async Task GroupAsync(Invocation call)
    {
        string name = GroupName(call.Value(Name));
        await using var host = await call.OpenAsync();
        var groups = host.Get<Groups>();
        await groups.ReadAsync(call.Ct);
        var (found, refused) = await FindAsync(host, call.Value(Many), call.Ct);
        if (found.Count > 0 && groups.Find(owner: null, name) is null && await groups.CreateAsync(owner: null, name, isPublic: false, [], call.Ct) is ChangeGroup.TooMany)
        {
            throw new CliFailure(ExitCode.Refused, $"There are {Groups.Most} groups already.");
        }

        if (groups.Find(owner: null, name) is { } group)
        {
            await groups.SetMembersAsync(group.Id, [.. found.Select(s => s.BroadcasterUserId)], !call.Value(Leave), call.Ct);
        }

        int members = groups.Find(owner: null, name)?.Members.Count ?? 0;
        call.Output.Say(new { group = name, members, streamers = found.Select(s => s.Slug), refused }, $"{name} has {Plain.Number(members)} streamers.");
        Refusal.ThrowIfAny(refused, found.Count + refused.Count);
    }

    private static async Task<Streamer> FindAsync(CliHost host, string text, CancellationToken ct) =>
        await StreamerVerbs.FindAsync(host.Get<StreamerDirectory>(), text, ct) ?? throw new CliFailure(ExitCode.Refused, $"{text} is not watched.", "List them with: kickmonitor streamers list");

    /// <summary>The tag, or a failure that says what is wrong with it.</summary>
    public static string TagOf(string text) => Tag.Parse(text) ?? throw new CliFailure(ExitCode.Usage, $"That is no tag: {text}.", $"A tag has letters, digits, - and _, at most {Tag.Longest}.");

    /// <inheritdoc cref="TagOf"/>
    public static string GroupName(string text) => StreamerGroup.ParseName(text) == text ? text
        : throw new CliFailure(ExitCode.Usage, $"That is no name of a group: {text}.", "Small letters and digits, with single hyphens between.");

    public static async Task<(List<Streamer> Found, List<Refusal> Refused)> FindAsync(CliHost host, string[] texts, CancellationToken ct)
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
}
