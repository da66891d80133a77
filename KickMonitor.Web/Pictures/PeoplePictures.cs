using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace KickMonitor.Web.Pictures;

/// <summary>People's own pictures, for themselves: the one they chose, that of their linked channel, or initials.</summary>
internal static class PeoplePictures
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromDays(7);

    public static void MapPeoplePictures(this IEndpointRouteBuilder endpoints)
    {
        var pictures = endpoints.MapGroup("/pictures").RequireAuthorization().ExcludeFromDescription();
        pictures.MapGet("/me", OwnAsync);
        pictures.MapGet("/links/{id:guid}", OfLinkAsync);
    }

    private static async Task<FileContentHttpResult> OwnAsync(
        CurrentPerson person, UserPictures own, Links links, People people, PictureCache cache, HttpContext context, CancellationToken ct)
    {
        var id = person.Rights.UserId;
        if (await own.FindAsync(id, ct) is { } chosen)
        {
            return Answer(context, chosen.Bytes, chosen.ContentType);
        }

        string? address = (await links.OfAsync(id, ct)).Find(l => l.Provider == "kick")?.PictureUrl;
        var user = await people.FindAsync(id, ct);
        return await AnswerAsync(context, cache, address, id, user?.DisplayName ?? user?.Email ?? "?", ct);
    }

    private static async Task<Results<FileContentHttpResult, NotFound>> OfLinkAsync(
        Guid id, CurrentPerson person, Links links, PictureCache cache, HttpContext context, CancellationToken ct) =>
        await links.FindAsync(id, ct) is { } link && (link.UserId == person.Rights.UserId || person.Rights.IsAdmin)
            ? await AnswerAsync(context, cache, link.PictureUrl, id, link.DisplayName, ct)
            : TypedResults.NotFound();

    private static async Task<FileContentHttpResult> AnswerAsync(HttpContext context, PictureCache cache, string? address, Guid id, string name, CancellationToken ct) =>
        address is not null && await cache.FindAsync(address, FreshFor, ct) is { } picture
            ? Answer(context, picture.Bytes, picture.ContentType)
            : Answer(context, Encoding.UTF8.GetBytes(GeneratedPicture.Avatar(BinaryPrimitives.ReadInt64LittleEndian(id.ToByteArray().AsSpan(8)), name)), "image/svg+xml");

    private static FileContentHttpResult Answer(HttpContext context, byte[] bytes, string contentType)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(bytes, contentType, entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\""));
    }
}
