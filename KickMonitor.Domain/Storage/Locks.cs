using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace KickMonitor.Domain.Storage;

/// <summary>The advisory locks that nodes share. Any fixed numbers do; they only have to stay the same.</summary>
public static class Locks
{
    public const long Migration = 0x4B4D_0001;

    /// <summary>
    /// Held for the few milliseconds in which versions are drawn and committed, so that a reader who saw version n has seen
    /// everything below n.
    /// </summary>
    public const long Changes = 0x4B4D_0002;

    public const long LastAdmin = 0x4B4D_0003;

    /// <summary>Held while deliveries are stored, so that their ids commit in order.</summary>
    public const long Inbox = 0x4B4D_0004;

    /// <summary>Held while what became of events is numbered and committed.</summary>
    public const long Events = 0x4B4D_0005;

    /// <summary>The first number of a pair; the second is the lane of events that its holder handles.</summary>
    public const int EventLane = 0x4B4D_0006;

    public const long Subscriptions = 0x4B4D_0007;

    /// <summary>Held while a setting is changed, so that nobody overwrites what they have not seen.</summary>
    public const long Settings = 0x4B4D_0021;

    /// <summary>Held while a group of streamers is changed, so that the audit log tells the steps as they were.</summary>
    public const long Groups = 0x4B4D_0022;

    /// <summary>Held while a backup is restored on trial.</summary>
    public const long Rehearsal = 0x4B4D_0023;

    /// <summary>Begins a transaction that may draw versions.</summary>
    public static async Task<IDbContextTransaction> BeginChangeAsync(this KickMonitorDb db, CancellationToken ct)
    {
        var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Changes})", ct);
        return transaction;
    }

    /// <summary>The next version; only inside <see cref="BeginChangeAsync"/>.</summary>
    public static Task<long> NextVersionAsync(this KickMonitorDb db, CancellationToken ct) =>
        db.Database.SqlQuery<long>($"SELECT nextval('changes') AS \"Value\"").SingleAsync(ct);
}
