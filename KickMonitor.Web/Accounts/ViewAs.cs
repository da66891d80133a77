using System.Globalization;
using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Lets an Admin see the pages as somebody else does, to help them. A second cookie beside the Admin's own names whom; with it the
/// request has the other's identity and the Admin's session, and changes nothing whatever is asked.
/// </summary>
public sealed class ViewAs(IDataProtectionProvider protection, People people, Rights rights, IConfiguration settings)
{
    /// <summary>The claim that names the Admin behind it.</summary>
    public const string Claim = "viewer";

    /// <summary>The same by name.</summary>
    public const string NameClaim = "viewer name";

    private const string UntilClaim = "viewer until";

    public const string StopPath = "/view/stop";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);
    private readonly string _cookie = HostCookies.NameOf("kickmonitor.view", settings);
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("KickMonitor.Accounts", "view as").ToTimeLimitedDataProtector();

    public static bool IsViewing(ClaimsPrincipal person) => person.HasClaim(c => c.Type == Claim);

    /// <summary>When the view ends, wherever it is open; null: it is none.</summary>
    public static DateTimeOffset? EndOf(ClaimsPrincipal person) =>
        long.TryParse(person.FindFirstValue(UntilClaim), CultureInfo.InvariantCulture, out long seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>What says of a principal that an Admin is behind it, until when.</summary>
    public static IEnumerable<Claim> ClaimsOf(ClaimsPrincipal admin, DateTimeOffset until) =>
    [
        new Claim(Sessions.Claim, admin.FindFirstValue(Sessions.Claim) ?? string.Empty),
        new Claim(Claim, admin.FindFirstValue(ClaimTypes.NameIdentifier)!),
        new Claim(NameClaim, admin.Identity?.Name ?? string.Empty),
        new Claim(UntilClaim, until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/admin/users/{id:guid}/view", StartAsync).RequireAuthorization(Access.Admin).ExcludeFromDescription();
        app.MapPost(StopPath, StopAsync).ExcludeFromDescription();
    }

    /// <summary>Puts the other in the Admin's place, if the Admin's browser asks for that.</summary>
    public async Task ApplyAsync(CookieValidatePrincipalContext context)
    {
        if (context.HttpContext.Request.Cookies[_cookie] is not { } box || context.Principal is not { } admin
            || rights.Of(admin) is not { IsAdmin: true } || Open(box, admin) is not (var target, var until))
        {
            return;
        }

        await using var scope = context.HttpContext.RequestServices.CreateAsyncScope();
        if (await people.FindAsync(target, context.HttpContext.RequestAborted) is not { IsDisabled: false } person)
        {
            return;
        }

        var seen = await scope.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<User>>().CreateAsync(person);
        ((ClaimsIdentity)seen.Identity!).AddClaims(ClaimsOf(admin, until));
        context.ReplacePrincipal(seen);
    }

    /// <summary>The session that the view belongs to is over, or the Admin has seen enough.</summary>
    public void Forget(HttpContext context)
    {
        if (context.Request.Cookies.ContainsKey(_cookie))
        {
            context.Response.Cookies.Delete(_cookie, Options(null));
        }
    }

    private static async Task<IResult> StartAsync(Guid id, HttpContext context, IAntiforgery antiforgery, ViewAs view, People people, Audit audit)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.BadRequest();
        }

        if (await people.FindAsync(id, context.RequestAborted) is not { IsDisabled: false } person)
        {
            return Results.NotFound();
        }

        await audit.WriteAsync(AuditEntry.OfUser("user.view_started", person), context.RequestAborted);
        string text = string.Create(CultureInfo.InvariantCulture, $"{context.User.SessionId()} {person.Id}");
        context.Response.Cookies.Append(view._cookie, view._protector.Protect(text, Longest), view.Options(Longest));
        return Results.LocalRedirect("/");
    }

    private static async Task<IResult> StopAsync(HttpContext context, IAntiforgery antiforgery, ViewAs view, Audit audit)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.BadRequest();
        }

        string back = "/";
        if (IsViewing(context.User) && context.User.UserId() is { } seen)
        {
            Actor.Current = new Actor(Guid.Parse(context.User.FindFirstValue(Claim)!), context.User.FindFirstValue(NameClaim), "browser", Actor.Current.Address);
            await audit.WriteAsync(new AuditEntry("user.view_ended", seen.ToString(), context.User.Identity?.Name ?? seen.ToString()), context.RequestAborted);
            back = $"/admin/users/{seen}";
        }

        view.Forget(context);
        return Results.LocalRedirect(back);
    }

    private CookieOptions Options(TimeSpan? life) => HostCookies.Options(SameSiteMode.Strict, settings, life);

    /// <returns>Whom this browser views as, and until when; null if the cookie is old, or another session's.</returns>
    private (Guid Target, DateTimeOffset Until)? Open(string box, ClaimsPrincipal admin)
    {
        try
        {
            return _protector.Unprotect(box, out var until).Split(' ') is [var session, var target] && session == admin.SessionId()?.ToString() && Guid.TryParse(target, out var id) ? (id, until) : null;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }
}
