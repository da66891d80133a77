using System.Buffers.Text;
using System.Text;

namespace KickMonitor.Web.Api;

/// <summary>A part of a list.</summary>
/// <param name="Next">What <c>after</c> takes to go on; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>The limits of one page.</summary>
internal static class PageLimit
{
    public const int Usual = 50;
    public const int Most = 200;
    public const string Problem = "limit must be between 1 and 200.";

    public static bool IsGood(int? limit) => limit is null or (>= 1 and <= Most);
}

/// <summary>
/// Where a page ended. Opaque to clients; inside, the list that it belongs to and the last item's place, so that a cursor of
/// one list is refused by another.
/// </summary>
internal static class Cursor
{
    public const string Problem = "after is not a cursor of this list; send back the next of a page as it came.";
    private const int Longest = 200;

    public static string Of(char list, string place) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(list + place));

    /// <summary>Null stands for the beginning, and is good.</summary>
    /// <returns>False if the text is no cursor of this list.</returns>
    public static bool TryRead<T>(char list, string? text, out T? place)
        where T : struct, IParsable<T>
    {
        place = null;
        if (text is null)
        {
            return true;
        }

        if (text.Length > Longest || !Base64Url.IsValid(text))
        {
            return false;
        }

        string inside = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        if (inside.Length < 2 || inside[0] != list || !T.TryParse(inside[1..], null, out var found))
        {
            return false;
        }

        place = found;
        return true;
    }
}
