namespace KickMonitor.Domain.Kick;

/// <summary>One row of <c>users/livestreams</c>: somebody who is live.</summary>
public sealed record KickLivestream(long BroadcasterUserId)
{
    public string? Slug { get; init; }

    public string? UserName { get; init; }

    public string? ProfilePicture { get; init; }

    public string? Title { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public int? ViewerCount { get; init; }

    public string? Language { get; init; }

    public string? Thumbnail { get; init; }

    public int? CategoryId { get; init; }

    public string? Category { get; init; }
}

/// <summary>One row of <c>channels</c>. An offline channel's blanks arrive as nulls: Kick does not say.</summary>
public sealed record KickChannel(long BroadcasterUserId, string Slug, bool? IsLive)
{
    public string? Title { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public int? ViewerCount { get; init; }

    public string? Language { get; init; }

    public string? Thumbnail { get; init; }

    public int? CategoryId { get; init; }

    public string? Category { get; init; }
}

public sealed record KickUser(long UserId, string? Name, string? ProfilePicture);
