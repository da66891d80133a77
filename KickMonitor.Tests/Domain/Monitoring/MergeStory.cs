using KickMonitor.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

/// <summary>A story of one streamer or more, told by observations. All times are seconds after the evening's beginning.</summary>
public abstract class MergeStory(Postgres postgres) : IAsyncLifetime
{
    protected const long Lana = 1001;
    protected const long Miro = 1002;

    protected static readonly DateTimeOffset Evening = new(2026, 10, 5, 18, 0, 0, TimeSpan.Zero);

    protected Scenario Scenario { get; private set; } = null!;

    protected IServiceProvider Node { get; private set; } = null!;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected Merge Merge => Node.GetRequiredService<Merge>();

    public virtual async ValueTask InitializeAsync()
    {
        Scenario = await Scenario.StartAsync(postgres);
        Node = Scenario.AddNode();
        await WatchAsync(Lana, "lana");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Scenario.DisposeAsync();
    }

    protected async Task WatchAsync(long id, string slug, int addedAt = -7200) => await Scenario.QueryAsync(
        """
        WITH s AS (INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
            VALUES ($1, $2, $3, $2, $3, 'unknown', $3, 'ok', nextval('changes')))
        INSERT INTO checks (broadcaster_user_id, next_check_at, next_detail_at, next_profile_at, checked_by, version) VALUES ($1, $3, $3, $3, 'poll', nextval('changes'))
        """, id, slug, At(addedAt));

    protected async Task TellAsync(params Observation[] observations)
    {
        foreach (var observation in observations)
        {
            await Merge.ApplyAsync([observation], null, Ct);
        }
    }

    protected static DateTimeOffset At(double seconds) => Evening.AddSeconds(seconds);

    /// <summary>A poll that found her live.</summary>
    protected static Observation Live(double at, double? started = 0, int? viewers = null, string? title = null, long id = Lana) =>
        new(id, ObservationKind.Live, Source.Poll, At(at), At(at)) { StartedAt = started is { } s ? At(s) : null, Viewers = viewers, Title = title };

    protected static Observation Absent(double at, long id = Lana) => new(id, ObservationKind.Absent, Source.Poll, At(at), At(at));

    /// <summary>The channel's own word that she is offline.</summary>
    protected static Observation Offline(double at, long id = Lana) => new(id, ObservationKind.Offline, Source.Poll, At(at), At(at)) { Slug = id == Lana ? "lana" : "miro" };

    protected static Observation Missing(double at, long id = Lana) => new(id, ObservationKind.Missing, Source.Poll, At(at), At(at));

    /// <summary>An event about a start; it speaks of the instant of the start.</summary>
    protected static Observation Started(double at, double started = 0, string? title = null, long id = Lana) =>
        new(id, ObservationKind.Live, Source.Webhook, At(at), At(started)) { StartedAt = At(started), Title = title };

    protected static Observation Ended(double at, double ended, double started = 0, long id = Lana) =>
        new(id, ObservationKind.Ended, Source.Webhook, At(at), At(ended)) { StartedAt = At(started), EndedAt = At(ended) };

    /// <summary>"live since 0, 412" or "offline since 600".</summary>
    protected async Task<string> StatusAsync(long id = Lana)
    {
        var row = (await Scenario.QueryAsync("SELECT status, since, viewers FROM streamers WHERE broadcaster_user_id = $1", id))[0];
        return $"{row[0]} since {Seconds(row[1])}" + (row[2] is null ? string.Empty : $", {row[2]}");
    }

    /// <summary>"went_live 0" for each event, in order.</summary>
    protected async Task<List<string>> EventsAsync(long id = Lana) =>
        (await Scenario.QueryAsync("SELECT kind, occurred_at FROM status_events WHERE broadcaster_user_id = $1 ORDER BY id", id))
        .ConvertAll(r => $"{r[0]} {Seconds(r[1])}");

    /// <summary>"0 to 600" or "700 to now" for each broadcast, in order of their starts.</summary>
    protected async Task<List<string>> BroadcastsAsync(long id = Lana) =>
        (await Scenario.QueryAsync("SELECT started_at, ended_at FROM broadcasts WHERE broadcaster_user_id = $1 ORDER BY started_at", id))
        .ConvertAll(r => $"{Seconds(r[0])} to {(r[1] is null ? "now" : Seconds(r[1]))}");

    protected async Task<List<string>> SamplesAsync(long id = Lana) =>
        (await Scenario.QueryAsync("SELECT at, viewers, quality FROM viewer_samples WHERE broadcaster_user_id = $1 ORDER BY at", id))
        .ConvertAll(r => $"{Seconds(r[0])}: {r[1]} {r[2]}");

    protected Task<T> OfStreamerAsync<T>(string column, long id = Lana) => Scenario.ScalarAsync<T>($"SELECT {column} FROM streamers WHERE broadcaster_user_id = $1", id);

    protected static string Seconds(object? time) => ((new DateTimeOffset((DateTime)time!, TimeSpan.Zero) - Evening).TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
