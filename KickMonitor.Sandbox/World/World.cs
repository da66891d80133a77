using System.Collections.Concurrent;

namespace KickMonitor.Sandbox;

/// <summary>All streamers and what they do. Reading takes no lock; changes queue behind one.</summary>
public sealed class World : IDisposable
{
    private readonly Lock _changing = new();
    private readonly ConcurrentDictionary<long, Streamer> _byId = new();
    private readonly ConcurrentDictionary<string, long> _idBySlug = new(StringComparer.Ordinal);
    private readonly SandboxOptions _options;
    private readonly Distortions _distortions;
    private readonly TimeProvider _time;
    private readonly ITimer? _ticker;
    private readonly List<long> _ids = [];
    private volatile long[]? _idsInOrder;
    private Population _population;
    private Life? _life;

    public World(SandboxOptions options, Distortions distortions, TimeProvider time)
    {
        (_options, _distortions, _time) = (options, distortions, time);
        _population = new Population(options.Seed);
        lock (_changing)
        {
            Populate();
        }

        if (options.Alive)
        {
            _ticker = time.CreateTimer(_ => Tick(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Called under the world's lock, with the streamer before (null for a new one) and after.</summary>
    internal Action<Streamer?, Streamer>? Changed { get; set; }

    /// <summary>Everyone as of now, oldest id first.</summary>
    public IReadOnlyList<Streamer> Streamers => [.. IdsInOrder().Select(Find).OfType<Streamer>()];

    public int Count => _byId.Count;

    public Streamer? Find(long id) => _byId.GetValueOrDefault(id);

    public Streamer? Find(string slug) => _idBySlug.TryGetValue(slug, out var id) ? Find(id) : null;

    public Streamer Add(string slug, string? name = null)
    {
        if (!Names.IsWellFormed(slug))
        {
            throw new ImpossibleException($"'{slug}' cannot be a slug.");
        }

        lock (_changing)
        {
            RefuseTaken(slug);
            return Enter(_population.Next(slug, name ?? Names.NameFor(slug)));
        }
    }

    /// <summary>Begins a new broadcast; one that is still on ends first.</summary>
    public Streamer GoLive(long id, int viewers = 1, string? title = null, string? category = null, DateTimeOffset? startedAt = null)
    {
        var named = category is null
            ? null
            : Categories.Find(category) ?? throw new ImpossibleException($"No category is called '{category}'.");
        lock (_changing)
        {
            return GoLive(Known(id), _time.GetUtcNow(), viewers, title, named, startedAt);
        }
    }

    public Streamer EndStream(long id)
    {
        lock (_changing)
        {
            return EndStream(Known(id), _time.GetUtcNow());
        }
    }

    public Streamer SetViewers(long id, int viewers) => OnAir(id, b => b with
    {
        Viewers = viewers,
        ReportedViewers = _distortions.FrozenViewers ? b.ReportedViewers : viewers,
    });

    public Streamer SetTitle(long id, string title) => OnAir(id, b => b with { Title = title });

    public Streamer SetCategory(long id, string category) =>
        Categories.Find(category) is { } named
            ? SetCategory(id, named)
            : throw new ImpossibleException($"No category is called '{category}'.");

    public Streamer SetCategory(long id, Category category) => OnAir(id, b => b with { Category = category });

    public Streamer Rename(long id, string newSlug, string? newName = null)
    {
        if (!Names.IsWellFormed(newSlug))
        {
            throw new ImpossibleException($"'{newSlug}' cannot be a slug.");
        }

        lock (_changing)
        {
            var streamer = Known(id);
            if (streamer.Slug == newSlug)
            {
                return streamer;
            }

            RefuseTaken(newSlug);
            _idBySlug[newSlug] = id;
            _idBySlug.TryRemove(streamer.Slug, out _);
            return Put(streamer with { Slug = newSlug, Name = newName ?? Names.NameFor(newSlug) });
        }
    }

    public Streamer Vanish(long id) => Change(id, s => s with { Vanished = true });

    public Streamer Return(long id) => Change(id, s => s with { Vanished = false });

    public Streamer HideViewers(long id, bool hidden = true) => Change(id, s => s with { HidesViewers = hidden });

    /// <summary>Back to the first day of the seed.</summary>
    public void Reset()
    {
        lock (_changing)
        {
            _byId.Clear();
            _idBySlug.Clear();
            _ids.Clear();
            _idsInOrder = null;
            _population = new Population(_options.Seed);
            Populate();
        }
    }

    public void Dispose() => _ticker?.Dispose();

    internal Streamer GoLive(Streamer streamer, DateTimeOffset at, int viewers, string? title, Category? category, DateTimeOffset? startedAt)
    {
        streamer = EndStream(streamer, at);
        var shown = category ?? _population.Category(streamer);
        var live = Put(streamer with
        {
            Broadcast = new Broadcast
            {
                Id = _population.BroadcastId(),
                StartedAt = WholeSecond(startedAt ?? at),
                AppearedAt = at,
                Title = title ?? _population.Title(shown),
                Category = shown,
                Language = streamer.Language,
                Viewers = viewers,
                ReportedViewers = viewers,
            },
        });
        _life?.Began(live, at);
        return live;
    }

    internal Streamer EndStream(Streamer streamer, DateTimeOffset at)
    {
        if (streamer.Broadcast is not { } broadcast)
        {
            return streamer;
        }

        var offline = Put(streamer with { Broadcast = null, LastBroadcast = broadcast with { EndedAt = WholeSecond(at) } });
        _life?.Ended(offline, at);
        return offline;
    }

    internal Streamer At(int index) => _byId[_ids[index]];

    internal bool IsTaken(string slug) => _idBySlug.ContainsKey(slug);

    private static DateTimeOffset WholeSecond(DateTimeOffset at) => at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerSecond));

    private void Populate()
    {
        _life = null;
        var now = _time.GetUtcNow();
        for (var i = 0; i < _options.Streamers; i++)
        {
            var streamer = Enter(_population.Next(IsTaken));
            if (_population.Share() < _options.Live)
            {
                var age = Life.BroadcastLength(_population) / _options.Speed * _population.Share();
                GoLive(streamer, now - age, Math.Max(1, (int)_population.LogNormal(streamer.Audience, 0.3)), null, null, null);
            }
        }

        if (_options.Alive)
        {
            _life = new Life(this, new Population(unchecked(_options.Seed + 1)), _options);
            _life.Begin(now);
        }
    }

    private long[] IdsInOrder()
    {
        if (_idsInOrder is { } known)
        {
            return known;
        }

        lock (_changing)
        {
            return _idsInOrder ??= [.. _ids];
        }
    }

    private void Tick()
    {
        if (!_changing.TryEnter())
        {
            return;
        }

        try
        {
            _life?.Advance(_time.GetUtcNow());
        }
        finally
        {
            _changing.Exit();
        }
    }

    private Streamer Enter(Streamer streamer)
    {
        _idBySlug[streamer.Slug] = streamer.Id;
        _ids.Add(streamer.Id);
        _idsInOrder = null;
        return Put(streamer);
    }

    private Streamer Put(Streamer streamer)
    {
        var before = _byId.GetValueOrDefault(streamer.Id);
        _byId[streamer.Id] = streamer;
        Changed?.Invoke(before, streamer);
        return streamer;
    }

    private Streamer OnAir(long id, Func<Broadcast, Broadcast> change) =>
        Change(id, s => s.Broadcast is { } broadcast ? s with { Broadcast = change(broadcast) } : s);

    private Streamer Change(long id, Func<Streamer, Streamer> change)
    {
        lock (_changing)
        {
            return Put(change(Known(id)));
        }
    }

    private Streamer Known(long id) => Find(id) ?? throw new KeyNotFoundException($"Nobody has the id {id}.");

    private void RefuseTaken(string slug)
    {
        if (IsTaken(slug))
        {
            throw new ImpossibleException($"'{slug}' is taken.");
        }
    }
}
