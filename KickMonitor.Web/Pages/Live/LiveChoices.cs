using System.Runtime.CompilerServices;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Web.Pages.Live;

/// <summary>What there is to filter by, and who went live a moment ago.</summary>
public sealed record LiveChoices(IReadOnlyList<string> Categories, IReadOnlyList<string> Languages, IReadOnlyList<string> Tags, IReadOnlyList<BoardRow> JustLive)
{
    public static readonly LiveChoices None = new([], [], [], []);
    public static readonly TimeSpan JustNow = TimeSpan.FromMinutes(10);
    private const int MostJustLive = 8;
    private static readonly ConditionalWeakTable<BoardSnapshot, LiveChoices> OfAll = [];
    private static IReadOnlyList<string> _categories = [];
    private static IReadOnlyList<string> _languages = [];
    private static IReadOnlyList<string> _tags = [];

    public static LiveChoices Of(BoardSnapshot snapshot, UserRights rights, DateTimeOffset now) =>
        rights.IsAdmin ? OfAll.GetValue(snapshot, s => Collect(s.All, now)) : Collect(snapshot.All.Where(r => rights.MaySee(r.BroadcasterUserId)), now);

    private static LiveChoices Collect(IEnumerable<BoardRow> rows, DateTimeOffset now)
    {
        var categories = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        var languages = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        var started = new List<BoardRow>();
        foreach (var row in rows)
        {
            if (row.Category is { } category)
            {
                categories.Add(category);
            }

            if (row.Language is { } language)
            {
                languages.Add(language);
            }

            if (row.Tags.Length > 0)
            {
                tags.UnionWith(row.Tags.Split(' '));
            }

            if (row.IsLive && now - row.Since < JustNow)
            {
                started.Add(row);
            }
        }

        started.Sort((a, b) => b.Since.CompareTo(a.Since));
        return new LiveChoices(Same(categories, ref _categories), Same(languages, ref _languages), Same(tags, ref _tags), [.. started.Take(MostJustLive)]);
    }

    /// <summary>The list that was made last, if it is the same: what is written from it then is kept once for all open pages.</summary>
    private static IReadOnlyList<string> Same(SortedSet<string> found, ref IReadOnlyList<string> last)
    {
        var known = Volatile.Read(ref last);
        if (found.SequenceEqual(known, StringComparer.Ordinal))
        {
            return known;
        }

        string[] made = [.. found];
        Volatile.Write(ref last, made);
        return made;
    }
}
