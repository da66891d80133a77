namespace KickMonitor.Sandbox;

/// <summary>The world as the REST answers show it: a little late and a little wrong if told to be.</summary>
internal sealed class RestView(World world, Distortions distortions, TimeProvider time)
{
    public Streamer? Find(long id) => Shown(world.Find(id));

    public Streamer? Find(string slug) => Shown(world.Find(slug));

    public IEnumerable<(Streamer Streamer, Broadcast Broadcast)> Live()
    {
        foreach (var streamer in world.Streamers)
        {
            if (!streamer.Vanished && BroadcastOf(streamer) is { } broadcast)
            {
                yield return (streamer, broadcast);
            }
        }
    }

    public Broadcast? BroadcastOf(Streamer streamer)
    {
        var now = time.GetUtcNow();
        if (streamer.Broadcast is { } current && now - current.AppearedAt >= distortions.StartLag)
        {
            return current;
        }

        return streamer.LastBroadcast is { } last && now - last.EndedAt < distortions.EndLag ? last : null;
    }

    public int Viewers(Streamer streamer, Broadcast broadcast)
    {
        if (distortions.HiddenViewers || streamer.HidesViewers)
        {
            return 0;
        }

        return distortions.ViewersDropToOne ? Math.Min(1, broadcast.ReportedViewers) : broadcast.ReportedViewers;
    }

    public Guid ThumbnailOf(Streamer streamer, Broadcast broadcast) =>
        distortions.StaleThumbnails ? streamer.LastBroadcast?.Id ?? Guid.Empty : broadcast.Id;

    private static Streamer? Shown(Streamer? streamer) => streamer is { Vanished: false } ? streamer : null;
}
