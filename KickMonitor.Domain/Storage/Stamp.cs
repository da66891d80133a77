using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Domain.Storage;

/// <summary>A short text that is another one with every change of what it stands for; whoever changes a thing names the one they saw.</summary>
public static class Stamp
{
    public static string Of(params ReadOnlySpan<string> parts) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))), 0, 16);
}
