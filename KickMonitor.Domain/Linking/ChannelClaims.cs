using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

/// <summary>
/// Who proved to be a channel's owner by linking its account gets the channel: it is watched, and assigned to them. A name that
/// somebody types proves nothing. With the link goes what it alone gave; what an Admin gave stays.
/// </summary>
public sealed class ChannelClaims(IDbContextFactory<KickMonitorDb> databases, KickClient kick, StreamerDirectory streamers, StreamerIntake intake, Audit audit, Bus bus, TimeProvider time)
{
    /// <returns>False if Kick could not be asked; the scheduler tries again.</returns>
    public async Task<bool> ClaimAsync(Provider provider, Guid linkId, CancellationToken ct)
    {
        if (!provider.IsChannel)
        {
            return true;
        }

        // Private events of a channel are its owner's, whatever Kick answers about it now.
        await bus.PublishAsync(Rights.Topic, ct);
        await using var db = await databases.CreateDbContextAsync(ct);
        var link = await db.AccountLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == linkId && l.ClaimedAt == null, ct);
        if (link is null || ChannelOf(link) is not { } channel)
        {
            return true;
        }

        bool isWatched = await db.Streamers.AnyAsync(s => s.BroadcasterUserId == channel && s.RemovedAt == null, ct);
        if (!isWatched && !await WatchAsync(channel, ct))
        {
            return false;
        }

        await AssignAsync(db, link, channel, ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return true;
    }

    /// <summary>Takes back the assignment that the link alone made, in the transaction that ends the link.</summary>
    internal async Task ReleaseAsync(KickMonitorDb db, AccountLink link, CancellationToken ct)
    {
        if (link.MadeAssignment && ChannelOf(link) is { } channel
            && await db.Assignments.Where(a => a.UserId == link.UserId && a.BroadcasterUserId == channel).ExecuteDeleteAsync(ct) > 0)
        {
            await WriteAsync(db, "user.unassigned", link.UserId, channel, isAfter: false, ct);
        }
    }

    /// <summary>After links have ended: nobody keeps rights by them, and nobody is watched for them alone.</summary>
    internal async Task ReleasedAsync(CancellationToken ct)
    {
        await bus.PublishAsync(Rights.Topic, ct);
        await ForsakeAsync(ct);
    }

    /// <summary>Stops watching whom an owner brought whose link is over, if nobody else asked for them. The history is kept.</summary>
    internal async Task ForsakeAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var forsaken = await db.Database.SqlQuery<long>(
            $"""
            UPDATE streamers s SET is_brought_by_owner = false
            WHERE s.is_brought_by_owner AND s.removed_at IS NULL AND s.revised_at IS NULL AND cardinality(s.tags) = 0
              AND NOT EXISTS (SELECT FROM account_links l WHERE l.provider = 'kick' AND l.external_id = s.broadcaster_user_id::text)
              AND NOT EXISTS (SELECT FROM assignments a WHERE a.broadcaster_user_id = s.broadcaster_user_id)
              AND NOT EXISTS (SELECT FROM favourites f WHERE f.broadcaster_user_id = s.broadcaster_user_id)
              AND NOT EXISTS (SELECT FROM group_members m WHERE m.broadcaster_user_id = s.broadcaster_user_id)
            RETURNING s.broadcaster_user_id AS "Value"
            """).ToListAsync(ct);
        foreach (long channel in forsaken)
        {
            await streamers.RemoveAsync(channel, ct);
        }
    }

    private static long? ChannelOf(AccountLink link) => long.TryParse(link.ExternalId, NumberStyles.None, CultureInfo.InvariantCulture, out long channel) ? channel : null;

    private async Task AssignAsync(KickMonitorDb db, AccountLink link, long channel, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);

        // Whoever deletes the person waits for the person while they hold the link: so whoever has the person does not wait for the link,
        // and the scheduler comes again.
        await db.Database.ExecuteSqlAsync($"SELECT FROM users WHERE id = {link.UserId} FOR KEY SHARE", ct);
        bool isMine = await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE account_links SET claimed_at = {now}
            WHERE id = (SELECT id FROM account_links WHERE id = {link.Id} AND user_id = {link.UserId} AND claimed_at IS NULL FOR UPDATE SKIP LOCKED)
            """, ct) == 1;
        if (isMine && await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO assignments (user_id, broadcaster_user_id, assigned_at)
            SELECT {link.UserId}, broadcaster_user_id, {now} FROM streamers WHERE broadcaster_user_id = {channel} AND removed_at IS NULL
            ON CONFLICT (user_id, broadcaster_user_id) DO NOTHING
            """, ct) == 1)
        {
            await db.AccountLinks.Where(l => l.Id == link.Id).ExecuteUpdateAsync(set => set.SetProperty(l => l.MadeAssignment, true), ct);
            await WriteAsync(db, "user.assigned", link.UserId, channel, isAfter: true, ct);
        }

        await transaction.CommitAsync(ct);
    }

    private async Task WriteAsync(KickMonitorDb db, string verb, Guid userId, long channel, bool isAfter, CancellationToken ct)
    {
        string? email = await db.Users.Where(u => u.Id == userId).Select(u => u.Email).SingleOrDefaultAsync(ct);
        var side = new { streamers = await db.Streamers.Where(s => s.BroadcasterUserId == channel).Select(s => s.Slug).ToListAsync(ct), byLink = true };
        await audit.WriteAsync(db, new AuditEntry(verb, userId.ToString(), email ?? userId.ToString(), isAfter ? null : side, isAfter ? side : null), ct);
    }

    private async Task<bool> WatchAsync(long channel, CancellationToken ct)
    {
        var found = await kick.GetChannelsAsync([channel], CallPriority.Urgent, ct);
        if (!found.IsOk)
        {
            return false;
        }

        // An account without a channel owns none, and that is no failure.
        var outcome = found.Value is [var row, ..] ? await intake.AddAsync(row.Slug, ct) : null;
        if (outcome is AddStreamer.Added)
        {
            await using var db = await databases.CreateDbContextAsync(ct);
            await db.Streamers.Where(s => s.BroadcasterUserId == channel).ExecuteUpdateAsync(set => set.SetProperty(s => s.IsBroughtByOwner, true), ct);
        }

        return outcome is not AddStreamer.KickFailed;
    }
}
