using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Api;

/// <summary>Finds streamers among those that a person may see; the others are not there.</summary>
public sealed class VisibleStreamers(LiveBoard board, StreamerDirectory directory)
{
    public const string NotThere = "There is no such streamer, or it is not assigned to you.";

    /// <summary>Finds one by name; null if there is none that the person may see.</summary>
    /// <param name="slug">The streamer's slug, or one that it had before.</param>
    public async Task<BoardRow?> FindAsync(string slug, UserRights person, CancellationToken ct)
    {
        if (Slug.Parse(slug) is not { } wanted)
        {
            return null;
        }

        return await FindAsync(wanted, ct) is { } row && person.MaySee(row.BroadcasterUserId) ? row : null;
    }

    private async Task<BoardRow?> FindAsync(string slug, CancellationToken ct)
    {
        if (board.Snapshot.Find(slug) is { } row)
        {
            return row;
        }

        if (await directory.FindAsync(slug, ct) is not { BroadcasterUserId: var id })
        {
            return null;
        }

        if (board.Snapshot.Find(id) is null)
        {
            // Another node added it a moment ago, and its notice is still on the way.
            await board.CatchUpAsync(ct);
        }

        return board.Snapshot.Find(id);
    }
}
