using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Web.Linking;

/// <summary>"Download my data": what is kept about a person, without anything that opens anything and without other people.</summary>
public static class OwnData
{
    private const int Most = 1000;
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static void MapOwnData(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/settings/data.json", DownloadAsync).ExcludeFromDescription();

    private static async Task<IResult> DownloadAsync(
        HttpContext context, CurrentPerson person, IDbContextFactory<KickMonitorDb> databases, Links links, Sessions sessions, UserManager<User> users, UserPictures pictures,
        Groups groups, LiveBoard board, CancellationToken ct)
    {
        if (ViewAs.IsViewing(context.User))
        {
            // Where somebody signed in from for a year is more than whoever helps them needs.
            return TypedResults.Problem("You are viewing as somebody else: their data is theirs to download.", statusCode: StatusCodes.Status403Forbidden);
        }

        var id = person.Rights.UserId;
        await using var db = await databases.CreateDbContextAsync(ct);
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == id, ct);
        var linked = await links.OfAsync(id, ct);
        var tokens = await db.ApiTokens.AsNoTracking().Where(t => t.UserId == id).OrderByDescending(t => t.CreatedAt).Take(Most).ToListAsync(ct);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = "attachment; filename=kickmonitor-my-data.json";
        return TypedResults.Json(
            new
            {
                profile = new { user.Id, user.Email, user.DisplayName, user.Role, user.TimeZone, user.Language, user.CreatedAt, user.LastSignInAt, user.TwoFactorEnabled },
                streamers = await (from a in db.Assignments join s in db.Streamers on a.BroadcasterUserId equals s.BroadcasterUserId where a.UserId == id select new { s.Slug, a.AssignedAt, a.ManagesEvents, a.ManagesChat }).ToListAsync(ct),
                favourites = await (from f in db.Set<Favourite>() join s in db.Streamers on f.BroadcasterUserId equals s.BroadcasterUserId where f.UserId == id select new { s.Slug, f.MarkedAt }).ToListAsync(ct),
                groups = groups.All.Where(g => g.OwnerId == id).Select(g => new { g.Name, streamers = g.Members.Select(board.Snapshot.Find).Select(r => r?.Slug).OfType<string>() }),
                streamersByGroup = await (from a in db.Set<GroupAssignment>() join g in db.Set<StreamerGroup>() on a.GroupId equals g.Id where a.UserId == id select new { g.Name, a.AssignedAt, a.ManagesEvents, a.ManagesChat }).ToListAsync(ct),
                linkedAccounts = linked.Select(l => new { l.Provider, l.ExternalId, l.ExternalName, scopes = l.GrantedScopes, l.LinkedAt, l.RefreshedAt, l.State }),
                linkHistory = (await links.EventsOfAsync(id, Most, ct)).Select(e => new { e.At, e.Kind, e.Provider, e.ExternalId, e.Detail }),
                signIns = (await sessions.RecentAsync(id, Most, ct)).Select(s => new { s.At, s.Outcome, s.Address, s.Agent, s.LastSeenAt, s.EndedAt }),
                passkeys = (await users.GetPasskeysAsync(user)).Select(p => new { p.Name, p.CreatedAt, isBackedUp = p.IsBackedUp }),
                picture = await pictures.FindAsync(id, ct) is { } picture ? new { picture.ContentType, picture.Bytes, picture.ChangedAt } : null,
                apiTokens = tokens.Select(t => new { t.Name, beginsWith = t.Prefix, t.CreatedAt, t.LastUsedAt, t.ExpiresAt, t.RevokedAt, scopes = t.AllowedScopes }),
                audit = await AuditOfAsync(db, id, [id.ToString(), .. linked.Select(l => l.Id.ToString()), .. tokens.Select(t => t.Id.ToString())], ct),
            }, Readable);
    }

    /// <summary>What they did, and what was done to what is theirs: by whom and to which other person is not theirs to know.</summary>
    private static async Task<IEnumerable<object>> AuditOfAsync(KickMonitorDb db, Guid id, string[] theirs, CancellationToken ct)
    {
        var rows = await db.Set<AuditRow>().AsNoTracking().Where(a => a.ActorId == id || theirs.Contains(a.SubjectId)).OrderByDescending(a => a.Id).Take(Most).ToListAsync(ct);
        return rows.Select(a => new
        {
            a.At,
            what = a.Verb,
            subject = theirs.Contains(a.SubjectId) || !a.Verb.StartsWith("user.", StringComparison.Ordinal) ? a.Subject : null,
            byYou = a.ActorId == id,
            via = a.ActorId == id ? a.Via : null,
            address = a.ActorId == id ? a.Address : null,
        });
    }
}
