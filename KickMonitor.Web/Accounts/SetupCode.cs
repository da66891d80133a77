using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Web.Accounts;

/// <summary>Proves to the set-up page that whoever opens it can read the server's log. The same on all nodes.</summary>
public sealed class SetupCode(MasterKey masterKey)
{
    public string Value { get; } = Format(masterKey.Derive("set-up code"));

    public bool Matches(string? typed) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Value), Encoding.UTF8.GetBytes((typed ?? string.Empty).Trim().ToUpperInvariant()));

    private static string Format(byte[] bytes)
    {
        string text = Convert.ToHexString(bytes);
        return $"{text[..4]}-{text[4..8]}-{text[8..12]}-{text[12..16]}";
    }
}
