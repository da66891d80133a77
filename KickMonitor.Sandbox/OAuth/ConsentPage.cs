using System.Text;

namespace KickMonitor.Sandbox;

/// <summary>Where a person says which account they are, and whether they agree.</summary>
internal static class ConsentPage
{
    public static IResult Show(HttpRequest request, World world, string provider, string action, IReadOnlyDictionary<string, string> carried)
    {
        var response = request.HttpContext.Response;
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";
        response.Headers.CacheControl = "no-store";
        return TypedResults.Text(Page(world, provider, action, carried).ToString(), "text/html", Encoding.UTF8);
    }

    private static Html Page(World world, string provider, string action, IReadOnlyDictionary<string, string> carried) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Allow access · {provider} sandbox</title>
        <link rel="stylesheet" href="/sandbox/steering.css">
        </head>
        <body>
        <header><h1>{provider}, more or less</h1></header>
        <main><section>
        <p><b>KickMonitor</b> wants to:</p>
        <ul>{Html.Join(carried["scope"].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => Html.Of($"<li>{s}</li>")))}</ul>
        <form method="post" action="{action}">
        {Html.Join(carried.Select(c => Html.Of($"<input type=\"hidden\" name=\"{c.Key}\" value=\"{c.Value}\">")))}
        <p><label>You are <select name="account">{Html.Join(world.Streamers.Where(s => !s.Vanished).Take(200).Select(s => Html.Of($"<option value=\"{s.Id}\">{s.Slug}</option>")))}</select></label></p>
        <p><button name="answer" value="allow">Allow access</button> <button name="answer" value="deny">Cancel</button></p>
        </form>
        </section></main>
        </body>
        </html>
        """);
}
