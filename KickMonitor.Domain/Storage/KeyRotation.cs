using System.Xml.Linq;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Storage;

public abstract record RotateKeys
{
    public sealed record Rotated(Resealed Secrets, int Sessions) : RotateKeys;

    /// <summary>The database has the new key already; what was left to do is done.</summary>
    public sealed record Finished : RotateKeys;

    /// <summary>The database was begun with another key than the old one.</summary>
    public sealed record OtherKey : RotateKeys;

    /// <summary>So many values are not opened by the old key, and would never be opened again.</summary>
    public sealed record WouldLose(int Values) : RotateKeys;

    /// <summary>Nodes that know the old keys only would go on to write with them.</summary>
    public sealed record StillRunning(IReadOnlyList<string> Nodes) : RotateKeys;
}

/// <summary>
/// Replaces the master key and the whole key ring under it. Every secret in the database is sealed anew, and the old ring is deleted,
/// so that whoever has the old master key and an old copy of the ring opens nothing and forges no cookie: every session ends. The
/// database takes it all or nothing.
/// </summary>
public sealed class KeyRotation(IDbContextFactory<KickMonitorDb> databases, IDataProtectionProvider protection, IEnumerable<SealedRows> features, Audit audit, TimeProvider time)
{
    /// <summary>Where the new key waits until the database has it.</summary>
    public static string DraftOf(string file) => file + ".next";

    /// <param name="file">Holds the new key afterwards. One that stands there already is taken, unless it is the old one.</param>
    /// <param name="losesUnreadable">Goes on although the old key does not open everything: what it does not open is lost.</param>
    public async Task<RotateKeys> RotateAsync(MasterKey old, string file, CancellationToken ct, bool losesUnreadable = false)
    {
        // Until the database has the new key, its file stands beside the old one's; a rotation that was cut off goes on with it.
        string draft = DraftOf(file);
        bool isGiven = File.Exists(file) && MasterKey.Read(file).Fingerprint != old.Fingerprint;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            if (!isGiven && !File.Exists(draft) && await db.Settings.AnyAsync(s => s.Key == KeyCheck.Key && s.Value != old.Fingerprint, ct))
            {
                return new RotateKeys.OtherKey();
            }
        }

        var fresh = isGiven ? MasterKey.Read(file) : MasterKey.ReadOrCreate(draft);
        var outcome = await MoveAsync(old, fresh, losesUnreadable, ct);
        if (outcome is RotateKeys.Rotated or RotateKeys.Finished && !isGiven)
        {
            try
            {
                File.Move(draft, file, overwrite: true);
            }
            catch (FileNotFoundException) when (MasterKey.Read(file).Fingerprint == fresh.Fingerprint)
            {
                // Whoever rotated at the same moment has moved it.
            }

            MasterKey.KeepName(file);
        }

        return outcome;
    }

    private async Task<RotateKeys> MoveAsync(MasterKey old, MasterKey fresh, bool losesUnreadable, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        if (await StandsInTheWayAsync(db, old, fresh, ct) is { } done)
        {
            return done;
        }

        // The old ring is read before anybody is locked out of it: it may want to add a key of its own.
        protection.CreateProtector("rotation").Protect("warm");
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"LOCK TABLE data_protection_keys, account_links, pending_revocations, link_attempts, user_tokens, settings, setting_changes IN EXCLUSIVE MODE", ct);

        // Somebody may have rotated while this one waited for the tables.
        if (await StandsInTheWayAsync(db, old, fresh, ct) is { } overtaken)
        {
            return overtaken;
        }

        var alive = time.GetUtcNow() - NodeLog.GoneAfter;
        if (await db.Nodes.Where(n => n.LastSeenAt > alive).Select(n => n.Name).ToListAsync(ct) is { Count: > 0 } running)
        {
            return new RotateKeys.StillRunning(running);
        }

        var ring = new NewRing();
        await using var services = ring.Under(fresh);
        var renewed = services.GetRequiredService<IDataProtectionProvider>();
        renewed.CreateProtector("rotation").Protect("first");
        var secrets = new Resealed(0, 0);
        foreach (var feature in features)
        {
            secrets += await feature.ResealAsync(db, protection, renewed, ct);
        }

        if (secrets.Unreadable > 0 && !losesUnreadable)
        {
            return new RotateKeys.WouldLose(secrets.Unreadable);
        }

        await db.DataProtectionKeys.ExecuteDeleteAsync(ct);
        db.DataProtectionKeys.AddRange(ring.Keys.Select(k => new StoredKey { Name = k.Name, Xml = k.Xml }));
        await db.SaveChangesAsync(ct);
        var now = time.GetUtcNow();
        int sessions = await db.SignIns.Where(s => s.Outcome == SignInOutcome.SignedIn && s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), ct);
        await db.Database.ExecuteSqlAsync(
            $"INSERT INTO settings (key, value, changed_at) VALUES ({KeyCheck.Key}, {fresh.Fingerprint}, {now}) ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at", ct);
        await audit.WriteAsync(db, new AuditEntry("key.rotated", "master", "master key", new { old.Fingerprint }, new { fresh.Fingerprint, secrets = secrets.Values, secrets.Unreadable, sessions }), ct);
        await transaction.CommitAsync(ct);
        return new RotateKeys.Rotated(secrets, sessions);
    }

    private static async Task<RotateKeys?> StandsInTheWayAsync(KickMonitorDb db, MasterKey old, MasterKey fresh, CancellationToken ct)
    {
        string? known = await db.Settings.AsNoTracking().Where(s => s.Key == KeyCheck.Key).Select(s => s.Value).SingleOrDefaultAsync(ct);
        return known == fresh.Fingerprint ? new RotateKeys.Finished() : known is not null && known != old.Fingerprint ? new RotateKeys.OtherKey() : null;
    }

    /// <summary>A ring that begins with no key, in memory until the transaction takes it.</summary>
    private sealed class NewRing : IXmlRepository
    {
        private readonly List<(string Name, string Xml)> _keys = [];

        public IReadOnlyList<(string Name, string Xml)> Keys => _keys;

        public IReadOnlyCollection<XElement> GetAllElements() => [.. _keys.Select(k => XElement.Parse(k.Xml))];

        public void StoreElement(XElement element, string friendlyName) => _keys.Add((friendlyName, element.ToString(SaveOptions.DisableFormatting)));

        public ServiceProvider Under(MasterKey key)
        {
            var services = new ServiceCollection();
            KeyRing.Configure(services, key, _ => this);
            return services.BuildServiceProvider();
        }
    }
}
