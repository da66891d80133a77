using System.Text.RegularExpressions;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Streamers;

/// <summary>A channel's name in Kick's addresses.</summary>
public static partial class Slug
{
    /// <summary>Takes what people paste: "@Name", "kick.com/name", "https://kick.com/name?…".</summary>
    /// <returns>The slug in lower case, or null if no Kick slug can look like that.</returns>
    public static string? Parse(string? text)
    {
        var match = Pasted().Match((text ?? string.Empty).Trim());
        return match.Success && match.Groups["slug"].Value is { Length: <= KickClient.LongestSlug } slug ? slug.ToLowerInvariant() : null;
    }

    // It takes one pass, so no time-out: on a busy machine that would refuse good slugs.
    [GeneratedRegex("^(?:(?i:(?:https?://)?(?:www\\.)?kick\\.com/)(?<slug>[A-Za-z0-9_-]+)(?:/.*)?|@?(?<slug>[A-Za-z0-9_-]+)/?)(?:[?#].*)?$", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Pasted();
}
