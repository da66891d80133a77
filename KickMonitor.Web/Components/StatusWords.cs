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
}
