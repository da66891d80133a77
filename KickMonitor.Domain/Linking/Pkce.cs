using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Domain.Linking;

/// <summary>Random texts for OAuth, and what may be shown of them.</summary>
public static class Pkce
{
    /// <summary>256 random bits in 43 URL-safe characters: a verifier, a state, a browser's secret.</summary>
    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The S256 challenge of RFC 7636.</summary>
    public static string Challenge(string verifier) => Base64Url.EncodeToString(Hash(verifier));

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
