using System.CommandLine;
using System.CommandLine.Parsing;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Api;

namespace KickMonitor.Web.Cli;

internal static class StreamerVerbs
{
    private static readonly Option<StreamerStatus?> Status = new("--status") { Description = "Only those who are live, offline or unknown", CustomParser = ReadStatus };
    private static readonly Option<string?> Search = new("--search") { Description = "Only those whose slug, name, title or category contains this" };
    private static readonly Argument<string[]> Slugs = new("slug") { Description = "Slugs, @names or kick.com addresses", Arity = ArgumentArity.OneOrMore };

    private static readonly Option<bool> Erase = new("--erase") { Description = "Delete the history too, also of those removed before; nobody can bring it back" };

    public static Command Create(Verb verb) => Verb.Group(
        "streamers", "Who is watched",
        [
        verb.Create("list", "Everybody who is watched", ListAsync, Status, Search),
        verb.Create("add", "Watch these channels", AddAsync, Slugs),
        verb.Create("remove", "Stop watching; the history is kept", call => call.Value(Erase) ? EraseAsync(call) : ChangeAsync(call, "removed", (d, s, ct) => d.RemoveAsync(s.BroadcasterUserId, ct)), Slugs, Erase),
        ImportVerb.Create(verb),
        verb.Create("export", "One slug a line, as import reads it", ExportAsync),
        verb.Create("pause", "Stop checking for a while", call => ChangeAsync(call, "paused", (d, s, ct) => d.PauseAsync(s.BroadcasterUserId, ct)), Slugs),
        verb.Create("resume", "Check again", call => ChangeAsync(call, "resumed", (d, s, ct) => d.ResumeAsync(s.BroadcasterUserId, ct)), Slugs),
        .. StreamerLabelVerbs.Create(verb),
        ]);

    public static async Task<BoardSnapshot> BoardAsync(CliHost host, CancellationToken ct)
    {
        var board = host.Get<LiveBoard>();
        await board.CatchUpAsync(ct);
        return board.Snapshot;
    }

    private static async Task ListAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var rows = (await BoardAsync(host, call.Ct)).All.Where(r => Matches(r, call.Value(Status), call.Value(Search)))
            .OrderBy(r => r.Slug, StringComparer.Ordinal).Select(StreamerView.Of).ToList();
        if (call.Output.IsJson)
        {
            call.Output.List(rows);
            return;
        }

        call.Output.Table(
            ["Slug", "Name", "Status", "Viewers", "Since", "Category", "Title"],
            rows.Select(s => new[]
            {
                s.Slug, s.DisplayName, SnakeCase<StreamerStatus>.Of(s.Status) + (s.Paused ? ", paused" : string.Empty),
                Plain.Number(s.Viewers), Plain.Time(s.Since), s.Category, s.Title,
            }));
    }

    private static bool Matches(BoardRow row, StreamerStatus? status, string? search) =>
        (status is null || row.Status == status)
        && (string.IsNullOrEmpty(search)
            || new[] { row.Slug, row.DisplayName, row.Title, row.Category }.Any(t => t?.Contains(search, StringComparison.OrdinalIgnoreCase) == true));

    private static async Task ExportAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var rows = (await BoardAsync(host, call.Ct)).All.OrderBy(r => r.Slug, StringComparer.Ordinal);
        if (call.Output.IsJson)
        {
            call.Output.List(rows.Select(StreamerView.Of).ToList());
            return;
        }

        foreach (var row in rows)
        {
            call.Output.Line(row.Slug);
        }
    }

    private static async Task AddAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var slugs = call.Value(Slugs).DistinctBy(t => Slug.Parse(t) ?? t, StringComparer.Ordinal).ToList();
        var outcomes = new List<AddStreamer>();
        await foreach (var outcome in host.Get<StreamerIntake>().AddAsync(slugs, CallPriority.Urgent, call.Ct))
        {
            outcomes.Add(outcome);
        }

        var board = await BoardAsync(host, call.Ct);
        var added = outcomes.OfType<AddStreamer.Added>().Select(a => board.Find(a.BroadcasterUserId)).OfType<BoardRow>().Select(StreamerView.Of).ToList();
        var refused = outcomes.Where(o => o is not AddStreamer.Added).Select(o => new Refusal(o.Slug, Reason(o))).ToList();
        if (call.Output.IsJson)
        {
            call.Output.Json(new { added, refused });
        }

        foreach (var streamer in call.Output.IsJson ? [] : added)
        {
            call.Output.Line($"Added {streamer.Slug} ({SnakeCase<StreamerStatus>.Of(streamer.Status)}).");
        }

        if (outcomes.OfType<AddStreamer.KickFailed>().FirstOrDefault() is { } failed)
        {
            throw CliFailure.Of(failed.Failure);
        }

        Refusal.ThrowIfAny(refused, slugs.Count);
    }

    private static async Task EraseAsync(Invocation call)
    {
        await using var host = await call.OpenAsync();
        var directory = host.Get<StreamerDirectory>();
        var (erased, refused) = (new List<string>(), new List<Refusal>());
        foreach (string text in call.Value(Slugs).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var streamer = await FindAsync(directory, text, call.Ct) ?? (Slug.Parse(text) is { } slug ? await directory.FindRemovedAsync(slug, call.Ct) : null);
            if (streamer is not null && await directory.EraseAsync(streamer.BroadcasterUserId, call.Ct))
            {
                erased.Add(streamer.Slug);
            }
            else
            {
                refused.Add(new Refusal(text, "nothing is kept of them"));
            }
        }

        call.Output.Say(new { erased, refused }, erased.Count == 0 ? null : $"Erased {string.Join(", ", erased)}.");
        Refusal.ThrowIfAny(refused, erased.Count + refused.Count);
    }

    private static async Task ChangeAsync(Invocation call, string done, Func<StreamerDirectory, Streamer, CancellationToken, Task<bool>> change)
    {
        await using var host = await call.OpenAsync();
        var directory = host.Get<StreamerDirectory>();
        var before = await BoardAsync(host, call.Ct);
        var ids = new List<long>();
        var refused = new List<Refusal>();
        foreach (string text in call.Value(Slugs).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (await FindAsync(directory, text, call.Ct) is { } streamer && await change(directory, streamer, call.Ct))
            {
                ids.Add(streamer.BroadcasterUserId);
            }
            else
            {
                refused.Add(Refusal.NotWatched(text));
            }
        }

        var after = await BoardAsync(host, call.Ct);
        var changed = ids.Select(id => after.Find(id) ?? before.Find(id)).OfType<BoardRow>().Select(StreamerView.Of).ToList();
        if (call.Output.IsJson)
        {
            call.Output.Json(new Dictionary<string, object>(StringComparer.Ordinal) { [done] = changed, ["refused"] = refused });
        }

        foreach (var streamer in call.Output.IsJson ? [] : changed)
        {
            call.Output.Line($"{char.ToUpperInvariant(done[0])}{done[1..]} {streamer.Slug}.");
        }

        Refusal.ThrowIfAny(refused, ids.Count + refused.Count);
    }

    public static async Task<Streamer?> FindAsync(StreamerDirectory directory, string text, CancellationToken ct) =>
        Slug.Parse(text) is { } slug ? await directory.FindAsync(slug, ct) : null;

    public static string Reason(AddStreamer outcome) => outcome switch
    {
        AddStreamer.AlreadyWatched => "already watched",
        AddStreamer.NoSuchChannel => "Kick knows no such channel",
        AddStreamer.NotASlug => "no Kick slug looks like that",
        AddStreamer.KickFailed failed => $"Kick could not be asked: {failed.Failure.Detail}",
        _ => string.Empty,
    };

    private static StreamerStatus? ReadStatus(ArgumentResult result)
    {
        if (SnakeCase<StreamerStatus>.TryParse(result.Tokens[0].Value.ToLowerInvariant(), out var status))
        {
            return status;
        }

        result.AddError("--status is live, offline or unknown.");
        return null;
    }
}

/// <summary>One of several that could not be served, and why.</summary>
internal sealed record Refusal(string Slug, string Reason)
{
    private const int Named = 10;

    public static Refusal NotWatched(string slug) => new(slug, "not watched");

    public static void ThrowIfAny(IReadOnlyList<Refusal> refused, int asked)
    {
        if (refused.Count > 0)
        {
            string names = string.Join("; ", refused.Take(Named).Select(r => $"{r.Slug}: {r.Reason}"));
            string more = refused.Count > Named ? $"; and {refused.Count - Named} more" : string.Empty;
            throw new CliFailure(ExitCode.Refused, asked == 1 ? $"{names}." : $"{refused.Count} of {asked} refused: {names}{more}.");
        }
    }
}
