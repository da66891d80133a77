using KickMonitor.Domain.Configuration;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Storage;

/// <summary>Refuses a node whose master key is not the one that the database was begun with.</summary>
public sealed class KeyCheck(IDbContextFactory<KickMonitorDb> databases, MasterKey masterKey, TimeProvider time)
{
    internal const string Key = "master-key.fingerprint";

    /// <returns>False if the database belongs to another master key.</returns>
    public async Task<bool> PassesAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await db.Database.ExecuteSqlAsync(
            $"INSERT INTO settings (key, value, changed_at) VALUES ({Key}, {masterKey.Fingerprint}, {time.GetUtcNow()}) ON CONFLICT (key) DO NOTHING", ct);
        return await db.Settings.AnyAsync(s => s.Key == Key && s.Value == masterKey.Fingerprint, ct);
    }
}
