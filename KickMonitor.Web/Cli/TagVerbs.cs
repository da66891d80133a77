using System.CommandLine;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Cli;

/// <summary>Tags across all streamers; <c>streamers tag</c> says which one streamer has.</summary>
internal static class TagVerbs
{
    private static readonly Argument<string> Old = new("tag") { Description = "A tag that somebody has" };
    private static readonly Argument<string> New = new("name") { Description = "What it is called from now on" };

    public static Command Create(Verb verb) => Verb.Group(
        "tags", "The tags that streamers have",
        verb.Create("list", "All tags, and how many have them", ListAsync),
        verb.Create("rename", "Put another tag in the place of one", RenameAsync, Old, New),
        verb.Create("remove", "Take a tag from everybody", RemoveAsync, Old));

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var rows = (await StreamerVerbs.BoardAsync(host, call.Ct)).All
            .SelectMany(r => r.Tags.Split(' ', StringSplitOptions.RemoveEmptyEntries), (r, tag) => (Tag: tag, r.Slug))
            .GroupBy(t => t.Tag, t => t.Slug, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new { tag = g.Key, streamers = g.Order(StringComparer.Ordinal).ToList() }).ToList();
        if (call.Output.IsJson)
        {
            call.Output.List(rows);
            return;
        }

        call.Output.Table(["Tag", "Streamers"], rows.Select(r => new[] { r.tag, Plain.Number(r.streamers.Count) }));
    }

    private static async Task RenameAsync(Invocation call)
    {
        string to = StreamerLabelVerbs.TagOf(call.Value(New));
        await using var host = await call.OpenAsync();
        var changed = await host.Get<Tags>().RenameAsync(Tag.Parse(call.Value(Old)) ?? string.Empty, to, call.Ct);
        Say(call, changed, $"{call.Value(Old)} is {to} now, for {Plain.Number(changed.Streamers)}.");
    }

    private static async Task RemoveAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var changed = await host.Get<Tags>().RemoveAsync(Tag.Parse(call.Value(Old)) ?? string.Empty, call.Ct);
        Say(call, changed, $"{Plain.Number(changed.Streamers)} had {call.Value(Old)}.");
    }

    private static void Say(Invocation call, ChangeTag changed, string line)
    {
        if (changed.Streamers == 0)
        {
            throw new CliFailure(ExitCode.Refused, $"Nobody has the tag {call.Value(Old)}.", "List them with: kickmonitor tags list");
        }

        call.Output.Say(new { streamers = changed.Streamers }, line);
    }
}
