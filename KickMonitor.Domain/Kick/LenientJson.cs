using System.Globalization;
using System.Text.Json;

namespace KickMonitor.Domain.Kick;

/// <summary>
/// Reads Kick's JSON as it comes: fields vanish, numbers are strings and strings numbers, blanks and Go's year one mean
/// "unknown", fractions of a second have nine digits. What cannot be read is null.
/// </summary>
public static class LenientJson
{
    public static JsonElement? Field(this JsonElement element, string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var field) && field.ValueKind != JsonValueKind.Null ? field : null;
        }
        catch (InvalidOperationException)
        {
            // The name of another field is an escaped lone surrogate.
            return null;
        }
    }

    public static string? Text(this JsonElement element, string name, int most)
    {
        string? text = element.Field(name) switch
        {
            { ValueKind: JsonValueKind.String } s => s.StringOrNull(),
            { ValueKind: JsonValueKind.Number } n => n.GetRawText(),
            _ => null,
        };
        return Storable(text, most);
    }

    public static long? Integer(this JsonElement element, string name)
    {
        switch (element.Field(name))
        {
            case { ValueKind: JsonValueKind.Number } n:
                if (n.TryGetInt64(out long whole))
                {
                    return whole;
                }

                return n.TryGetDouble(out double real) && Math.Abs(real) < 9e15 ? (long)real : null;
            case { ValueKind: JsonValueKind.String } s:
                return long.TryParse(s.StringOrNull(), NumberStyles.Integer, CultureInfo.InvariantCulture, out long parsed) ? parsed : null;
            default:
                return null;
        }
    }

    /// <summary>A count that people see; out of an int's range or negative is nonsense, so unknown.</summary>
    public static int? Count(this JsonElement element, string name) =>
        element.Integer(name) is >= 0 and <= int.MaxValue and var count ? (int)count : null;

    public static bool? Flag(this JsonElement element, string name) => element.Field(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } s => bool.TryParse(s.StringOrNull(), out bool flag) ? flag : null,
        { ValueKind: JsonValueKind.Number } n => n.TryGetInt32(out int number) ? number != 0 : null,
        _ => null,
    };

    public static DateTimeOffset? Time(this JsonElement element, string name) => ParseTime(element.Text(name, 64));

    /// <summary>RFC 3339, or the website's "2026-10-05 18:00:04", which is UTC. Microseconds are what the database keeps.</summary>
    public static DateTimeOffset? ParseTime(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0)
        {
            int end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            text = string.Concat(text.AsSpan(0, Math.Min(end, dot + 7)), text.AsSpan(end));
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            && time.Year > 1
            ? time
            : null;
    }

    /// <summary>Text that PostgreSQL can hold and a page can show: no NUL, no lone surrogate, no more than asked; blank is null.</summary>
    public static string? Storable(string? text, int most)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        text = text.Trim();
        if (text.Length > most)
        {
            text = text[..most];
        }

        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.Contains('\0', StringComparison.Ordinal))
        {
            return text;
        }

        var kept = new System.Text.StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value != 0)
            {
                kept.Append(rune.ToString());
            }
        }

        return string.IsNullOrWhiteSpace(kept.ToString()) ? null : kept.ToString();
    }

    public static string? StringOrNull(this JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escaped lone surrogate is valid JSON and no valid text.
            return null;
        }
    }
}
