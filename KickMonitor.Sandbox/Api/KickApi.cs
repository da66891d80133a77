namespace KickMonitor.Sandbox;

internal static class KickApi
{
    public static void MapKick(this IEndpointRouteBuilder app)
    {
        app.MapOAuth();
        app.MapPublicKey();
        app.MapWebsite();
        app.MapPictures();

        var api = app.MapGroup("").AddEndpointFilter<RouteGroupBuilder, TokenRequired>();
        api.MapUsers();
        api.MapUserLivestreams();
        api.MapChannels();
        api.MapLivestreams();
        api.MapOldLivestreams();
        api.MapCategories();
        api.MapOldCategories();
        api.MapEventSubscriptions();
    }
}
