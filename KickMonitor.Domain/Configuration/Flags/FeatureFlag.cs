using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Configuration.Flags;

/// <summary>Something that can be switched off, and what it does while it is on.</summary>
public sealed record FlagDefinition(string Name, string Description);

/// <summary>How a flag was set; one that nobody ever set has no row and is on.</summary>
public sealed class FeatureFlag
{
    public required string Name { get; init; }

    public bool IsOn { get; init; }

    /// <summary>Of the streamers, by their ids: the same ones each time.</summary>
    public int Percentage { get; init; }

    /// <summary>For whom it is on whatever the percentage.</summary>
    public required long[] Streamers { get; init; }

    /// <summary>Counts the changes; whoever changes it names the one they saw.</summary>
    public int Version { get; init; }

    public DateTimeOffset ChangedAt { get; init; }

    public required string ChangedBy { get; init; }
}

internal static class FlagMapping
{
    public static void MapFlags(this ModelBuilder builder) => builder.Entity<FeatureFlag>().ToTable("feature_flags").HasKey(f => f.Name);
}
