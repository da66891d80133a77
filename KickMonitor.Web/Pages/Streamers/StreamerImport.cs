using System.Runtime.CompilerServices;
using KickMonitor.Domain.Kick;
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

    public bool IsRunning => Done < Total;

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
        await foreach (var outcome in directory.AddAsync([.. lines.Select(l => l.Text)], CallPriority.Usual, ct))
        {
            var line = lines[Done];
            Done++;
            switch (outcome)
            {
                case AddStreamer.Added:
                    Added++;
                    break;
                case AddStreamer.AlreadyWatched:
                    Known++;
                    break;
                default:
                    _refused.Add(new RefusedLine(line.Line, line.Text, Reason(outcome)));
                    break;
            }

            yield return outcome;
        }
    }
}
