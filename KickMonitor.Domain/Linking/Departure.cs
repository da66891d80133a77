using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

/// <summary>A person leaves: the account goes with everything that is theirs, and providers are told that their grants are over.</summary>
public sealed class Departure(IDbContextFactory<KickMonitorDb> databases, People people, Links links, Revocations revocations, TimeProvider time)
{
    public async Task<ChangeUser> LeaveAsync(Guid userId, CancellationToken ct)
    {
        var grants = (await links.OfAsync(userId, ct)).SelectMany(link => revocations.Of(link, time.GetUtcNow())).ToList();
        var outcome = await people.DeleteAsync(userId, ct);
        if (outcome == ChangeUser.Done)
        {
            await using (var db = await databases.CreateDbContextAsync(ct))
            {
                await db.LinkEvents.Where(e => e.UserId == userId).ExecuteDeleteAsync(ct);
                db.PendingRevocations.AddRange(grants);
                await db.SaveChangesAsync(ct);
            }

            await revocations.RunAsync(ct);
        }

        return outcome;
    }
}
