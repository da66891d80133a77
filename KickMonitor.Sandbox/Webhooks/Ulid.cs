using System.Security.Cryptography;

namespace KickMonitor.Sandbox;

/// <summary>Ids as Kick makes them: 48 bits of time, 80 of chance.</summary>
internal static class Ulid
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string New(DateTimeOffset at) => string.Create(26, at.ToUnixTimeMilliseconds(), (text, ms) =>
    {
        for (var i = 9; i >= 0; i--, ms >>= 5)
        {
            text[i] = Alphabet[(int)(ms & 31)];
        }

        for (var i = 10; i < 26; i++)
        {
            text[i] = Alphabet[RandomNumberGenerator.GetInt32(32)];
        }
    });
}
