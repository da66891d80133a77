using System.Globalization;
using System.Text.RegularExpressions;

namespace KickMonitor.Web.Cli;

/// <summary>Text from outside, made safe for a terminal: nothing in it moves the cursor, colours, rings, or turns the line around.</summary>
internal static partial class Plain
{
    public static string Text(string? text) =>
        text is null ? string.Empty : Unsafe().IsMatch(text) ? Unsafe().Replace(text, m => m.ValueSpan is "\t" or "\n" or "\r" or "\r\n" ? " " : string.Empty) : text;

    public static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? string.Empty;

    public static string Number(long? number) => number?.ToString("N0", CultureInfo.InvariantCulture) ?? string.Empty;

    /// <summary>"3 s", "12 min", "2 h 05", "4 d 3 h".</summary>
    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)span.TotalSeconds)} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes} min"),
        { TotalHours: < 24 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes:00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalDays} d {span.Hours} h"),
    };

    // Escape sequences whole, then whatever control characters are left, then the marks that reorder a line.
    [GeneratedRegex(
        @"\x1B(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1B\x9C]*(?:\x07|\x1B\\|\x9C)?|[ -/]*[0-~])?|\x9B[0-?]*[ -/]*[@-~]|\r\n|[\x00-\x1F\x7F-\x9F\u200E\u200F\u2028-\u202E\u2066-\u2069]",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unsafe();
}
