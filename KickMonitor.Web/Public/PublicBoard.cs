using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Public;

/// <summary>What everybody on the internet may see of a group: who is live, and who else is in it.</summary>
public sealed record PublicBoard(string Name, IReadOnlyList<BoardRow> Live, IReadOnlyList<BoardRow> Others, DateTimeOffset At);

/// <summary>Finds what is public. What is not there, what is not public and what is no name look the same from outside.</summary>
public sealed class PublicBoards(Groups groups, LiveBoard board, TimeProvider time)
{
    public PublicBoard? Find(string name)
    {
        if (Group(name) is not { } group)
        {
            return null;
        }

        var rows = group.Members.Select(board.Snapshot.Find).OfType<BoardRow>().ToList();
        return new PublicBoard(
            group.Name,
            [.. rows.Where(r => r.IsLive).OrderByDescending(r => r.Viewers ?? 0).ThenBy(r => r.Slug, StringComparer.Ordinal)],
            [.. rows.Where(r => !r.IsLive).OrderBy(r => r.DisplayName, StringComparer.OrdinalIgnoreCase)],
            time.GetUtcNow());
    }

    public GroupView? Group(string name) => groups.Find(null, name.ToLowerInvariant()) is { IsPublic: true } group ? group : null;

    /// <summary>A streamer who is in some public group.</summary>
    public BoardRow? Streamer(string slug) => board.Snapshot.Find(slug) is { } row && groups.IsPublic(row.BroadcasterUserId) ? row : null;
}
