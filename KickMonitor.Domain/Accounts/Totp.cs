using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

/// <summary>Six digits from an authenticator app (RFC 6238, 30 s, one step of grace either way), each good once.</summary>
public sealed class Totp(IDbContextFactory<KickMonitorDb> databases, TimeProvider time)
{
    private const int Step = 30;
    private const string Owner = "KickMonitor";
    private const string LastStep = "last code";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>What a QR code tells the app.</summary>
    public static string Address(string email, string key) =>
        $"otpauth://totp/KickMonitor:{Uri.EscapeDataString(email)}?secret={key}&issuer=KickMonitor&digits=6";

    /// <param name="key">In base32.</param>
    /// <returns>Whether the code is right and was not used before; it is used up.</returns>
    public async Task<bool> SpendAsync(Guid userId, string? key, string? typed, CancellationToken ct)
    {
        string code = new([.. (typed ?? string.Empty).Where(c => !char.IsWhiteSpace(c) && c != '-')]);
        if (key is null || code.Length != 6 || !code.All(char.IsAsciiDigit))
        {
            return false;
        }

        byte[] secret = FromBase32(key);
        long now = time.GetUtcNow().ToUnixTimeSeconds() / Step;
        long? matching = null;
        for (long step = now - 1; step <= now + 1; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(CodeAt(secret, step)), Encoding.ASCII.GetBytes(code)))
            {
                matching = step;
            }
        }

        return matching is { } found && await IsNewAsync(userId, found, ct);
    }

    public static string CodeAt(string key, DateTimeOffset at) => CodeAt(FromBase32(key), at.ToUnixTimeSeconds() / Step);

    private static string CodeAt(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // Authenticator apps know no other.
        byte[] hash = HMACSHA1.HashData(secret, counter);
#pragma warning restore CA5350
        int number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0xF, 4)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>Of two who bring the same code at the same moment, one is new.</summary>
    private async Task<bool> IsNewAsync(Guid userId, long step, CancellationToken ct)
    {
        string value = step.ToString("D12", CultureInfo.InvariantCulture);
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO user_tokens (user_id, login_provider, name, value) VALUES ({userId}, {Owner}, {LastStep}, {value})
            ON CONFLICT (user_id, login_provider, name) DO UPDATE SET value = excluded.value WHERE user_tokens.value < excluded.value
            """, ct) == 1;
    }

    private static byte[] FromBase32(string text)
    {
        var bytes = new List<byte>(text.Length * 5 / 8);
        int bits = 0;
        int held = 0;
        foreach (char c in text.ToUpperInvariant())
        {
            int value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                continue;
            }

            held = (held << 5) | value;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(held >> bits));
                held &= (1 << bits) - 1;
            }
        }

        return [.. bytes];
    }
}
