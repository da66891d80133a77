using System.Collections.Concurrent;
using System.Collections.Frozen;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Streamers;

/// <summary>A streamer that a person marked with a star.</summary>
public sealed class Favourite
{
    public Guid UserId { get; init; }

    public long BroadcasterUserId { get; init; }

    public DateTimeOffset MarkedAt { get; init; }

    public static void Map(ModelBuilder builder) => builder.Entity<Favourite>(e =>
    {
        e.ToTable("favourites");
        e.HasKey(f => new { f.UserId, f.BroadcasterUserId });
        e.HasOne<User>().WithMany().HasForeignKey(f => f.UserId);
        e.HasOne<Streamer>().WithMany().HasForeignKey(f => f.BroadcasterUserId);
    });
}

/// <summary>Who marked whom. What a person marked and may no longer see stays marked, and is not shown.</summary>
public sealed class Favourites(IDbContextFactory<KickMonitorDb> databases, TimeProvider time)
{
    // A page asks twice while it opens, and its second answer must not wait.
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<Guid, (FrozenSet<long> Ids, DateTimeOffset ReadAt)> _last = new();

    public ValueTask<FrozenSet<long>> OfAsync(Guid userId, CancellationToken ct) =>
        _last.TryGetValue(userId, out var last) && time.GetUtcNow() - last.ReadAt < Remembered ? ValueTask.FromResult(last.Ids) : new ValueTask<FrozenSet<long>>(ReadAsync(userId, ct));

    /// <summary>Marks or unmarks; doing either twice is harmless.</summary>
    public async Task MarkAsync(Guid userId, long broadcasterUserId, bool isFavourite, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        await using var db = await databases.CreateDbContextAsync(ct);
        if (isFavourite)
        {
            var now = time.GetUtcNow();
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO favourites (user_id, broadcaster_user_id, marked_at) VALUES ({userId}, {broadcasterUserId}, {now}) ON CONFLICT DO NOTHING", ct);
        }
        else
        {
            await db.Set<Favourite>().Where(f => f.UserId == userId && f.BroadcasterUserId == broadcasterUserId).ExecuteDeleteAsync(ct);
        }

        _last.TryRemove(userId, out _);
    }

    private async Task<FrozenSet<long>> ReadAsync(Guid userId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var ids = (await db.Set<Favourite>().Where(f => f.UserId == userId).Select(f => f.BroadcasterUserId).ToListAsync(ct)).ToFrozenSet();
        _last[userId] = (ids, time.GetUtcNow());
        return ids;
    }
}
