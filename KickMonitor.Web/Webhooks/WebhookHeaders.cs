using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace KickMonitor.Web.Webhooks;

/// <summary>What stands in the headers of a delivery, exactly as it came: the id and the timestamp are part of what is signed.</summary>
internal sealed record WebhookHeaders(string MessageId, string Timestamp, DateTimeOffset SentAt, string Type, string Signature, string? Version, string? SubscriptionId)
{
    private const int LongestId = 128;
    private const int LongestType = 100;

    /// <summary>Go's year one and the end of time are no instants that can be reckoned with, so they are stored as these.</summary>
    private static readonly long Earliest = DateTime.UnixEpoch.Ticks;
    private static readonly long Latest = new DateTime(9000, 1, 1).Ticks;
    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <returns>Null if a required one is missing or malformed.</returns>
    public static WebhookHeaders? Read(IHeaderDictionary headers)
    {
        if (One(headers["Kick-Event-Message-Id"]) is not { } id || !IsId(id)
            || One(headers["Kick-Event-Message-Timestamp"]) is not { } timestamp || Time(timestamp) is not { } sentAt
            || One(headers["Kick-Event-Type"]) is not { Length: <= LongestType } type || type.AsSpan().ContainsAnyExceptInRange('!', '~')
            || One(headers["Kick-Event-Signature"]) is not { } signature)
        {
            return null;
        }

        return new WebhookHeaders(id, timestamp, sentAt, type, signature, Stored(headers["Kick-Event-Version"]), Stored(headers["Kick-Event-Subscription-Id"]));
    }

    private static string? One(StringValues values) => values is [{ Length: > 0 } value] ? value : null;

    /// <summary>Not required and not signed, so what is odd is left out rather than refused.</summary>
    private static string? Stored(StringValues values) => One(values) is { } value && IsId(value) ? value : null;

    private static bool IsId(string text) => text.Length <= LongestId && !text.AsSpan().ContainsAnyExcept(IdCharacters);

    /// <summary>RFC 3339: a leap second counts as the second before, and of a fraction seven digits.</summary>
    private static DateTimeOffset? Time(ReadOnlySpan<char> text)
    {
        if (text.Length is < 20 or > 64 || text[10] is not ('T' or 't' or ' ') || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':'
            || Number(text[..4]) is not (>= 1 and var year) || Number(text[5..7]) is not (>= 1 and <= 12 and var month)
            || Number(text[8..10]) is not (>= 1 and var day) || day > DateTime.DaysInMonth(year, month)
            || Number(text[11..13]) is not (>= 0 and <= 23 and var hour) || Number(text[14..16]) is not (>= 0 and <= 59 and var minute) || Number(text[17..19]) is not (>= 0 and <= 60 and var second))
        {
            return null;
        }

        var rest = text[19..];
        long fraction = 0;
        if (rest[0] == '.')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1)
            {
                return null;
            }

            for (int i = 1; i <= 7; i++)
            {
                fraction = (fraction * 10) + (i <= digits ? rest[i] - '0' : 0);
            }

            rest = rest[(digits + 1)..];
        }

        if (Offset(rest) is not { } offset)
        {
            return null;
        }

        long ticks = new DateTime(year, month, day, hour, minute, Math.Min(second, 59)).Ticks + fraction - offset.Ticks;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTimeOffset(Math.Clamp(ticks, Earliest, Latest), TimeSpan.Zero) : null;
    }

    private static TimeSpan? Offset(ReadOnlySpan<char> zone) => zone switch
    {
        "Z" or "z" => TimeSpan.Zero,
        ['+' or '-', _, _, ':', _, _] when Number(zone[1..3]) is >= 0 and <= 14 and var hours && Number(zone[4..]) is >= 0 and <= 59 and var minutes =>
            new TimeSpan(hours, minutes, 0) * (zone[0] == '-' ? -1 : 1),
        _ => null,
    };

    /// <returns>-1 if it is none.</returns>
    private static int Number(ReadOnlySpan<char> digits)
    {
        int number = 0;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return -1;
            }

            number = (number * 10) + digit - '0';
        }

        return number;
    }
}
