using System.Threading.RateLimiting;
using KickMonitor.Web.Accounts;

namespace KickMonitor.Web.Linking;

/// <summary>Bounds how often a person, or an address that nobody is signed in at, knocks at providers' doors through us.</summary>
public sealed class ConnectLimit : IDisposable
{
    public const int AMinute = 60;

    private readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetFixedWindowLimiter(
        context.User.UserId()?.ToString() ?? ClientAddress.Of(context.Connection.RemoteIpAddress),
        static _ => new FixedWindowRateLimiterOptions { PermitLimit = AMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));

    public bool MayPass(HttpContext context)
    {
        using var lease = _limiter.AttemptAcquire(context);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
