using System.Globalization;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>Who is watched, as CSV or JSON that the import reads again.</summary>
public static class StreamerExport
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/admin/streamers.csv", CsvAsync).RequireAuthorization(Access.Admin).ExcludeFromDescription();
        app.MapGet("/admin/streamers.json", JsonAsync).RequireAuthorization(Access.Admin).ExcludeFromDescription();
    }

    private static async Task CsvAsync(HttpContext context, StreamerDirectory directory, Groups groups)
    {
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"streamers.csv\"";
        await using var writer = new StreamWriter(context.Response.Body, Csv.Encoding);
        await writer.WriteLineAsync("slug,name,kick_id,priority,paused,tags,groups,notes");
        foreach (var s in await directory.AllAsync(context.RequestAborted))
        {
            await writer.WriteLineAsync(Csv.Line(
                s.Slug, s.DisplayName, s.BroadcasterUserId.ToString(CultureInfo.InvariantCulture), SnakeCase<StreamerPriority>.Of(s.Priority), s.IsPaused ? "true" : "false",
                string.Join(' ', s.Tags), string.Join(' ', GroupsOf(groups, s)), s.Notes));
        }
    }

    private static async Task<IResult> JsonAsync(HttpContext context, StreamerDirectory directory, Groups groups)
    {
        context.Response.Headers.ContentDisposition = "attachment; filename=\"streamers.json\"";
        var items = (await directory.AllAsync(context.RequestAborted)).ConvertAll(s => new
        {
            s.Slug,
            name = s.DisplayName,
            kickId = s.BroadcasterUserId,
            priority = SnakeCase<StreamerPriority>.Of(s.Priority),
            paused = s.IsPaused,
            s.Tags,
            groups = GroupsOf(groups, s),
            s.Notes,
        });
        return Results.Json(new { items });
    }

    private static IEnumerable<string> GroupsOf(Groups groups, Streamer s) => groups.All.Where(g => g.OwnerId is null && g.Members.Contains(s.BroadcasterUserId)).Select(g => g.Name);
}
