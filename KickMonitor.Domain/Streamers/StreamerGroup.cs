using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Streamers;

/// <summary>Streamers under one name. Those without an owner are made by Admins for everybody; the others are their owner's alone.</summary>
public sealed class StreamerGroup
{
    public const int NameLength = 40;

    public long Id { get; init; }

    public Guid? OwnerId { get; init; }

    public required string Name { get; init; }

    /// <summary>Whether everybody on the internet may see who of it is live.</summary>
    public bool IsPublic { get; init; }

    /// <summary>A name that can stand in an address: small letters and digits with single hyphens between.</summary>
    /// <returns>Null if it is none.</returns>
    public static string? ParseName(string? text)
    {
        string name = text?.Trim().ToLowerInvariant() ?? string.Empty;
        return name.Length is > 0 and <= NameLength && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal) ? name : null;
    }

    public static void Map(ModelBuilder builder)
    {
        builder.Entity<StreamerGroup>(e =>
        {
            e.ToTable("streamer_groups");
            e.HasIndex(g => new { g.OwnerId, g.Name }).IsUnique().AreNullsDistinct(false);
            e.HasOne<User>().WithMany().HasForeignKey(g => g.OwnerId).OnDelete(DeleteBehavior.Cascade);
        });
        builder.Entity<GroupMember>(e =>
        {
            e.ToTable("group_members");
            e.HasKey(m => new { m.GroupId, m.BroadcasterUserId });
            e.HasOne<StreamerGroup>().WithMany().HasForeignKey(m => m.GroupId);
            e.HasOne<Streamer>().WithMany().HasForeignKey(m => m.BroadcasterUserId);
        });
    }
}

public sealed class GroupMember
{
    public long GroupId { get; init; }

    public long BroadcasterUserId { get; init; }
}
