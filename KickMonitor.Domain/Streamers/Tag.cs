using KickMonitor.Domain.Storage;

namespace KickMonitor.Domain.Streamers;

/// <summary>A word by which Admins sort streamers: letters, digits, - and _, in small letters.</summary>
public static class Tag
{
    public const int Longest = 30;

    /// <summary>The most that one streamer has.</summary>
    public const int Most = 20;

    /// <summary>Of all that one streamer has.</summary>
    /// <inheritdoc cref="Stamp"/>
    public static string StampOf(IEnumerable<string> tags) => Stamp.Of([.. tags.Order(StringComparer.Ordinal)]);

    /// <summary>Of one, and everybody who has it.</summary>
    /// <inheritdoc cref="Stamp"/>
    public static string StampOf(string tag, IEnumerable<long> streamers) => Stamp.Of(tag, string.Join(' ', streamers.Order()));

    /// <returns>Null if it is none.</returns>
    public static string? Parse(string? text)
    {
        string tag = text?.Trim().TrimStart('#').ToLowerInvariant() ?? string.Empty;
        return tag.Length is > 0 and <= Longest && tag.All(c => char.IsLetterOrDigit(c) || c is '-' or '_') ? tag : null;
    }
}
