using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;

namespace KickMonitor.Domain.Streamers;

/// <summary>
/// A watched channel and what is known of it now. The identity is Kick's broadcaster user id; the slug can change.
/// The live state is written by <see cref="Merge"/> alone, in SQL; everything else by <see cref="StreamerDirectory"/>.
/// </summary>
public sealed class Streamer
{
    public const int SlugLength = 64;
    public const int NameLength = 128;
    public const int TitleLength = 500;
    public const int UrlLength = 1000;
    public const int NotesLength = 4000;

    public long BroadcasterUserId { get; init; }

    public required string Slug { get; set; }

    public DateTimeOffset SlugSince { get; set; }

    public required string DisplayName { get; set; }

    public string? AvatarUrl { get; set; }

    /// <summary>In the order of the alphabet.</summary>
    public string[] Tags { get; set; } = [];

    public DateTimeOffset AddedAt { get; set; }

    public DateTimeOffset? PausedAt { get; set; }

    public DateTimeOffset? RemovedAt { get; set; }

    public StreamerStatus Status { get; init; }

    /// <summary>The broadcast's start while live, its end while offline, else when the status became unknown.</summary>
    public DateTimeOffset Since { get; init; }

    public int? Viewers { get; init; }

    public ViewerQuality ViewerQuality { get; init; }

    public string? Title { get; init; }

    public int? CategoryId { get; init; }

    public string? Category { get; init; }

    public string? Language { get; init; }

    public string? ThumbnailUrl { get; init; }

    /// <summary>The broadcast that is on, or the last one.</summary>
    public long? BroadcastId { get; init; }

    /// <summary>Grows with every change that people can see; readers ask for what is above the last one they saw.</summary>
    public long Version { get; set; }

    /// <summary>What Admins write down for each other.</summary>
    public string? Notes { get; set; }

    /// <summary>Whoever has more is asked about first when there is not time for all.</summary>
    public StreamerPriority Priority { get; set; }

    /// <summary>Watched only because the owner linked the channel; nobody has asked for it besides.</summary>
    public bool IsBroughtByOwner { get; set; }

    /// <summary>When an Admin last changed the notes or the priority.</summary>
    public DateTimeOffset? RevisedAt { get; set; }

    public bool IsPaused => PausedAt is not null;

    /// <summary>Of what Admins decide about the streamer, apart from the tags.</summary>
    /// <inheritdoc cref="Storage.Stamp"/>
    public string Stamp => Storage.Stamp.Of(IsPaused ? "paused" : "checked", Priority.ToString(), Notes ?? string.Empty);
}

public enum StreamerPriority
{
    Low = -1,
    Normal = 0,
    High = 1,
}

/// <summary>A slug that a streamer had before; it keeps answering until a watched streamer takes it.</summary>
public sealed class FormerSlug
{
    public required string Slug { get; init; }

    public long BroadcasterUserId { get; init; }

    public DateTimeOffset Until { get; init; }
}
