using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>Something that somebody changed.</summary>
/// <param name="Actor">An e-mail address, "cli" or "system".</param>
/// <param name="Via">browser, a token's first characters, cli or system.</param>
/// <param name="Verb">Like user.role_changed.</param>
/// <param name="Before">The changed properties; null if there was nothing.</param>
public sealed record AuditView(
    long Id, DateTimeOffset At, string Actor, Guid? ActorId, string Via, string? Address, string Verb, string Subject, string SubjectId, JsonElement? Before, JsonElement? After)
{
    public static AuditView Of(AuditRow row) => new(
        row.Id, row.At, row.Actor, row.ActorId, row.Via, row.Address, row.Verb, row.Subject, row.SubjectId, Parse(row.Before), Parse(row.After));

    private static JsonElement? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}

internal static class AuditApi
{
    private const char List = 'a';

    public static void MapAudit(this IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ReadAsync).WithTags("Audit").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Admin).WithSummary("List who changed what, newest first").ProducesProblem(400).ProducesProblem(403);

    private static async Task<Results<Ok<Page<AuditView>>, ProblemHttpResult>> ReadAsync(
        Audit audit, CancellationToken ct,
        [Description("Part of a name, or an id, of who did it.")] string? person = null,
        [Description("A verb like user.role_changed, or its first part like user.")] string? verb = null,
        [Description("Part of a name, or an id, of what it was done to.")] string? subject = null,
        DateTimeOffset? from = null, DateTimeOffset? to = null,
        [Description("How many at most, 1 to 200; 50 if left out.")] int? limit = null,
        [Description("The next of the page before.")] string? after = null)
    {
        if (!PageLimit.IsGood(limit))
        {
            return TypedResults.Problem(PageLimit.Problem, statusCode: 400);
        }

        if (!Cursor.TryRead<long>(List, after, out var before))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        int most = limit ?? PageLimit.Usual;
        var found = new List<AuditRow>();
        await foreach (var row in audit.ReadAsync(new AuditQuery(person, verb, subject, from, to, before, most + 1), ct))
        {
            found.Add(row);
        }

        string? next = found.Count > most ? Cursor.Of(List, found[most - 1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new Page<AuditView>([.. found.Take(most).Select(AuditView.Of)], next));
    }
}
