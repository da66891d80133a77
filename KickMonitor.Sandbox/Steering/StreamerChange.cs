namespace KickMonitor.Sandbox;

/// <summary>What to change about a streamer; what is left out stays.</summary>
internal sealed record StreamerChange(
    bool? Live,
    int? Viewers,
    string? Title,
    string? Category,
    DateTimeOffset? StartedAt,
    string? Slug,
    bool? Vanished,
    bool? HidesViewers)
{
    public Streamer Apply(World world, Streamer streamer)
    {
        if (Viewers < 0)
        {
            throw new ImpossibleException("Viewers cannot be fewer than none.");
        }

        if (Category is not null && Categories.Find(Category) is null)
        {
            throw new ImpossibleException($"No category is called '{Category}'.");
        }

        var id = streamer.Id;
        if (Slug is not null)
        {
            world.Rename(id, Slug);
        }

        if (Live is true && !streamer.IsLive)
        {
            world.GoLive(id, Viewers ?? 1, Title, Category, StartedAt);
        }
        else if (Live is false)
        {
            world.EndStream(id);
        }
        else
        {
            ApplyOnAir(world, id);
        }

        if (Vanished is { } vanished)
        {
            _ = vanished ? world.Vanish(id) : world.Return(id);
        }

        if (HidesViewers is { } hides)
        {
            world.HideViewers(id, hides);
        }

        return world.Find(id)!;
    }

    private void ApplyOnAir(World world, long id)
    {
        if (Viewers is { } viewers)
        {
            world.SetViewers(id, viewers);
        }

        if (Title is not null)
        {
            world.SetTitle(id, Title);
        }

        if (Category is not null)
        {
            world.SetCategory(id, Category);
        }
    }
}
