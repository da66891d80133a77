using System.Globalization;

namespace KickMonitor.Sandbox;

internal static class CategoriesApi
{
    private const int ShortestCursor = 4;

    public static void MapCategories(this IEndpointRouteBuilder api) =>
        api.MapGet("/public/v2/categories", Get).InGroup(EndpointGroup.Categories);

    private static IResult Get(HttpRequest request)
    {
        Cursor? after = null;
        if (request.Query.Limit(usual: 25, most: 1000) is not { } limit || IdsOf(request) is not { } ids)
        {
            return Answer.InvalidRequest();
        }

        if (request.Query["cursor"].ToString() is { Length: > 0 } cursor
            && (cursor.Length < ShortestCursor || (after = Cursor.Parse(cursor)) is null))
        {
            return Answer.InvalidRequest();
        }

        var names = Listed(request, "name");
        var tags = Listed(request, "tag");
        var rows = Categories.All
            .Where(c => ids.Length == 0 || ids.Contains(c.Id))
            .Where(c => names.Length == 0 || names.Any(n => c.Name.Contains(n, StringComparison.OrdinalIgnoreCase)))
            .Where(c => tags.Length == 0 || tags.Contains(c.Tag, StringComparer.OrdinalIgnoreCase))
            .Where(c => after is not { } end || c.Id > end.Id)
            .OrderBy(c => c.Id)
            .Take(limit + 1)
            .ToArray();

        var pictures = new PictureAddresses(request);
        var page = rows.Take(limit).Select(c => new TaggedCategory(c.Id, c.Name, [c.Tag], pictures.OfCategory(c))).ToArray();
        return Answer.Page(page, rows.Length > limit ? new Cursor(0, rows[limit - 1].Id).ToString() : "");
    }

    private static int[]? IdsOf(HttpRequest request)
    {
        var texts = Listed(request, "id");
        var ids = new int[texts.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            if (!int.TryParse(texts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
            {
                return null;
            }
        }

        return ids;
    }

    // Unlike every other list in this API: one parameter, commas between.
    private static string[] Listed(HttpRequest request, string name) =>
        request.Query[name].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private sealed record TaggedCategory(int Id, string Name, string[] Tags, string Thumbnail);
}
