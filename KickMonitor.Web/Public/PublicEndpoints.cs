using System.Globalization;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Public;

/// <summary>
/// Pages for people who have no account here: a group's page, card and feed, and a streamer's badge. Off until an Admin makes a
/// group public; kept by the server for a moment, so that a crowd costs as much as a visitor.
/// </summary>
public static class PublicEndpoints
{
    private const string Answers = "public";
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);

    public static IServiceCollection AddPublic(this IServiceCollection services)
    {
        services.AddSingleton<PublicBoards>();
        services.AddSingleton<Feed>();
        return services.AddOutputCache(o =>
        {
            o.SizeLimit = 8 * 1024 * 1024;
            o.MaximumBodySize = 512 * 1024;

            // By nothing that a visitor can choose freely: the cache would be theirs to fill.
            o.AddPolicy(Answers, p => p.Expire(KeptFor).SetVaryByQuery([]).SetVaryByHost(false).VaryByValue(context => KeyValuePair.Create("language", Languages.TextsFor(context.Request).Name)));
        });
    }

    public static void MapPublic(this IEndpointRouteBuilder endpoints)
    {
        var open = endpoints.MapGroup(string.Empty).AllowAnonymous().ExcludeFromDescription().CacheOutput(Answers);
        open.MapMethods("/p/{name}", ["GET", "HEAD"], Page);
        open.MapMethods("/p/{name}/card", ["GET", "HEAD"], Card);
        open.MapMethods("/p/{name}/feed.xml", ["GET", "HEAD"], FeedAsync);
        open.MapMethods("/badge/{file}", ["GET", "HEAD"], BadgeOf);
    }

    private static IResult Page(string name, PublicBoards boards, HttpContext context) =>
        Document<PublicPage>(boards.Find(name), context);

    private static IResult Card(string name, PublicBoards boards, HttpContext context)
    {
        // The one page that others may put into theirs.
        context.AllowFrames();
        return Document<PublicCard>(boards.Find(name), context);
    }

    private static async Task<IResult> FeedAsync(string name, PublicBoards boards, Feed feed, HttpContext context, CancellationToken ct)
    {
        if (boards.Group(name) is not { } group)
        {
            return TypedResults.NotFound();
        }

        Keep(context);
        return TypedResults.Bytes(await feed.WriteAsync(group, ct), "application/rss+xml; charset=utf-8");
    }

    private static IResult BadgeOf(string file, PublicBoards boards, HttpContext context)
    {
        const string ending = ".svg";
        if (!file.EndsWith(ending, StringComparison.Ordinal) || boards.Streamer(file[..^ending.Length]) is not { } row)
        {
            return TypedResults.NotFound();
        }

        Keep(context);
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        return TypedResults.Bytes(Badge.Draw(row), "image/svg+xml");
    }

    private static IResult Document<TPage>(PublicBoard? board, HttpContext context)
        where TPage : Microsoft.AspNetCore.Components.IComponent
    {
        if (board is null)
        {
            return TypedResults.NotFound();
        }

        Keep(context);
        CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture = Languages.TextsFor(context.Request);
        return new RazorComponentResult<TPage>(new { Board = board }) { PreventStreamingRendering = true };
    }

    private static void Keep(HttpContext context)
    {
        context.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={KeptFor.TotalSeconds:0}");
        context.Response.Headers.Vary = "Accept-Language";
    }
}
