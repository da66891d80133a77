using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Api;

namespace KickMonitor.Tests.Web.Api;

/// <summary>Programs outside rely on these to the letter.</summary>
public sealed class ShapesTests
{
    private static readonly DateTimeOffset At = new(2026, 10, 5, 20, 0, 4, TimeSpan.FromHours(2));
    private static readonly JsonSerializerOptions Json = Options();

    [Fact]
    public void A_streamer_has_every_field_also_when_nothing_is_known()
    {
        var row = new BoardRow(7, "lana", "Lana", null, StreamerStatus.Unknown, At, null, ViewerQuality.Ok, null, null, null, null, At, null, null, Source.Poll);

        Text(StreamerView.Of(row)).ShouldBe(
            """{"slug":"lana","displayName":"Lana","broadcasterUserId":7,"avatarUrl":null,"status":"unknown","since":"2026-10-05T18:00:04Z","viewers":null,"title":null,"category":null,"language":null,"checkedAt":null,"source":"poll","paused":false}""");
    }

    [Fact]
    public void Viewers_are_told_of_live_streamers_only()
    {
        var row = new BoardRow(7, "lana", "Lana", null, StreamerStatus.Live, At, 412, ViewerQuality.Ok, null, null, null, null, At, At, At.AddMilliseconds(5), Source.Webhook);

        StreamerView.Of(row).Viewers.ShouldBe(412);
        StreamerView.Of(row with { Status = StreamerStatus.Offline }).Viewers.ShouldBeNull();
        Text(StreamerView.Of(row)).ShouldEndWith("\"checkedAt\":\"2026-10-05T18:00:04.005Z\",\"source\":\"webhook\",\"paused\":true}");
    }

    [Fact]
    public void A_status_event_names_its_streamer()
    {
        var told = new StatusEvent { Id = 3, Kind = StatusEventKind.WentLive, OccurredAt = At, ObservedAt = At.AddSeconds(2), DelayMs = 2000, Source = Source.Poll, Viewers = 5, BroadcastId = 9 };

        Text(StatusEventView.Of(told, "lana")).ShouldBe(
            """{"id":3,"streamer":"lana","kind":"went_live","occurredAt":"2026-10-05T18:00:04Z","observedAt":"2026-10-05T18:00:06Z","delayMs":2000,"source":"poll","viewers":5,"title":null,"category":null,"previous":null,"value":null,"broadcastId":9}""");
    }

    [Fact]
    public void A_viewer_point_says_how_far_it_can_be_believed() =>
        Text(new ViewerPoint(At, 5, 4, 6, ViewerQuality.Glitch)).ShouldBe("""{"at":"2026-10-05T18:00:04Z","viewers":5,"min":4,"max":6,"quality":"glitch"}""");

    [Fact]
    public void A_broadcast_is_averaged_over_what_is_known_of_it()
    {
        var broadcast = new Broadcast { Id = 1, StartedAt = At, EndedAt = At.AddHours(2), PeakViewers = 150, ViewerSeconds = 360_000, CoveredSeconds = 3600 };

        Text(BroadcastView.Of(broadcast, TimeSpan.FromHours(2))).ShouldBe(
            """{"id":1,"startedAt":"2026-10-05T18:00:04Z","endedAt":"2026-10-05T20:00:04Z","title":null,"category":null,"peakViewers":150,"averageViewers":100,"hoursWatched":100,"coverage":0.5}""");
    }

    [Fact]
    public void A_broadcast_without_samples_has_no_average()
    {
        var view = BroadcastView.Of(new Broadcast { StartedAt = At }, TimeSpan.Zero);

        view.AverageViewers.ShouldBeNull();
        view.Coverage.ShouldBe(0);
    }

    [Fact]
    public void Coverage_is_never_more_than_all() =>
        BroadcastView.Of(new Broadcast { StartedAt = At, CoveredSeconds = 70 }, TimeSpan.FromSeconds(60)).Coverage.ShouldBe(1);

    [Fact]
    public void A_user_has_no_secrets() =>
        Text(UserView.Of(new User { Id = Guid.Empty, Email = "a@b.c", Role = Role.Viewer, PasswordHash = "x", DisabledAt = At })).ShouldBe(
            """{"id":"00000000-0000-0000-0000-000000000000","email":"a@b.c","displayName":null,"role":"viewer","disabled":true,"twoFactor":false,"lastSignInAt":null}""");

    [Theory]
    [InlineData("""{"role":"ADMIN"}""", Role.Admin)]
    [InlineData("""{"role":"user"}""", Role.User)]
    [InlineData("""{}""", null)]
    public void A_role_is_read_in_any_case(string json, Role? role) => JsonSerializer.Deserialize<UserChange>(json, Json)!.Role.ShouldBe(role);

    [Theory]
    [InlineData("""{"role":2}""")]
    [InlineData("""{"role":"owner"}""")]
    public void What_is_no_role_is_refused(string json) => Should.Throw<JsonException>(() => JsonSerializer.Deserialize<UserChange>(json, Json));

    [Theory]
    [InlineData("""{"displayName":null}""", true)]
    [InlineData("""{"disabled":true}""", false)]
    public void Removing_a_name_is_told_from_leaving_it(string json, bool names) => JsonSerializer.Deserialize<UserChange>(json, Json)!.NamesName.ShouldBe(names);

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, Json);

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        ApiJson.Configure(options);
        return options;
    }
}
