using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

internal sealed class SealedTokens : SealedRows
{
    public override async Task<Resealed> ResealAsync(KickMonitorDb db, IDataProtectionProvider old, IDataProtectionProvider fresh, CancellationToken ct)
    {
        var (from, to) = (new TokenSeal(old), new TokenSeal(fresh));
        var done = new Resealed(0, 0);
        foreach (var link in await db.AccountLinks.Where(l => l.AccessToken != null || l.RefreshToken != null).ToListAsync(ct))
        {
            done += to.Reseal(link, from);
        }

        await db.SaveChangesAsync(ct);
        foreach (var revocation in await db.PendingRevocations.AsNoTracking().ToListAsync(ct))
        {
            if (Revocations.Open(from, revocation) is { } token)
            {
                byte[] box = Revocations.Seal(to, revocation, token);
                done += new Resealed(await db.PendingRevocations.Where(r => r.Id == revocation.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.Token, box), ct), 0);
            }
            else
            {
                done += new Resealed(0, 1);
            }
        }

        // Whoever is on the way to a provider begins anew; every session ends anyway.
        await db.LinkAttempts.ExecuteDeleteAsync(ct);
        return done;
    }
}
