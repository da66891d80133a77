using System.Security.Cryptography;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Configuration;

internal sealed class SealedSettings(SettingCatalog catalog) : SealedRows
{
    public override async Task<Resealed> ResealAsync(KickMonitorDb db, IDataProtectionProvider old, IDataProtectionProvider fresh, CancellationToken ct)
    {
        var (values, unreadable) = (0, 0);
        foreach (string key in catalog.All.Where(d => d.IsSecret).Select(d => d.Key))
        {
            var (from, to) = (SecretSettings.ProtectorOf(old, key), SecretSettings.ProtectorOf(fresh, key));
            foreach (var setting in await db.Settings.Where(s => s.Key == key).ToListAsync(ct))
            {
                setting.Value = Moved(setting.Value)!;
            }

            foreach (var change in await db.Set<SettingChange>().AsNoTracking().Where(c => c.Key == key).ToListAsync(ct))
            {
                var (before, after) = (Moved(change.Before), Moved(change.After));
                await db.Set<SettingChange>().Where(c => c.Id == change.Id).ExecuteUpdateAsync(set => set.SetProperty(c => c.Before, before).SetProperty(c => c.After, after), ct);
            }

            string? Moved(string? box)
            {
                try
                {
                    string? moved = box is null ? null : to.Protect(from.Unprotect(box));
                    values += box is null ? 0 : 1;
                    return moved;
                }
                catch (Exception e) when (e is CryptographicException or FormatException)
                {
                    unreadable++;
                    return box;
                }
            }
        }

        await db.SaveChangesAsync(ct);
        return new Resealed(values, unreadable);
    }
}
