using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Web.Pictures;

/// <summary>Where pictures may come from: Kick's own hosts, and the stand-in when Kick's addresses point at one.</summary>
public sealed class PictureHosts(KickOptions kick)
{
    // The last two keep the pictures of people who never chose one, and those of Twitch.
    private static readonly FrozenSet<string> Known =
        new[] { "files.kick.com", "images.kick.com", "kick.com", "dbxmjjzl5pc1g.cloudfront.net", "static-cdn.jtvnw.net" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private IEnumerable<Uri> StandIns => new[] { kick.SiteBaseUrl, kick.ApiBaseUrl }.Select(a => new Uri(a)).Where(a => !IsKick(a.Host));

    /// <summary>An address that may be asked for a picture.</summary>
    /// <returns>Null for everything else.</returns>
    public Uri? Allowed(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.UserInfo.Length == 0
            && (IsStandIn(uri) || (Known.Contains(uri.Host) && uri.IsDefaultPort)) ? uri : null;

    /// <summary>The stand-in runs where the operator says, which is usually this machine.</summary>
    public bool MayBePrivate(Uri address) => IsStandIn(address);

    /// <summary>Addresses that no public picture can have: this machine, its network, and what is set aside.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        byte[] b = address.GetAddressBytes();
        if (address.AddressFamily != AddressFamily.InterNetwork)
        {
            // Public addresses begin with 001; among them are tunnels, which can lead anywhere, and examples.
            return (b[0] & 0xE0) != 0x20 || (b[0], b[1]) is (0x20, 0x02) || ((b[0], b[1]) is (0x20, 0x01) && (b[2] < 2 || (b[2], b[3]) is (0x0D, 0xB8)));
        }

        return b[0] is 0 or 10 or 127 or >= 224
            || (b[0], b[1]) is (169, 254) or (192, 168) or (198, 18) or (198, 19)
            || (b[0] == 100 && b[1] is >= 64 and < 128)
            || (b[0] == 172 && b[1] is >= 16 and < 32)
            || (b[0], b[1], b[2]) is (192, 0, 0) or (192, 0, 2) or (198, 51, 100) or (203, 0, 113);
    }

    private static bool IsKick(string host) =>
        host.Equals("kick.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".kick.com", StringComparison.OrdinalIgnoreCase);

    private bool IsStandIn(Uri uri) =>
        StandIns.Any(s => s.Port == uri.Port && s.Scheme == uri.Scheme && s.Host.Equals(uri.Host, StringComparison.OrdinalIgnoreCase));
}
