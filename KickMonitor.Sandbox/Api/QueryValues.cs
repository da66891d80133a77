using System.Globalization;

namespace KickMonitor.Sandbox;

internal static class QueryValues
{
    /// <summary>Null if one is no number or there are too many.</summary>
    public static long[]? Ids(this IQueryCollection query, string name, int most)
    {
        var values = query[name];
        if (values.Count > most)
        {
            return null;
        }

        var ids = new long[values.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            if (!long.TryParse(values[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
            {
                return null;
            }
        }

        return [.. ids.Distinct()];
    }

    /// <summary>Null if it is no number from 1 to <paramref name="most"/>.</summary>
    public static int? Limit(this IQueryCollection query, int usual, int most)
    {
        if (!query.TryGetValue("limit", out var text))
        {
            return usual;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= most ? limit : null;
    }
}
