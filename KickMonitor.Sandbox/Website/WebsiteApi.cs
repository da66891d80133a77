namespace KickMonitor.Sandbox;

/// <summary>What the browser reads from kick.com; nobody promised it to anyone else.</summary>
internal static class WebsiteApi
{
    public static void MapWebsite(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v2/channels/{slug}", Get).InGroup(EndpointGroup.Website, limited: false);

    private static IResult Get(string slug, HttpRequest request, RestView rest, Distortions distortions)
    {
        if (rest.Find(slug) is not { } streamer)
        {
            return Answer.NotFound();
        }

        request.HttpContext.Response.Headers.CacheControl = "public, max-age=15";
        var channel = WebsiteChannel.Of(streamer, rest, distortions, new PictureAddresses(request));
        return TypedResults.Json(channel, KickJson.Options, "application/json");
    }
}
