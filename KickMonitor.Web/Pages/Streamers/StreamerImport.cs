using System.Runtime.CompilerServices;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Pages.Streamers;

public sealed record RefusedLine(int Line, string Text, string Reason);

/// <summary>An import on its way: how far it is, and what was refused and why.</summary>
public sealed class StreamerImport(IReadOnlyList<ListedStreamer> lines)
{
    private readonly SortedList _sorted = SortedList.Of(lines);
    private readonly List<RefusedLine> _refused = [];

    public int Lines => lines.Count;

    /// <summary>How many there are to ask Kick about.</summary>
    public int Total => _sorted.Wanted.Count;

    public int Doubled => _sorted.Doubled;

    public int Bad => _sorted.Bad.Count;

    public int Done { get; private set; }

    public int Added { get; private set; }

    public int Known { get; private set; }

    /// <summary>It was looked at by a person, who wants it.</summary>
    public bool IsBegun { get; private set; }

    public bool IsRunning => IsBegun && Done < Total;

    /// <returns>How many of them are watched already.</returns>
    public int KnownTo(BoardSnapshot board)
    {
        var watched = board.All.Select(r => r.Slug).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return _sorted.Wanted.Count(w => watched.Contains(w.Text));
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
    public async IAsyncEnumerable<AddStreamer> RunAsync(StreamerIntake intake, StreamerDirectory directory, [EnumeratorCancellation] CancellationToken ct)
    {
        IsBegun = true;
        _refused.AddRange(_sorted.Bad.Select(b => new RefusedLine(b.Line, b.Text, Reason(new AddStreamer.NotASlug(b.Text)))));
        await foreach (var outcome in intake.AddAsync([.. _sorted.Wanted.Select(l => l.Text)], CallPriority.Usual, ct))
        {
            var line = _sorted.Wanted[Done];
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
