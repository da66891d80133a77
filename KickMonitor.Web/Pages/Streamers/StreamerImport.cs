using System.Runtime.CompilerServices;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Pages.Streamers;

public sealed record RefusedLine(int Line, string Text, string Reason);

/// <summary>An import on its way: how far it is, and what was refused and why.</summary>
public sealed class StreamerImport(IReadOnlyList<ListedStreamer> lines)
{
    private readonly List<RefusedLine> _refused = [];

    public int Total => lines.Count;

    public int Done { get; private set; }

    public int Added { get; private set; }

    public int Known { get; private set; }

    /// <summary>It was looked at by a person, who wants it.</summary>
    public bool IsBegun { get; private set; }

    public bool IsRunning => IsBegun && Done < Total;

    /// <summary>How many of the lines name somebody who is watched already, and how many nobody can be meant by.</summary>
    public (int Known, int Bad) Preview(BoardSnapshot board)
    {
        var slugs = lines.Select(l => Slug.Parse(l.Text)).ToList();
        return (slugs.Count(s => s is not null && board.Find(s) is not null), slugs.Count(s => s is null));
    }

    public IReadOnlyList<RefusedLine> Refused => _refused;

    /// <summary>Why somebody was not added, in words.</summary>
    public static string Reason(AddStreamer outcome) => outcome switch
    {
        AddStreamer.AlreadyWatched => $"{outcome.Slug} is already watched.",
        AddStreamer.NoSuchChannel => $"Kick knows no channel “{outcome.Slug}”.",
        AddStreamer.NotASlug => "That is no name of a Kick channel: letters, digits, - and _, at most 25.",
        AddStreamer.KickFailed { Failure: var failure } => $"Kick could not be asked ({failure.Detail}). Try again later.",
        _ => string.Empty,
    };

    /// <summary>Adds line by line; yields after each.</summary>
    public async IAsyncEnumerable<AddStreamer> RunAsync(StreamerDirectory directory, [EnumeratorCancellation] CancellationToken ct)
    {
        IsBegun = true;
        await foreach (var outcome in directory.AddAsync([.. lines.Select(l => l.Text)], CallPriority.Usual, ct))
        {
            var line = lines[Done];
            Done++;
            switch (outcome)
            {
                case AddStreamer.Added(_, var id):
                    Added++;
                    await directory.LabelAsync(id, line, ct);
                    break;
                case AddStreamer.AlreadyWatched(_, var id):
                    Known++;
                    await directory.LabelAsync(id, line, ct);
                    break;
                default:
                    _refused.Add(new RefusedLine(line.Line, line.Text, Reason(outcome)));
                    break;
            }

            yield return outcome;
        }
    }
}
