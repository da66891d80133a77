using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Sandbox;

internal static class PicturesApi
{
    public static void MapPictures(this IEndpointRouteBuilder app)
    {
        var pictures = app.MapGroup("/pictures");
        pictures.MapGet("/users/{id:long}.svg", (long id, HttpResponse response) => Svg(response, Drawing.Avatar((ulong)id)));
        pictures.MapGet("/broadcasts/{id:guid}.svg", (Guid id, HttpResponse response) => Svg(response, Drawing.Scene(SeedOf(id))));
        pictures.MapGet("/categories/{id:int}.svg", (int id, HttpResponse response) => Svg(response, Drawing.Cover((ulong)id)));
        pictures.MapGet("/banners/{id:long}.svg", (long id, HttpResponse response) => Svg(response, Drawing.Scene((ulong)id)));
    }

    private static ulong SeedOf(Guid id) => BitConverter.ToUInt64(id.ToByteArray());

    private static ContentHttpResult Svg(HttpResponse response, string svg)
    {
        response.Headers.CacheControl = "public, max-age=86400";
        return TypedResults.Text(svg, "image/svg+xml", Encoding.UTF8);
    }
}
