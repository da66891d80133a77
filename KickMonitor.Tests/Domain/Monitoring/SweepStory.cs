using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

/// <summary>A story in which Kick is asked. Nothing runs but what the story runs, and time moves with it.</summary>
public abstract class SweepStory(Postgres postgres) : IAsyncLifetime
{
    protected const string LivestreamsCall = "/public/v1/users/livestreams";
    protected const string ChannelsCall = "/public/v1/channels";
    protected const string UsersCall = "/public/v1/users";
    protected const string TokenCall = "/oauth/token";

    protected Scenario Scenario { get; private set; } = null!;

    protected IServiceProvider Node { get; private set; } = null!;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected World World => Scenario.Kick.World;

    protected Faults Faults => Scenario.Kick.Faults;

    protected RequestHistory Requests => Scenario.Kick.Requests;

    protected Sweep Sweep => Node.GetRequiredService<Sweep>();

    protected virtual Dictionary<string, string?> Settings => [];

    public async ValueTask InitializeAsync()
    {
        Scenario = await Scenario.StartAsync(postgres, withKick: true);
        Node = Scenario.AddNode(Settings);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Scenario.DisposeAsync();
    }

    protected static Dictionary<string, string?> With(params (string Key, string Value)[] settings) => settings.ToDictionary(s => s.Key, s => (string?)s.Value);

    protected Task<SweepReport?> SweepAsync(bool slow = false, int step = 20) => Scenario.RunAsync(Sweep.RunAsync(Ct), slow, step);

    /// <summary>Rounds at the pace of the interval.</summary>
    protected async Task SweepForAsync(int seconds, int step = 20)
    {
        for (var until = Scenario.Clock.GetUtcNow().AddSeconds(seconds); Scenario.Clock.GetUtcNow() < until;)
        {
            await SweepAsync(step: step);
            Scenario.Clock.Advance(15);
        }
    }

    protected Task<AddStreamer> AddAsync(string slug) => Scenario.RunAsync(Node.GetRequiredService<StreamerIntake>().AddAsync(slug, Ct));

    /// <summary>Somebody who is live and watched.</summary>
    protected async Task<long> WatchLiveAsync(string slug = "lana", int viewers = 412)
    {
        long id = World.Add(slug).Id;
        World.GoLive(id, viewers, "Ranked", "Dota 2");
        (await AddAsync(slug)).ShouldBeOfType<AddStreamer.Added>();
        return id;
    }

    /// <summary>Many who are watched, without asking Kick about them.</summary>
    protected async Task<List<long>> WatchManyAsync(int count, int live = 0)
    {
        List<long> ids = [.. Enumerable.Range(0, count).Select(i => World.Add($"streamer-{i}").Id)];
        foreach (long id in ids.Take(live))
        {
            World.GoLive(id, 100);
        }

        await Scenario.QueryAsync(
            """
            WITH s AS (INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
                SELECT id, 'streamer-' || (n - 1), $2, 'streamer', $2, 'unknown', $2, 'ok', nextval('changes') FROM unnest($1::bigint[]) WITH ORDINALITY AS t(id, n))
            INSERT INTO checks (broadcaster_user_id, next_check_at, next_detail_at, next_profile_at, checked_by, version)
            SELECT id, $2, $2, $2, 'poll', nextval('changes') FROM unnest($1::bigint[]) AS t(id)
            """, ids.ToArray(), Scenario.Clock.GetUtcNow());
        return ids;
    }

    protected async Task<string> StatusAsync(long id) =>
        await Scenario.ScalarAsync<string>("SELECT status FROM streamers WHERE broadcaster_user_id = $1", id);

    protected async Task<List<string>> EventsAsync() =>
        (await Scenario.QueryAsync("SELECT kind FROM status_events ORDER BY id")).ConvertAll(r => (string)r[0]!);

    protected async Task<(string State, int Failures, string? Error)> SourceAsync()
    {
        var row = (await Scenario.QueryAsync("SELECT state, failures, last_error FROM sources WHERE name = 'kick-api' AND part = 'livestreams'"))[0];
        return ((string)row[0]!, (int)row[1]!, (string?)row[2]);
    }

    /// <summary>The ids of each call of an endpoint, in order.</summary>
    protected List<long[]> Asked(string path, string parameter = "user_id") =>
        [.. Requests.Recent.Where(r => r.Path == path).Select(r => Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(r.Query)[parameter].Select(v => long.Parse(v!, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
}
