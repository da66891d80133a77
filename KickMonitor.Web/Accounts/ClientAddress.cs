using System.Net;
using System.Net.Sockets;

namespace KickMonitor.Web.Accounts;

internal static class ClientAddress
{
    /// <summary>What counts as one client. A customer of IPv6 has a whole /64, so that is what counts as one address.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
        {
            return string.Empty;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
