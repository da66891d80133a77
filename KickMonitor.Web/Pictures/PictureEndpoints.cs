using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace KickMonitor.Web.Pictures;

/// <summary>Streamers' pictures, from this server alone: browsers ask nobody else, and there is always something to show.</summary>
public static class PictureEndpoints
{
    private const long CacheBytes = 128L * 1024 * 1024;
    private static readonly TimeSpan AvatarFreshFor = TimeSpan.FromDays(7);
    private static readonly TimeSpan ThumbnailFreshFor = TimeSpan.FromMinutes(5);

    public static IServiceCollection AddPictures(this IServiceCollection services)
    {
        services.AddSingleton(p => new PictureHosts(p.GetRequiredService<KickOptions>()));
        services.AddSingleton(p => new PictureSource(p.GetRequiredService<PictureHosts>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PictureStore(
            Path.Combine(p.GetRequiredService<IConfiguration>().DataDirectory(), "pictures"), CacheBytes, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<PictureStore>>()));
        services.AddSingleton<PictureCache>();
        return services;
    }

    public static void MapPictures(this IEndpointRouteBuilder endpoints)
    {
        var pictures = endpoints.MapGroup("/pictures").AllowAnonymous().ExcludeFromDescription();
        pictures.MapMethods("/{id:long}/avatar", ["GET", "HEAD"], (long id, LiveBoard board, PictureCache cache, HttpContext context) =>
            AnswerAsync(board.Snapshot.Find(id), r => r.AvatarUrl, AvatarFreshFor, GeneratedPicture.Avatar, cache, context));
        pictures.MapMethods("/{id:long}/thumbnail", ["GET", "HEAD"], (long id, LiveBoard board, PictureCache cache, HttpContext context) =>
            AnswerAsync(board.Snapshot.Find(id), r => r.ThumbnailUrl, ThumbnailFreshFor, GeneratedPicture.Thumbnail, cache, context));
        endpoints.MapMethods("/pictures/events/{id:long}", ["GET", "HEAD"], PersonAsync).RequireAuthorization().ExcludeFromDescription();
        endpoints.MapPeoplePictures();
    }

    /// <summary>Whoever an event is about, for those who may see the event.</summary>
    private static async Task<Results<FileContentHttpResult, NotFound>> PersonAsync(
        long id, CurrentPerson person, LiveBoard board, EventHistory events, PictureCache cache, HttpContext context)
    {
        if (await events.FindAsync(id, context.RequestAborted) is not { } row || !person.Rights.MaySee(row, board.Snapshot))
        {
            return TypedResults.NotFound();
        }

        var actor = row.Read is ReadEvent.Known(var told) ? EventSentence.Actor(told) : null;
        return await AnswerAsync(actor?.Picture, AvatarFreshFor, () => GeneratedPicture.Avatar(actor?.UserId ?? 0, actor?.Name ?? "?"), cache, context);
    }

    private static async Task<Results<FileContentHttpResult, NotFound>> AnswerAsync(
        BoardRow? row, Func<BoardRow, string?> addressOf, TimeSpan freshFor, Func<long, string, string> draw, PictureCache cache, HttpContext context)
    {
        if (row is null || !MaySee(row.BroadcasterUserId, context))
        {
            return TypedResults.NotFound();
        }

        return await AnswerAsync(addressOf(row), freshFor, () => draw(row.BroadcasterUserId, row.DisplayName), cache, context);
    }

    private static async Task<FileContentHttpResult> AnswerAsync(string? at, TimeSpan freshFor, Func<string> draw, PictureCache cache, HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (at is { } address && await cache.FindAsync(address, freshFor, context.RequestAborted) is { } picture)
        {
            headers.CacheControl = $"private, max-age={(int)Math.Min(freshFor.TotalSeconds, 86_400)}";
            return TypedResults.Bytes(picture.Bytes, picture.ContentType, entityTag: Tag(picture.Bytes));
        }

        // Not for long: the picture may be on its way.
        byte[] drawn = Encoding.UTF8.GetBytes(draw());
        headers.CacheControl = "private, max-age=300";
        return TypedResults.Bytes(drawn, "image/svg+xml", entityTag: Tag(drawn));
    }

    /// <summary>What stands on a public page may be seen by everybody.</summary>
    private static bool MaySee(long id, HttpContext context) =>
        context.RequestServices.GetRequiredService<Rights>().Of(context.User)?.MaySee(id) == true || context.RequestServices.GetRequiredService<Groups>().IsPublic(id);

    private static EntityTagHeaderValue Tag(byte[] bytes) => new($"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes).AsSpan(0, 8))}\"");
}

/// <summary>Where a streamer's pictures stand on this server. The address changes with the picture, so that a new one is seen at once.</summary>
public static class PictureAddress
{
    public static string Avatar(BoardRow row) => $"/pictures/{row.BroadcasterUserId}/avatar?v={Mark(row.AvatarUrl)}";

    public static string Thumbnail(BoardRow row) => $"/pictures/{row.BroadcasterUserId}/thumbnail?v={Mark(row.ThumbnailUrl)}";

    /// <summary>Of whoever an event is about.</summary>
    public static string Person(EventRow row) => $"/pictures/events/{row.Id}";

    private static string Mark(string? address)
    {
        uint mark = 2166136261;
        foreach (char c in address ?? string.Empty)
        {
            mark = (mark ^ c) * 16777619;
        }

        return mark.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }
}
