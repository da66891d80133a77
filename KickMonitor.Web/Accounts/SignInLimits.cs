using System.Collections.Concurrent;
using System.Net;

namespace KickMonitor.Web.Accounts;

/// <summary>
/// Counts failed sign-ins by address, so that one machine cannot try passwords on many accounts. A try is counted before it is
/// looked at, and given back when it was right.
/// </summary>
public sealed class SignInLimits(TimeProvider time)
{
    private const int Most = 50;
    private const int Remembered = 50_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<string, Failures> _byAddress = new(StringComparer.Ordinal);

    /// <summary>Whether the address has tries left; costs none.</summary>
    public bool MayTry(IPAddress? address) =>
        !_byAddress.TryGetValue(ClientAddress.Of(address), out var failures) || failures.Since + Window < time.GetUtcNow() || failures.Count < Most;

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
            ClientAddress.Of(address),
            _ => new Failures(1, now),
            (_, known) => known.Since + Window < now ? new Failures(1, now) : known with { Count = known.Count + 1 }).Count <= Most;
    }

    public void GiveBack(IPAddress? address)
    {
        string key = ClientAddress.Of(address);
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

    private sealed record Failures(int Count, DateTimeOffset Since);
}
