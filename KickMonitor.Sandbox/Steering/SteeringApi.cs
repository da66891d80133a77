namespace KickMonitor.Sandbox;

internal static class SteeringApi
{
    public static void MapSteering(this IEndpointRouteBuilder app)
    {
    }
}
