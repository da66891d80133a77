using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

internal sealed class SealedTokens : SealedRows
{
    public override async Task<Resealed> ResealAsync(KickMonitorDb db, IDataProtectionProvider old, IDataProtectionProvider fresh, CancellationToken ct)
    {
        var (from, to) = (new TokenSeal(old), new TokenSeal(fresh));
        var (values, unreadable) = (0, 0);
        foreach (var link in await db.AccountLinks.Where(l => l.AccessToken != null || l.RefreshToken != null).ToListAsync(ct))
        {
            if (from.AccessOf(link) is { } access)
            {
                to.Store(link, new TokenPair(access, from.RefreshOf(link), default, null, default));
                values++;
            }
            else
            {
                unreadable++;
            }
        }

        await db.SaveChangesAsync(ct);
        foreach (var revocation in await db.PendingRevocations.AsNoTracking().ToListAsync(ct))
        {
            if (Revocations.Open(from, revocation) is { } token)
            {
                byte[] box = Revocations.Seal(to, revocation, token);
                values += await db.PendingRevocations.Where(r => r.Id == revocation.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.Token, box), ct);
            }
            else
            {
                unreadable++;
            }
        }

        // Whoever is on the way to a provider begins anew; every session ends anyway.
        await db.LinkAttempts.ExecuteDeleteAsync(ct);
        return new Resealed(values, unreadable);
    }
}
