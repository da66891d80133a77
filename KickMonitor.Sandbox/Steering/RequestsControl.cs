namespace KickMonitor.Sandbox;

internal static class RequestsControl
{
    public static void MapRequestsControl(this IEndpointRouteBuilder control)
    {
        control.MapGet("/requests", (RequestHistory requests, int? take) => requests.Recent.Reverse().Take(Math.Clamp(take ?? 100, 1, 1000)));
        control.MapDelete("/requests", (RequestHistory requests) => requests.Clear());
        control.MapGet("/counters", (RequestHistory requests) => new { requests.Total, Endpoints = requests.Counts });
    }
}
