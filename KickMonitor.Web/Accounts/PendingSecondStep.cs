using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Carries through a form that the person gave their password before they were shown an authenticator key, and for which key. Without
/// it a borrowed session could confirm a key that lies about, and lock the owner out.
/// </summary>
public sealed class PendingSecondStep(IDataProtectionProvider protection)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("KickMonitor.Accounts", "pending second step").ToTimeLimitedDataProtector();

    public string Prove(Guid userId, string key) => _protector.Protect(TextOf(userId, key), Life);

    public bool IsProven(string? proof, Guid userId, string? key)
    {
        try
        {
            return proof is { Length: > 0 and < 2000 } && key is not null && _protector.Unprotect(proof) == TextOf(userId, key);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static string TextOf(Guid userId, string key) => $"{userId} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
}
