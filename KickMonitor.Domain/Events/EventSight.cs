using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Domain.Events;

/// <summary>
/// Who sees which events. What everybody in a channel's chat sees goes to whom the streamer is assigned; who was banned and why,
/// what was redeemed, and whatever this version cannot name goes to the channel's proven owner and to Admins.
/// </summary>
public static class EventSight
{
    public static readonly IReadOnlyList<string> PublicTypes = [.. KickEventTypes.All.Except([KickEventTypes.Banned, KickEventTypes.Redeemed])];

    public static bool MaySee(this UserRights person, EventRow row, BoardSnapshot board) =>
        person.IsAdmin || (row.BroadcasterUserId is { } id && board.Find(id) is not null && person.MaySee(id) && (IsPublic(row) || person.Owns(id)));

    /// <summary>All that a person may see.</summary>
    public static EventQuery QueryOf(UserRights person, BoardSnapshot board)
    {
        if (person.IsAdmin)
        {
            return new EventQuery(null);
        }

        long[] seen = [.. person.Assigned.Where(id => person.MaySee(id) && board.Find(id) is not null)];
        return new EventQuery(seen) { PrivateOf = [.. seen.Where(person.Owns)] };
    }

    /// <summary>Until it was looked at, a body may be another than its unsigned type says.</summary>
    public static bool IsPublic(EventRow row) =>
        row.Mark is null or EventMark.Late or EventMark.Future && (row.State != EventState.Pending || row.Attempts > 0) && PublicTypes.Contains(row.Type);
}
