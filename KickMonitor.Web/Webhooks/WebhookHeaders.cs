using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace KickMonitor.Web.Webhooks;

/// <summary>What stands in the headers of a delivery, exactly as it came: the id and the timestamp are part of what is signed.</summary>
internal sealed record WebhookHeaders(string MessageId, string Timestamp, DateTimeOffset SentAt, string Type, string Signature, string? Version, string? SubscriptionId)
{
    private const int LongestId = 128;
    private const int LongestType = 100;
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

    /// <summary>RFC 3339, where the framework knows seven digits of a fraction and no leap second.</summary>
    private static DateTimeOffset? Time(string text)
    {
        if (text.Length is < 20 or > 64 || text[10] is not ('T' or 't' or ' ') || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':')
        {
            return null;
        }

        int end = 19;
        if (text[end] == '.')
        {
            end++;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            if (end == 20)
            {
                return null;
            }
        }

        string zone = text[end..].ToUpperInvariant();
        bool isZone = zone == "Z" || (zone is ['+' or '-', _, _, ':', _, _] && zone[1..3].All(char.IsAsciiDigit) && zone[4..].All(char.IsAsciiDigit));
        string second = text.AsSpan(17, 2) is "60" ? "59" : text[17..19];
        return isZone && DateTimeOffset.TryParseExact(
            $"{text[..10]}T{text[11..17]}{second}{text[19..Math.Min(end, 27)]}{zone}",
            ["yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
    }
}
