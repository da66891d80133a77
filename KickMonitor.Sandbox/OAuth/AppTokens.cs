using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace KickMonitor.Sandbox;

/// <summary>The app tokens in circulation.</summary>
public sealed class AppTokens(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(60);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new(StringComparer.Ordinal);

    public string Issue()
    {
        var token = RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 48);
        _expiries[token] = time.GetUtcNow() + Lifetime;
        return token;
    }

    public bool IsValid(string token) => ExpiryOf(token) is not null;

    /// <summary>Null for a token that is unknown, revoked or expired.</summary>
    public DateTimeOffset? ExpiryOf(string token) =>
        _expiries.TryGetValue(token, out var expiry) && expiry > time.GetUtcNow() ? expiry : null;

    public void Revoke(string token) => _expiries.TryRemove(token, out _);

    public void RevokeAll() => _expiries.Clear();
}
