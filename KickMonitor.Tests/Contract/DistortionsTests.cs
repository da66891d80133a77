namespace KickMonitor.Tests.Contract;

public sealed class DistortionsTests : ContractTest
{
    [Fact]
    public async Task A_start_is_listed_late()
    {
        Faults.Distortions.StartLag = TimeSpan.FromSeconds(41);
        var lana = Lana();

        Clock.Advance(40);
        (await ListedAsync(lana.Id)).ShouldBeFalse();
        Clock.Advance(1);
        (await ListedAsync(lana.Id)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_end_is_noticed_late()
    {
        Faults.Distortions.EndLag = TimeSpan.FromSeconds(18);
        var lana = World.EndStream(Lana().Id);

        Clock.Advance(17);
        (await ListedAsync(lana.Id)).ShouldBeTrue();
        Clock.Advance(1);
        (await ListedAsync(lana.Id)).ShouldBeFalse();
    }

    [Fact]
    public async Task Frozen_viewers_stay_until_the_next_count_after_the_thaw()
    {
        var lana = Lana();
        Faults.Distortions.FrozenViewers = true;
        World.SetViewers(lana.Id, 900);
        (await ViewersAsync(lana.Id)).ShouldBe(412);

        Faults.Distortions.FrozenViewers = false;
        World.SetViewers(lana.Id, 901);
        (await ViewersAsync(lana.Id)).ShouldBe(901);
    }

    [Fact]
    public async Task Viewers_can_drop_to_one_or_hide_as_none()
    {
        var lana = Lana();

        Faults.Distortions.ViewersDropToOne = true;
        (await ViewersAsync(lana.Id)).ShouldBe(1);

        Faults.Distortions.HiddenViewers = true;
        (await ViewersAsync(lana.Id)).ShouldBe(0);

        Faults.Distortions.Reset();
        World.HideViewers(lana.Id);
        (await ViewersAsync(lana.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task A_stale_thumbnail_is_that_of_the_broadcast_before()
    {
        var lana = Lana();
        var before = await ThumbnailAsync(lana.Id);
        World.GoLive(lana.Id);
        (await ThumbnailAsync(lana.Id)).ShouldNotBe(before);

        Faults.Distortions.StaleThumbnails = true;
        (await ThumbnailAsync(lana.Id)).ShouldBe(before);
    }

    [Fact]
    public async Task Offline_fields_are_kept_when_they_are_not_blanked()
    {
        World.EndStream(Lana().Id);
        Faults.Distortions.BlankOfflineFields = false;

        var channel = (await GetAsync("/public/v1/channels?slug=lana-lantern")).Only;

        channel.GetProperty("stream_title").GetString().ShouldBe("Ranked <3 & chill");
        channel.GetProperty("stream").GetProperty("is_live").GetBoolean().ShouldBeFalse();
    }

    private async Task<bool> ListedAsync(long id) => (await GetAsync($"/public/v1/users/livestreams?user_id={id}")).Data.GetArrayLength() == 1;

    private async Task<int> ViewersAsync(long id) =>
        (await GetAsync($"/public/v1/users/livestreams?user_id={id}")).Only.GetProperty("viewer_count").GetInt32();

    private async Task<string?> ThumbnailAsync(long id) =>
        (await GetAsync($"/public/v1/users/livestreams?user_id={id}")).Only.GetProperty("thumbnail").GetString();
}
