using System.Security.Cryptography;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

/// <summary>Keeps authenticator keys and recovery codes encrypted, so that a stolen database opens no account.</summary>
public sealed class SealedUserStore(KickMonitorDb db, IDataProtectionProvider protection, IdentityErrorDescriber describer)
    : UserOnlyStore<User, KickMonitorDb, Guid>(db, describer)
{
    /// <summary>As Identity calls them.</summary>
    internal const string AuthenticatorKey = "AuthenticatorKey";

    /// <inheritdoc cref="AuthenticatorKey"/>
    internal const string RecoveryCodes = "RecoveryCodes";

    private const string Provider = "[AspNetUserStore]";

    public override Task SetAuthenticatorKeyAsync(User user, string key, CancellationToken cancellationToken) => SealAsync(user, AuthenticatorKey, key, cancellationToken);

    public override Task<string?> GetAuthenticatorKeyAsync(User user, CancellationToken cancellationToken) => UnsealAsync(user, AuthenticatorKey, cancellationToken);

    public override Task ReplaceCodesAsync(User user, IEnumerable<string> recoveryCodes, CancellationToken cancellationToken) =>
        SealAsync(user, RecoveryCodes, string.Join(';', recoveryCodes), cancellationToken);

    public override async Task<bool> RedeemCodeAsync(User user, string code, CancellationToken cancellationToken)
    {
        var codes = await CodesAsync(user, cancellationToken);
        bool isOne = codes.RemoveAll(c => string.Equals(c, code.Trim(), StringComparison.OrdinalIgnoreCase)) > 0;
        if (isOne)
        {
            await ReplaceCodesAsync(user, codes, cancellationToken);
        }

        return isOne;
    }

    public override async Task<int> CountCodesAsync(User user, CancellationToken cancellationToken) => (await CodesAsync(user, cancellationToken)).Count;

    internal static IDataProtector ProtectorOf(IDataProtectionProvider protection, Guid userId, string name) => protection.CreateProtector("KickMonitor.Accounts", name, userId.ToString());

    private async Task<List<string>> CodesAsync(User user, CancellationToken ct) =>
        [.. (await UnsealAsync(user, RecoveryCodes, ct) ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries)];

    private Task SealAsync(User user, string name, string value, CancellationToken ct) => SetTokenAsync(user, Provider, name, ProtectorOf(protection, user.Id, name).Protect(value), ct);

    private async Task<string?> UnsealAsync(User user, string name, CancellationToken ct)
    {
        try
        {
            return await GetTokenAsync(user, Provider, name, ct) is { } box ? ProtectorOf(protection, user.Id, name).Unprotect(box) : null;
        }
        catch (CryptographicException)
        {
            // Made under keys that are gone: nobody can prove anything with it.
            return null;
        }
    }
}
