using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Counts failed sign-ins by address, so that one machine cannot try passwords on many accounts. Successes cost nothing.
/// An IPv6 customer has a whole /64, so that is what counts as one address.
/// </summary>
public sealed class SignInLimits(TimeProvider time)
{
    private const int Most = 50;
    private const int Remembered = 50_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<string, Failures> _byAddress = new(StringComparer.Ordinal);

    public bool MayTry(IPAddress? address) =>
        !_byAddress.TryGetValue(KeyOf(address), out var failures) || failures.Since + Window < time.GetUtcNow() || failures.Count < Most;

    public void Failed(IPAddress? address)
    {
        var now = time.GetUtcNow();
        if (_byAddress.Count >= Remembered)
        {
            Forget(now);
        }

        _byAddress.AddOrUpdate(
            KeyOf(address),
            _ => new Failures(1, now),
            (_, known) => known.Since + Window < now ? new Failures(1, now) : known with { Count = known.Count + 1 });
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
