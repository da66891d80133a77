namespace KickMonitor.Sandbox;

/// <summary>Decides what happens next and when. Runs under the world's lock.</summary>
internal sealed class Life(World world, Population population, SandboxOptions options)
{
    private const double LengthSpread = 0.8;
    private static readonly TimeSpan UsualBroadcast = TimeSpan.FromMinutes(50);
    private static readonly TimeSpan TitleEvery = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan CategoryEvery = TimeSpan.FromMinutes(55);

    // For a thousand streamers; more people, more often.
    private static readonly TimeSpan RenameEvery = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan VanishEvery = TimeSpan.FromMinutes(15);

    private readonly PriorityQueue<Due, long> _due = new();

    private enum Act
    {
        Start, End, Viewers, Title, Category, SomebodyRenames, SomebodyVanishes, Return,
    }

    public static TimeSpan BroadcastLength(Population population) => population.Around(UsualBroadcast, LengthSpread);

    public void Begin(DateTimeOffset now)
    {
        Plan(Act.SomebodyRenames, 0, default, now, WorldWide(RenameEvery));
        Plan(Act.SomebodyVanishes, 0, default, now, WorldWide(VanishEvery));
        foreach (var streamer in world.Streamers)
        {
            if (streamer.IsLive)
            {
                Began(streamer, now);
            }
            else
            {
                Ended(streamer, now);
            }
        }
    }

    public void Began(Streamer streamer, DateTimeOffset at)
    {
        var broadcast = streamer.Broadcast!.Id;
        Plan(Act.Viewers, streamer.Id, broadcast, at, Sooner(TimeSpan.FromSeconds(61) * population.Share()));
        Plan(Act.Title, streamer.Id, broadcast, at, Sooner(population.Around(TitleEvery, 0.9)));
        Plan(Act.Category, streamer.Id, broadcast, at, Sooner(population.Around(CategoryEvery, 0.9)));
        Plan(Act.End, streamer.Id, broadcast, at, Sooner(BroadcastLength(population)));
    }

    public void Ended(Streamer streamer, DateTimeOffset at)
    {
        if (options.Live > 0)
        {
            Plan(Act.Start, streamer.Id, default, at, Sooner(BroadcastLength(population)) * ((1 - options.Live) / options.Live));
        }
    }

    public void Advance(DateTimeOffset now)
    {
        while (_due.TryPeek(out var next, out var ticks) && ticks <= now.UtcTicks)
        {
            _due.Dequeue();
            Do(next, new DateTimeOffset(ticks, TimeSpan.Zero));
        }
    }

    private void Do(Due due, DateTimeOffset at)
    {
        if (due.Act is Act.SomebodyRenames or Act.SomebodyVanishes)
        {
            HappenToSomebody(due.Act, at);
            return;
        }

        if (world.Find(due.Id) is not { } streamer)
        {
            return;
        }

        if (due.Act is Act.Return)
        {
            world.Return(streamer.Id);
        }
        else if (due.Act is Act.Start)
        {
            if (streamer.Vanished)
            {
                Plan(due, at, Sooner(TimeSpan.FromMinutes(10)));
            }
            else if (!streamer.IsLive)
            {
                world.GoLive(streamer, at, viewers: 1, title: null, category: null, startedAt: null);
            }
        }
        else if (streamer.Broadcast is { } broadcast && broadcast.Id == due.Broadcast)
        {
            GoOn(due, streamer, broadcast, at);
        }
    }

    private void GoOn(Due due, Streamer streamer, Broadcast broadcast, DateTimeOffset at)
    {
        switch (due.Act)
        {
            case Act.End:
                world.EndStream(streamer, at);
                break;
            case Act.Title:
                world.SetTitle(streamer.Id, population.Title(broadcast.Category));
                Plan(due, at, Sooner(population.Around(TitleEvery, 0.9)));
                break;
            case Act.Category:
                world.SetCategory(streamer.Id, population.Category(streamer));
                Plan(due, at, Sooner(population.Around(CategoryEvery, 0.9)));
                break;
            default:
                world.SetViewers(streamer.Id, Drift(broadcast.Viewers, streamer.Audience));
                Plan(due, at, Sooner(TimeSpan.FromSeconds(46 + (population.Share() * 30))));
                break;
        }
    }

    private int Drift(int viewers, int audience)
    {
        var pulled = viewers + ((audience - viewers) * 0.2);
        return Math.Max(1, (int)Math.Round(population.LogNormal(pulled, 0.08)));
    }

    private void HappenToSomebody(Act act, DateTimeOffset at)
    {
        Plan(act, 0, default, at, WorldWide(act is Act.SomebodyRenames ? RenameEvery : VanishEvery));
        if (world.Count == 0)
        {
            return;
        }

        var somebody = world.At(population.Index(world.Count));
        if (act is Act.SomebodyRenames)
        {
            var (slug, name) = population.Name(world.IsTaken);
            world.Rename(somebody.Id, slug, name);
        }
        else
        {
            world.Vanish(somebody.Id);
            Plan(Act.Return, somebody.Id, default, at, Sooner(TimeSpan.FromMinutes(5 + (population.Share() * 15))));
        }
    }

    private TimeSpan WorldWide(TimeSpan forAThousand) =>
        Sooner(population.Around(forAThousand, 0.5) * (1000.0 / Math.Max(1, world.Count)));

    private TimeSpan Sooner(TimeSpan inLife) => inLife / options.Speed;

    private void Plan(Due due, DateTimeOffset at, TimeSpan after) => Plan(due.Act, due.Id, due.Broadcast, at, after);

    private void Plan(Act act, long id, Guid broadcast, DateTimeOffset at, TimeSpan after) =>
        _due.Enqueue(new Due(act, id, broadcast), (at + after).UtcTicks);

    private sealed record Due(Act Act, long Id, Guid Broadcast);
}
