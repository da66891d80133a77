using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Events;

/// <summary>What events have told of a streamer's followers and supporters.</summary>
public sealed class ChannelSupport(IDbContextFactory<KickMonitorDb> databases)
{
    /// <returns>Null if no such event has come yet.</returns>
    public async Task<(ChannelTally Tally, List<Supporter> Recent)?> ReadAsync(long broadcasterUserId, int most, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        if (await db.Set<ChannelTally>().AsNoTracking().SingleOrDefaultAsync(t => t.BroadcasterUserId == broadcasterUserId, ct) is not { } tally)
        {
            return null;
        }

        return (tally, await db.Set<Supporter>().AsNoTracking().Where(s => s.BroadcasterUserId == broadcasterUserId).OrderByDescending(s => s.At).Take(most).ToListAsync(ct));
    }
}
