using System.Security.Claims;
using KickMonitor.Domain.Accounts;

namespace KickMonitor.Web.Accounts;

/// <summary>What makes an Admin or opens an Admin's account takes more than a session that was left open somewhere.</summary>
public static class FreshSignIn
{
    private static readonly TimeSpan Within = TimeSpan.FromHours(1);

    /// <summary>Whether the person signed in lately, or has just given their password for something else.</summary>
    public static Task<bool> IsFreshAsync(this Sessions sessions, ClaimsPrincipal person, CancellationToken ct) =>
        sessions.IsYoungerAsync(person.SessionId() ?? Guid.Empty, Within, ct);
}
