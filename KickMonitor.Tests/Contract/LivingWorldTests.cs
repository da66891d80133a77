using KickMonitor.Sandbox;

namespace KickMonitor.Tests.Contract;

public sealed class LivingWorldTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly World _world;

    public LivingWorldTests() => _world = NewWorld();

    [Fact]
    public void The_same_seed_gives_the_same_streamers()
    {
        using var again = NewWorld();

        again.Streamers.Select(s => (s.Id, s.Slug, s.IsLive)).ShouldBe(_world.Streamers.Select(s => (s.Id, s.Slug, s.IsLive)));
    }

    [Fact]
    public void A_still_world_begins_as_a_living_one_does()
    {
        using var still = new World(new SandboxOptions { Streamers = 1000, Alive = false }, new Distortions(), _clock);
        var first = still.Streamers;
        first.ShouldBe(_world.Streamers);

        _clock.Advance(TimeSpan.FromHours(1));
        still.Streamers.ShouldBe(first);
    }

    [Fact]
    public void Ids_and_slugs_are_unique_and_no_slug_is_too_long()
    {
        _world.Streamers.Select(s => s.Id).ShouldBeUnique();
        _world.Streamers.Select(s => s.Slug).ShouldBeUnique();
        _world.Streamers.ShouldAllBe(s => s.Slug.Length <= 25);
        _world.Streamers.ShouldContain(s => s.Slug.Contains('-') && s.Name.Contains('_'));
        _world.Streamers.ShouldContain(s => s.Slug.Contains('_'));
    }

    [Fact]
    public void The_asked_share_is_live_at_the_start_and_about_that_many_stay()
    {
        _world.Streamers.Count(s => s.IsLive).ShouldBeInRange(250, 350);

        _clock.Advance(TimeSpan.FromHours(3));

        _world.Streamers.Count(s => s.IsLive).ShouldBeInRange(200, 400);
    }

    [Fact]
    public void Something_changes_every_few_seconds()
    {
        var changed = 0;
        for (var i = 0; i < 60; i++)
        {
            var before = _world.Streamers;
            _clock.Advance(1);
            changed += _world.Streamers.SequenceEqual(before) ? 0 : 1;
        }

        changed.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Viewers_are_counted_about_once_a_minute()
    {
        var streamer = _world.Streamers.First(s => s is { IsLive: true, Audience: > 500 });
        var changes = 0;
        var last = streamer.Broadcast!;
        for (var i = 0; i < 600 && _world.Find(streamer.Id)!.Broadcast is { } now && now.Id == last.Id; i++)
        {
            changes += now.Viewers == last.Viewers ? 0 : 1;
            last = now;
            _clock.Advance(1);
        }

        changes.ShouldBeInRange(7, 13);
    }

    [Fact]
    public void Hours_bring_starts_ends_new_titles_and_categories_and_names()
    {
        var before = _world.Streamers.ToDictionary(s => s.Id);

        _clock.Advance(TimeSpan.FromHours(2));

        var after = _world.Streamers;
        after.ShouldContain(s => s.IsLive && !before[s.Id].IsLive);
        after.ShouldContain(s => !s.IsLive && before[s.Id].IsLive);
        var goingOn = after.Where(s => s.IsLive && s.Broadcast!.Id == before[s.Id].Broadcast?.Id).Select(s => (Now: s.Broadcast!, Then: before[s.Id].Broadcast!)).ToArray();
        goingOn.ShouldContain(b => b.Now.Title != b.Then.Title);
        goingOn.ShouldContain(b => b.Now.Category != b.Then.Category);
        after.ShouldContain(s => s.Slug != before[s.Id].Slug);
        after.ShouldAllBe(s => _world.Find(s.Slug)!.Id == s.Id);
    }

    [Fact]
    public void The_vanished_return()
    {
        for (var minute = 0; minute < 180 && !_world.Streamers.Any(s => s.Vanished); minute++)
        {
            _clock.Advance(60);
        }

        var gone = _world.Streamers.First(s => s.Vanished);
        _clock.Advance(TimeSpan.FromMinutes(20));

        _world.Find(gone.Id)!.Vanished.ShouldBeFalse();
    }

    [Fact]
    public void A_taken_slug_cannot_be_had_twice()
    {
        var first = _world.Streamers[0];

        Should.Throw<ImpossibleException>(() => _world.Add(first.Slug));
        Should.Throw<ImpossibleException>(() => _world.Rename(_world.Streamers[1].Id, first.Slug));
    }

    [Fact]
    public void Reset_brings_back_the_first_day()
    {
        var first = _world.Streamers.Select(s => (s.Id, s.Slug)).ToArray();
        _clock.Advance(TimeSpan.FromHours(2));

        _world.Reset();

        _world.Streamers.Select(s => (s.Id, s.Slug)).ShouldBe(first);
    }

    public void Dispose() => _world.Dispose();

    private World NewWorld() => new(new SandboxOptions { Streamers = 1000 }, new Distortions(), _clock);
}
