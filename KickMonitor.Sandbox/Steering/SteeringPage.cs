using System.Text;

namespace KickMonitor.Sandbox;

internal static class SteeringPage
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void MapSteeringPage(this IEndpointRouteBuilder steering)
    {
        steering.MapGet("/", (World world, Faults faults, RequestHistory requests, Webhooks webhooks, EventSubscriptions subscriptions, HttpResponse response, [AsParameters] StreamerSearch search) =>
        {
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.CacheControl = "no-store";
            return TypedResults.Text(Page(world, faults, requests, webhooks, subscriptions, search).ToString(), "text/html", Encoding.UTF8);
        });
        steering.MapGet("/steering.css", () => TypedResults.Stream(Resource("steering.css"), "text/css"));
        steering.MapGet("/steering.js", () => TypedResults.Stream(Resource("steering.js"), "text/javascript"));
    }

    private static Stream Resource(string name) =>
        typeof(SteeringPage).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException("Not embedded.", name);

    private static Html Page(World world, Faults faults, RequestHistory requests, Webhooks webhooks, EventSubscriptions subscriptions, StreamerSearch search) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sandbox · a Kick of your own</title>
        <link rel="icon" href="/pictures/users/1.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/sandbox/steering.css">
        <script src="/sandbox/steering.js" defer></script>
        </head>
        <body>
        <header>
        <h1>kick<span>.</span>sandbox</h1>
        <p data-live="totals">{world.Streamers.Count(s => s.IsLive)} live of {world.Count} · {requests.Total} requests</p>
        <button type="button" data-send="POST" data-to="reset" data-confirm="Forget everything and start the world over?">reset</button>
        </header>
        <p id="said" role="status"></p>
        <main>
        {StreamersPanel.Render(world, search)}
        <div class="side">
        {FaultsPanel.Render(faults)}
        {WebhooksPanel.Render(webhooks, subscriptions)}
        {RequestsPanel.Render(requests)}
        </div>
        </main>
        </body>
        </html>
        """);
}
