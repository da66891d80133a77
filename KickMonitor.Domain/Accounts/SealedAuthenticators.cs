using System.Security.Cryptography;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

internal sealed class SealedAuthenticators : SealedRows
{
    private static readonly string[] Names = [SealedUserStore.AuthenticatorKey, SealedUserStore.RecoveryCodes];

    public override async Task<Resealed> ResealAsync(KickMonitorDb db, IDataProtectionProvider old, IDataProtectionProvider fresh, CancellationToken ct)
    {
        var (values, unreadable) = (0, 0);
        foreach (var token in await db.Set<IdentityUserToken<Guid>>().Where(t => Names.Contains(t.Name) && t.Value != null).ToListAsync(ct))
        {
            try
            {
                token.Value = SealedUserStore.ProtectorOf(fresh, token.UserId, token.Name).Protect(SealedUserStore.ProtectorOf(old, token.UserId, token.Name).Unprotect(token.Value!));
                values++;
            }
            catch (CryptographicException)
            {
                unreadable++;
            }
        }

        await db.SaveChangesAsync(ct);
        return new Resealed(values, unreadable);
    }
}
