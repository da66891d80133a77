using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

/// <summary>
/// A person leaves: in one transaction the account goes with everything that is theirs, and what their accounts at providers had
/// granted is written down to be revoked.
/// </summary>
public sealed class Departure(People people, ChannelClaims claims, Revocations revocations, TimeProvider time)
{
    /// <param name="isAsSeen">Whether the account's concurrency stamp is the one that was seen; null: it does not matter.</param>
    public async Task<ChangeUser> LeaveAsync(Guid userId, CancellationToken ct, Func<string?, bool>? isAsSeen = null)
    {
        var ended = new List<PendingRevocation>();
        var outcome = await people.DeleteAsync(userId, EndLinksAsync, ct, AwaitRefreshAsync, isAsSeen);
        if (outcome == ChangeUser.Done)
        {
            // The log has just forgotten who this is, and does not learn it again by what follows.
            Actor.Current = Actor.Current.UserId == userId ? Actor.System : Actor.Current;
            await claims.ReleasedAsync(ct);
            await revocations.RunAsync(ended.ConvertAll(r => r.Id), ct);
        }

        return outcome;

        // So that it is the newest tokens that are revoked.
        async Task AwaitRefreshAsync(KickMonitorDb db)
        {
            db.Database.SetCommandTimeout(TokenVault.RowPatience);
            await db.Database.ExecuteSqlAsync($"SELECT FROM account_links WHERE user_id = {userId} ORDER BY id FOR UPDATE", ct);
        }

        async Task EndLinksAsync(KickMonitorDb db)
        {
            // What was linked since it began is here too.
            var links = await db.AccountLinks.FromSql($"SELECT * FROM account_links WHERE user_id = {userId} ORDER BY id FOR UPDATE").AsNoTracking().ToListAsync(ct);
            ended.AddRange(links.SelectMany(link => revocations.Of(link, time.GetUtcNow())));
            db.PendingRevocations.AddRange(ended);
            await db.SaveChangesAsync(ct);
            await db.LinkEvents.Where(e => e.UserId == userId).ExecuteDeleteAsync(ct);
        }
    }
}
