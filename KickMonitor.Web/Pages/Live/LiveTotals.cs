using System.Runtime.CompilerServices;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Pages.Live;

/// <param name="FreshestCheck">The latest check of anybody.</param>
/// <param name="StalestCheck">The oldest last check among those who are not paused.</param>
public sealed record LiveTotals(int All, int Live, int Unknown, long Viewers, DateTimeOffset? FreshestCheck, DateTimeOffset? StalestCheck)
{
    public static readonly LiveTotals None = new(0, 0, 0, 0, null, null);

    private static readonly ConditionalWeakTable<BoardSnapshot, LiveTotals> OfAll = [];

    public static LiveTotals Of(BoardSnapshot snapshot, UserRights rights) =>
        rights.IsAdmin ? OfAll.GetValue(snapshot, s => Count(s.All)) : Count(snapshot.All.Where(r => rights.MaySee(r.BroadcasterUserId)));

    private static LiveTotals Count(IEnumerable<BoardRow> rows)
    {
        int all = 0, live = 0, unknown = 0;
        long viewers = 0;
        DateTimeOffset? freshest = null;
        DateTimeOffset? stalest = null;
        foreach (var row in rows)
        {
            all++;
            live += row.IsLive ? 1 : 0;
            unknown += row.Status == StreamerStatus.Unknown ? 1 : 0;
            viewers += row.Viewers ?? 0;
            if (!row.IsPaused && row.CheckedAt is { } at)
            {
                freshest = freshest is null || at > freshest ? at : freshest;
                stalest = stalest is null || at < stalest ? at : stalest;
            }
        }

        return new LiveTotals(all, live, unknown, viewers, freshest, stalest);
    }
}
