using Microsoft.AspNetCore.DataProtection;

namespace KickMonitor.Domain.Storage;

/// <param name="Unreadable">Those that no key here opens; they are left as they are.</param>
public sealed record Resealed(int Values, int Unreadable)
{
    public static Resealed operator +(Resealed a, Resealed b) => new(a.Values + b.Values, a.Unreadable + b.Unreadable);
}

/// <summary>A feature's secrets in the database, which are encrypted under the key ring.</summary>
public abstract class SealedRows
{
    /// <summary>Puts all of them under another ring, in the transaction that the context has open.</summary>
    public abstract Task<Resealed> ResealAsync(KickMonitorDb db, IDataProtectionProvider old, IDataProtectionProvider fresh, CancellationToken ct);
}
