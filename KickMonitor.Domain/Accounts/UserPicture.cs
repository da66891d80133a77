using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Accounts;

/// <summary>The picture that a person has chosen for themselves. Without one they have that of their linked channel, or initials.</summary>
public sealed class UserPicture
{
    public const int MostBytes = 256 * 1024;

    public Guid UserId { get; init; }

    /// <summary>As its bytes say, not as the browser that sent it does.</summary>
    public required string ContentType { get; init; }

    public required byte[] Bytes { get; init; }

    public DateTimeOffset ChangedAt { get; init; }
}

/// <summary>Where people's own pictures are kept.</summary>
public sealed class UserPictures(IDbContextFactory<KickMonitorDb> databases, TimeProvider time)
{
    public async Task<UserPicture?> FindAsync(Guid userId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.UserPictures.AsNoTracking().SingleOrDefaultAsync(p => p.UserId == userId, ct);
    }

    public async Task KeepAsync(Guid userId, string contentType, byte[] bytes, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO user_pictures (user_id, content_type, bytes, changed_at) VALUES ({userId}, {contentType}, {bytes}, {time.GetUtcNow()})
            ON CONFLICT (user_id) DO UPDATE SET content_type = excluded.content_type, bytes = excluded.bytes, changed_at = excluded.changed_at
            """, ct);
    }

    public async Task RemoveAsync(Guid userId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await db.UserPictures.Where(p => p.UserId == userId).ExecuteDeleteAsync(ct);
    }
}

internal static class UserPictureMapping
{
    public static void MapUserPictures(this ModelBuilder builder) => builder.Entity<UserPicture>(e =>
    {
        e.ToTable("user_pictures");
        e.HasKey(p => p.UserId);
        e.HasOne<User>().WithOne().HasForeignKey<UserPicture>(p => p.UserId);
    });
}
