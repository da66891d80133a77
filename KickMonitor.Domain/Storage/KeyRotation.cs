using System.Xml.Linq;
using KickMonitor.Domain.Accounts;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Storage;

/// <summary>
/// Puts the key ring under a new master key, and begins a new ring key, which what is encrypted from then on uses. Old ring keys
/// stay, so that everything that is encrypted already can be read.
/// </summary>
public sealed class KeyRotation(IDbContextFactory<KickMonitorDb> databases, IKeyManager keys, Audit audit, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(90);

    /// <summary>Nodes look for new keys once a day, so it is used only when all of them know it.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(2);

    public enum Outcome
    {
        Rotated,

        /// <summary>The database was begun with another key than the old one.</summary>
        OtherKey,
    }

    /// <summary>Where the new key waits until the database has it.</summary>
    public static string DraftOf(string file) => file + ".next";

    /// <param name="file">Holds the new key afterwards. One that stands there already is taken, unless it is the old one.</param>
    public async Task<Outcome> RotateAsync(MasterKey old, string file, CancellationToken ct)
    {
        // Until the database has the new key, its file stands beside the old one's; a rotation that was cut off goes on with it.
        string draft = DraftOf(file);
        bool isGiven = File.Exists(file) && MasterKey.Read(file).Fingerprint != old.Fingerprint;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            if (!isGiven && !File.Exists(draft) && await db.Settings.AnyAsync(s => s.Key == KeyCheck.Key && s.Value != old.Fingerprint, ct))
            {
                return Outcome.OtherKey;
            }
        }

        var fresh = isGiven ? MasterKey.Read(file) : MasterKey.ReadOrCreate(draft);
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            if (await db.Settings.AnyAsync(s => s.Key == KeyCheck.Key && s.Value == old.Fingerprint, ct))
            {
                // While the ring is still under the key that this process knows.
                var now = time.GetUtcNow();
                keys.CreateNewKey(now + Notice, now + Notice + Life);
            }

            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await db.Database.ExecuteSqlAsync($"LOCK TABLE data_protection_keys IN EXCLUSIVE MODE", ct);
            var fingerprint = await db.Settings.FromSql($"SELECT * FROM settings WHERE key = {KeyCheck.Key} FOR UPDATE").ToListAsync(ct);
            if (fingerprint is [var known] && known.Value != old.Fingerprint && known.Value != fresh.Fingerprint)
            {
                return Outcome.OtherKey;
            }

            if (fingerprint is not [var done] || done.Value != fresh.Fingerprint)
            {
                foreach (var key in await db.DataProtectionKeys.AsNoTracking().ToListAsync(ct))
                {
                    string xml = Rewrapped(key.Xml, old, fresh);
                    await db.DataProtectionKeys.Where(k => k.Id == key.Id).ExecuteUpdateAsync(set => set.SetProperty(k => k.Xml, xml), ct);
                }

                await db.Database.ExecuteSqlAsync(
                    $"INSERT INTO settings (key, value, changed_at) VALUES ({KeyCheck.Key}, {fresh.Fingerprint}, {time.GetUtcNow()}) ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at", ct);
                await audit.WriteAsync(db, new AuditEntry("key.rotated", "master", "master key", new { old.Fingerprint }, new { fresh.Fingerprint }), ct);
                await transaction.CommitAsync(ct);
            }
        }

        if (!isGiven)
        {
            File.Move(draft, file, overwrite: true);
        }

        return Outcome.Rotated;
    }

    private static string Rewrapped(string xml, MasterKey old, MasterKey fresh)
    {
        var element = XElement.Parse(xml);
        foreach (var box in element.Descendants(KeyBox.Element))
        {
            box.Value = Convert.ToBase64String(fresh.Encrypt(old.Decrypt(Convert.FromBase64String(box.Value), KeyBox.Purpose), KeyBox.Purpose));
        }

        return element.ToString(SaveOptions.DisableFormatting);
    }
}
