using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Sandbox;

/// <summary>The key pair whose signatures say that Kick sent something.</summary>
public sealed class Signing : IDisposable
{
    private volatile RSA _key = RSA.Create(2048);

    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>Kick takes another key, and publishes that one from now on.</summary>
    public void Rotate() => _key = RSA.Create(2048);

    /// <summary>Signs id, timestamp and body exactly as they go out, in base64.</summary>
    public string Sign(string messageId, string timestamp, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{messageId}.{timestamp}."), .. body];
        return Convert.ToBase64String(_key.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public void Dispose() => _key.Dispose();
}
