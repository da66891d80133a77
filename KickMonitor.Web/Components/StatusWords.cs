using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Components;

/// <summary>How a status and where it comes from are called.</summary>
public static class StatusWords
{
    public static string Of(StreamerStatus status) => status switch
    {
        StreamerStatus.Live => T["live"],
        StreamerStatus.Offline => T["offline"],
        _ => T["not found"],
    };

    public static string Of(Source source) => source switch
    {
        Source.Poll => T["poll"],
        Source.Webhook => T["webhook"],
        Source.Browser => T["browser"],
        _ => T["socket"],
    };

    /// <summary>How many watch, with a question mark where that cannot be right; null when nobody counts.</summary>
    public static string? Viewers(BoardRow row) => (row.Viewers, Doubt(row)) switch
    {
        (null, _) => null,
        (1, null) => T["1 viewer"],
        ({ } viewers, null) => T["{0:N0} viewers", viewers],
        ({ } viewers, _) => T["{0:N0}? viewers", viewers],
    };

    /// <summary>Why the count is in doubt; null when it is not.</summary>
    public static string? Doubt(BoardRow row) => row.ViewerQuality switch
    {
        ViewerQuality.Hidden => T["The streamer hides the count, or it is a mistake of Kick's: this is the last count that could be believed."],
        ViewerQuality.Glitch => T["Kick reports a count that cannot be right: this is the last one that could be believed."],
        ViewerQuality.Outlier => T["The count jumped: this is the last one that could be believed."],
        ViewerQuality.Frozen => T["The count has not moved for minutes; Kick may have stopped counting."],
        _ => null,
    };
}
