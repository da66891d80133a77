using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

/// <summary>
/// Who proved to be a channel's owner by linking its account gets the channel: it is watched, and assigned to them. A name that
/// somebody types proves nothing.
/// </summary>
public sealed class ChannelClaims(IDbContextFactory<KickMonitorDb> databases, KickClient kick, StreamerDirectory streamers, Assignments assignments, Bus bus, TimeProvider time)
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
        if (link is null || !long.TryParse(link.ExternalId, NumberStyles.None, CultureInfo.InvariantCulture, out long channel))
        {
            return true;
        }

        bool isWatched = await db.Streamers.AnyAsync(s => s.BroadcasterUserId == channel && s.RemovedAt == null, ct);
        if (!isWatched && !await WatchAsync(channel, ct))
        {
            return false;
        }

        bool wasAssigned = await db.Assignments.AnyAsync(a => a.UserId == link.UserId && a.BroadcasterUserId == channel, ct);
        await assignments.AssignAsync(link.UserId, channel, ct);
        var now = time.GetUtcNow();
        await db.AccountLinks.Where(l => l.Id == linkId).ExecuteUpdateAsync(
            set => set.SetProperty(l => l.ClaimedAt, now).SetProperty(l => l.MadeAssignment, l => l.MadeAssignment || !wasAssigned), ct);
        return true;
    }

    /// <summary>Takes back what the link alone gave.</summary>
    public async Task ReleaseAsync(AccountLink link, CancellationToken ct)
    {
        if (link.MadeAssignment && long.TryParse(link.ExternalId, NumberStyles.None, CultureInfo.InvariantCulture, out long channel))
        {
            await assignments.UnassignAsync(link.UserId, channel, ct);
        }

        await bus.PublishAsync(Rights.Topic, ct);
    }

    private async Task<bool> WatchAsync(long channel, CancellationToken ct)
    {
        var found = await kick.GetChannelsAsync([channel], CallPriority.Urgent, ct);
        if (!found.IsOk)
        {
            return false;
        }

        // An account without a channel owns none, and that is no failure.
        return found.Value is not [var row, ..] || await streamers.AddAsync(row.Slug, ct) is not AddStreamer.KickFailed;
    }
}
