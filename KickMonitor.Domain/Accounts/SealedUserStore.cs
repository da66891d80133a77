using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

/// <summary>Keeps authenticator keys encrypted and recovery codes as hashes, so that a stolen database opens no account.</summary>
public sealed class SealedUserStore(KickMonitorDb db, IDataProtectionProvider protection, IdentityErrorDescriber describer)
    : UserOnlyStore<User, KickMonitorDb, Guid>(db, describer)
{
    public override Task SetAuthenticatorKeyAsync(User user, string key, CancellationToken cancellationToken) =>
        base.SetAuthenticatorKeyAsync(user, Protector(user).Protect(key), cancellationToken);

    public override async Task<string?> GetAuthenticatorKeyAsync(User user, CancellationToken cancellationToken)
    {
        try
        {
            return await base.GetAuthenticatorKeyAsync(user, cancellationToken) is { } box ? Protector(user).Unprotect(box) : null;
        }
        catch (CryptographicException)
        {
            // Made under keys that are gone: nobody can prove anything with it.
            return null;
        }
    }

    public override Task ReplaceCodesAsync(User user, IEnumerable<string> recoveryCodes, CancellationToken cancellationToken) =>
        base.ReplaceCodesAsync(user, recoveryCodes.Select(HashOf), cancellationToken);

    public override Task<bool> RedeemCodeAsync(User user, string code, CancellationToken cancellationToken) =>
        base.RedeemCodeAsync(user, HashOf(code), cancellationToken);

    internal static IDataProtector ProtectorOf(IDataProtectionProvider protection, Guid userId) => protection.CreateProtector("KickMonitor.Accounts", "authenticator key", userId.ToString());

    private IDataProtector Protector(User user) => ProtectorOf(protection, user.Id);

    private static string HashOf(string code) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(code.Trim().ToUpperInvariant())));
}
