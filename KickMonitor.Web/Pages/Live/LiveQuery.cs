using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Pages.Live;

public enum LiveSort
{
    /// <summary>Live first, by viewers; then unknown; then offline, the latest first.</summary>
    Status,
    Name,
    Viewers,
    Since,
    Category,
}

/// <summary>Which rows a person wants to see, and in which order; its parts stand in the page's address.</summary>
public sealed record LiveQuery(string? Search, StreamerStatus? Status, string? Category, string? Language, string? Tag, string? Group, LiveSort Sort, bool Reverse)
{
    public static readonly LiveQuery Everybody = new(null, null, null, null, null, null, LiveSort.Status, false);

    // Everybody who may see everything asks the same few questions of the same snapshot.
    private static readonly ConditionalWeakTable<BoardSnapshot, Dictionary<LiveQuery, IReadOnlyList<BoardRow>>> Answers = [];

    /// <summary>Who is in the group now, if one is asked for. Nobody is in a group that there is not.</summary>
    public FrozenSet<long> Members { get; init; } = FrozenSet<long>.Empty;

    public IReadOnlyList<BoardRow> Of(BoardSnapshot snapshot, UserRights rights)
    {
        if (!rights.IsAdmin)
        {
            return Find(snapshot.All.Where(r => rights.MaySee(r.BroadcasterUserId)));
        }

        var answers = Answers.GetOrCreateValue(snapshot);
        lock (answers)
        {
            if (!answers.TryGetValue(this, out var rows))
            {
                answers[this] = rows = Find(snapshot.All);
            }

            return rows;
        }
    }

    /// <summary>The same rows in the same order, but those with a star before the others.</summary>
    public static IReadOnlyList<BoardRow> StarsFirst(IReadOnlyList<BoardRow> rows, IReadOnlySet<long> stars) =>
        stars.Count == 0 ? rows : [.. rows.Where(r => stars.Contains(r.BroadcasterUserId)), .. rows.Where(r => !stars.Contains(r.BroadcasterUserId))];

    private List<BoardRow> Find(IEnumerable<BoardRow> all)
    {
        var found = all.Where(IsWanted).ToList();
        found.Sort(Compare);
        if (Reverse)
        {
            found.Reverse();
        }

        return found;
    }

    private bool IsWanted(BoardRow row) =>
        (Status is null || row.Status == Status)
        && (Category is null || Category.Equals(row.Category, StringComparison.OrdinalIgnoreCase))
        && (Language is null || Language.Equals(row.Language, StringComparison.OrdinalIgnoreCase))
        && (Tag is null || row.HasTag(Tag))
        && (Group is null || Members.Contains(row.BroadcasterUserId))
        && (string.IsNullOrEmpty(Search) || Contains(row.Slug) || Contains(row.DisplayName) || Contains(row.Title) || Contains(row.Category));

    private bool Contains(string? text) => text?.Contains(Search!, StringComparison.OrdinalIgnoreCase) == true;

    private int Compare(BoardRow a, BoardRow b)
    {
        int order = Sort switch
        {
            LiveSort.Name => 0,
            LiveSort.Viewers => (b.Viewers ?? -1).CompareTo(a.Viewers ?? -1),
            LiveSort.Since => b.Since.CompareTo(a.Since),
            LiveSort.Category => string.Compare(a.Category ?? "\uFFFF", b.Category ?? "\uFFFF", StringComparison.OrdinalIgnoreCase),
            _ => ByStatus(a, b),
        };
        if (order == 0)
        {
            order = string.Compare(a.DisplayName, b.DisplayName, StringComparison.OrdinalIgnoreCase);
        }

        return order != 0 ? order : a.BroadcasterUserId.CompareTo(b.BroadcasterUserId);
    }

    private static int ByStatus(BoardRow a, BoardRow b)
    {
        int order = Rank(a).CompareTo(Rank(b));
        return order != 0 ? order : a.IsLive ? (b.Viewers ?? 0).CompareTo(a.Viewers ?? 0) : b.Since.CompareTo(a.Since);

        static int Rank(BoardRow row) => row.Status switch { StreamerStatus.Live => 0, StreamerStatus.Unknown => 1, _ => 2 };
    }
}
