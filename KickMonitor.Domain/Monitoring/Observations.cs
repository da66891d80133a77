using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Monitoring;

/// <summary>From what Kick answered to what that says of each streamer who was asked about.</summary>
public static class Observations
{
    public static List<Observation> Of(IReadOnlyCollection<long> asked, List<KickLivestream> live, DateTimeOffset at)
    {
        var rows = new Dictionary<long, KickLivestream>(live.Count);
        foreach (var row in live)
        {
            rows[row.BroadcasterUserId] = row;
        }

        var observations = new List<Observation>(asked.Count);
        foreach (long id in asked)
        {
            observations.Add(rows.TryGetValue(id, out var row) ? Live(row, at) : new Observation(id, ObservationKind.Absent, Source.Poll, at, at));
        }

        return observations;
    }

    public static List<Observation> Of(IReadOnlyCollection<long> asked, List<KickChannel> channels, DateTimeOffset at)
    {
        var rows = new Dictionary<long, KickChannel>(channels.Count);
        foreach (var row in channels)
        {
            rows[row.BroadcasterUserId] = row;
        }

        var observations = new List<Observation>(asked.Count);
        foreach (long id in asked)
        {
            if (!rows.TryGetValue(id, out var row))
            {
                observations.Add(new Observation(id, ObservationKind.Missing, Source.Poll, at, at));
            }
            else if (row.IsLive is { } isLive)
            {
                observations.Add(Channel(row, isLive, at));
            }
        }

        return observations;
    }

    private static Observation Live(KickLivestream row, DateTimeOffset at) => new(row.BroadcasterUserId, ObservationKind.Live, Source.Poll, at, at)
    {
        StartedAt = row.StartedAt,
        Viewers = row.ViewerCount,
        Title = row.Title,
        CategoryId = row.CategoryId,
        Category = row.Category,
        Language = row.Language,
        ThumbnailUrl = row.Thumbnail,
        Slug = row.Slug,
        DisplayName = row.UserName,
        AvatarUrl = row.ProfilePicture,
    };

    private static Observation Channel(KickChannel row, bool isLive, DateTimeOffset at) =>
        new(row.BroadcasterUserId, isLive ? ObservationKind.Live : ObservationKind.Offline, Source.Poll, at, at)
        {
            StartedAt = isLive ? row.StartedAt : null,
            Viewers = isLive ? row.ViewerCount : null,
            Title = isLive ? row.Title : null,
            CategoryId = isLive ? row.CategoryId : null,
            Category = isLive ? row.Category : null,
            Language = isLive ? row.Language : null,
            ThumbnailUrl = isLive ? row.Thumbnail : null,
            Slug = row.Slug,
        };
}
