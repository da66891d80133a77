using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>The audit log as CSV, as the page's filters say.</summary>
public static class AuditExport
{
    public const string Path = "/admin/audit.csv";
    private const int Most = 100_000;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet(Path, WriteAsync).RequireAuthorization(Access.Admin).ExcludeFromDescription();

    private static async Task WriteAsync(HttpContext context, Audit audit, string? who, string? verb, string? subject, string? from, string? until)
    {
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"audit.csv\"";
        await using var writer = new StreamWriter(context.Response.Body, Csv.Encoding);
        await writer.WriteLineAsync("at,actor,via,address,verb,subject,subject_id,before,after");
        var query = new AuditQuery(who, verb, subject, AuditPage.Time(from), AuditPage.Time(until), Before: null, Most);
        await foreach (var row in audit.ReadAsync(query, context.RequestAborted))
        {
            await writer.WriteLineAsync(Csv.Line(
                row.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), row.Actor, row.Via, row.Address, row.Verb, row.Subject, row.SubjectId, row.Before, row.After));
        }
    }
}
