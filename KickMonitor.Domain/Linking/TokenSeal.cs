using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace KickMonitor.Domain.Linking;

/// <summary>
/// Encrypts what opens people's accounts (AES-256-GCM, keys of the ring under the master key). A sealed value opens only in the
/// row and for the use that it was sealed for, so it cannot be moved to another.
/// </summary>
public sealed class TokenSeal(IDataProtectionProvider protection)
{
    private readonly IDataProtector _root = protection.CreateProtector("KickMonitor.Linking");

    public byte[] Seal(string secret, string provider, string row, string use) =>
        Protector(provider, row, use).Protect(Encoding.UTF8.GetBytes(secret));

    /// <returns>Null if it was changed, moved, or sealed with keys that are gone.</returns>
    public string? Open(byte[]? box, string provider, string row, string use)
    {
        if (box is null)
        {
            return null;
        }

        try
        {
            return Encoding.UTF8.GetString(Protector(provider, row, use).Unprotect(box));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Protector(string provider, string row, string use) => _root.CreateProtector(provider, row, use);
}

internal static class LinkSeal
{
    private const string Access = "access token";
    private const string Refresh = "refresh token";

    public static void Store(this TokenSeal seal, AccountLink link, TokenPair tokens)
    {
        link.AccessToken = seal.Seal(tokens.Access, link.Provider, link.Id.ToString(), Access);
        if (tokens.Refresh is { } refresh)
        {
            link.RefreshToken = seal.Seal(refresh, link.Provider, link.Id.ToString(), Refresh);
        }
    }

    /// <summary>Puts each of a link's tokens under this seal; one that the old seal does not open stays as it is, and keeps the other from nothing.</summary>
    public static Resealed Reseal(this TokenSeal seal, AccountLink link, TokenSeal old)
    {
        var done = new Resealed(0, 0);
        link.AccessToken = Again(link.AccessToken, Access);
        link.RefreshToken = Again(link.RefreshToken, Refresh);
        return done;

        byte[]? Again(byte[]? box, string use)
        {
            if (box is null || old.Open(box, link.Provider, link.Id.ToString(), use) is not { } token)
            {
                done += new Resealed(0, box is null ? 0 : 1);
                return box;
            }

            done += new Resealed(1, 0);
            return seal.Seal(token, link.Provider, link.Id.ToString(), use);
        }
    }

    public static string? AccessOf(this TokenSeal seal, AccountLink link) => seal.Open(link.AccessToken, link.Provider, link.Id.ToString(), Access);

    public static string? RefreshOf(this TokenSeal seal, AccountLink link) => seal.Open(link.RefreshToken, link.Provider, link.Id.ToString(), Refresh);
}
