using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Api;

/// <summary>Each token, and each person who comes by cookie, has a budget of its own: 100 requests a second, 200 at once.</summary>
public sealed class ApiLimit : IDisposable
{
    private const int Burst = 200;
    private const int EachTenth = 10;

    private readonly PartitionedRateLimiter<ClaimsPrincipal> _limiter = PartitionedRateLimiter.Create<ClaimsPrincipal, string>(person =>
        KeyOf(person) is { } key
            ? RateLimitPartition.GetTokenBucketLimiter(key, static _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst,
                TokensPerPeriod = EachTenth,
                ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
                QueueLimit = 0,
            })
            : RateLimitPartition.GetNoLimiter(string.Empty));

    /// <summary>Takes one request from the person's budget.</summary>
    /// <returns>Null if the request may pass, else the whole seconds to wait.</returns>
    public int? SecondsToWait(ClaimsPrincipal person)
    {
        using var lease = _limiter.AttemptAcquire(person);
        if (lease.IsAcquired)
        {
            return null;
        }

        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>Null for nobody, who is turned away elsewhere.</summary>
    internal static string? KeyOf(ClaimsPrincipal person) =>
        person.FindFirstValue(TokenSignIn.TokenIdClaim) is { } token ? "token " + token
        : person.UserId() is { } id ? string.Create(CultureInfo.InvariantCulture, $"person {id}")
        : null;
}
