using System.Globalization;

namespace KickMonitor.Sandbox;

/// <summary>Version 1, deprecated.</summary>
internal static class OldCategoriesApi
{
    private const int PageSize = 100;

    public static void MapOldCategories(this IEndpointRouteBuilder api)
    {
        api.MapGet("/public/v1/categories", Search).InGroup(EndpointGroup.Categories);
        api.MapGet("/public/v1/categories/{id}", Get).InGroup(EndpointGroup.Categories);
    }

    private static IResult Search(HttpRequest request)
    {
        var page = 1;
        if (request.Query["q"].ToString() is not { Length: > 0 } q
            || (request.Query.TryGetValue("page", out var text)
                && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out page) || page is < 1 or > 1_000_000)))
        {
            return Answer.InvalidRequest();
        }

        var pictures = new PictureAddresses(request);
        return Answer.Ok(Categories.All
            .Where(c => c.Name.Contains(q, StringComparison.OrdinalIgnoreCase))
            .Skip((page - 1) * PageSize)
            .Take(PageSize)
            .Select(c => CategoryView.Of(c, pictures))
            .ToArray());
    }

    private static IResult Get(string id, HttpRequest request, RestView rest)
    {
        if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return Answer.InvalidRequest();
        }

        if (Categories.Find(number) is not { } category)
        {
            return Answer.NotFound();
        }

        var watching = rest.Live().Where(l => l.Broadcast.Category.Id == number).Sum(l => rest.Viewers(l.Streamer, l.Broadcast));
        var thumbnail = new PictureAddresses(request).OfCategory(category);
        return Answer.Ok(new WatchedCategory(category.Id, category.Name, [category.Tag], thumbnail, watching));
    }

    private sealed record WatchedCategory(int Id, string Name, string[] Tags, string Thumbnail, int ViewerCount);
}
