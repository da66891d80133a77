using System.Security.Cryptography;

namespace KickMonitor.Domain.Accounts;

/// <summary>Passwords that can be read out: 100 bits, no letters that look alike, in groups of five.</summary>
public static class GeneratedPassword
{
    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789A";

    public static string Next() => string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(Letters, 5)));
}
