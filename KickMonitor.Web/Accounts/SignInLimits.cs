using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Counts failed sign-ins by address, so that one machine cannot try passwords on many accounts. A try is counted before it is
/// looked at, and given back when it was right. An IPv6 customer has a whole /64, so that is what counts as one address.
/// </summary>
public sealed class SignInLimits(TimeProvider time)
{
    private const int Most = 50;
    private const int Remembered = 50_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<string, Failures> _byAddress = new(StringComparer.Ordinal);

    /// <summary>Whether the address has tries left; costs none.</summary>
    public bool MayTry(IPAddress? address) =>
        !_byAddress.TryGetValue(KeyOf(address), out var failures) || failures.Since + Window < time.GetUtcNow() || failures.Count < Most;

    /// <returns>False if the address has none left.</returns>
    public bool Take(IPAddress? address)
    {
        var now = time.GetUtcNow();
        if (_byAddress.Count >= Remembered)
        {
            Forget(now);
        }

        // Counted on past the most, so that of those who come at once exactly the first ones pass.
        return _byAddress.AddOrUpdate(
            KeyOf(address),
            _ => new Failures(1, now),
            (_, known) => known.Since + Window < now ? new Failures(1, now) : known with { Count = known.Count + 1 }).Count <= Most;
    }

    public void GiveBack(IPAddress? address)
    {
        string key = KeyOf(address);
        while (_byAddress.TryGetValue(key, out var known) && !_byAddress.TryUpdate(key, known with { Count = Math.Max(0, known.Count - 1) }, known))
        {
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (key, failures) in _byAddress)
        {
            if (failures.Since + Window < now)
            {
                _byAddress.TryRemove(key, out _);
            }
        }
    }

    private static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return string.Empty;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private sealed record Failures(int Count, DateTimeOffset Since);
}
