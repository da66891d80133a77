using KickMonitor.Web.Pictures;
using Microsoft.Extensions.Logging.Abstractions;

namespace KickMonitor.Tests.Web.Pictures;

public sealed class Keeping_pictures : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "kickmonitor-pictures-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly TestClock _clock = new();

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_picture_outlives_the_program()
    {
        await Store().KeepAsync("https://files.kick.com/a", Of(100), CancellationToken.None);

        var found = (await Store().FindAsync("https://files.kick.com/a", CancellationToken.None)).ShouldNotBeNull();

        found.Picture.ContentType.ShouldBe("image/png");
        found.Picture.Bytes.Length.ShouldBe(100);
        (await Store().FindAsync("https://files.kick.com/b", CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task When_there_are_too_many_the_ones_unused_for_longest_go()
    {
        var store = Store(mostBytes: 1000);
        for (int i = 0; i < 4; i++)
        {
            await store.KeepAsync($"https://files.kick.com/{i}", Of(300), CancellationToken.None);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await store.FindAsync("https://files.kick.com/0", CancellationToken.None);
        }

        (await store.FindAsync("https://files.kick.com/0", CancellationToken.None)).ShouldNotBeNull();
        (await store.FindAsync("https://files.kick.com/1", CancellationToken.None)).ShouldBeNull();
        (await store.FindAsync("https://files.kick.com/3", CancellationToken.None)).ShouldNotBeNull();
        new DirectoryInfo(_directory).EnumerateFiles().Sum(f => f.Length).ShouldBeLessThanOrEqualTo(1000);
    }

    [Fact]
    public async Task What_somebody_else_wrote_into_the_directory_is_not_shown()
    {
        await Store().KeepAsync("https://files.kick.com/a", Of(100), CancellationToken.None);
        await File.WriteAllTextAsync(Directory.GetFiles(_directory).Single(), "<svg onload='alert(1)'/>");

        (await Store().FindAsync("https://files.kick.com/a", CancellationToken.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData("Lucky_Paladin881", "LP")]
    [InlineData("MossySailor", "MS")]
    [InlineData("lana", "LA")]
    [InlineData("x", "X")]
    [InlineData("1337", "13")]
    [InlineData("日本", "日本")]
    [InlineData("___", "?")]
    public void Initials_are_what_one_would_say(string name, string initials) => GeneratedPicture.Initials(name).ShouldBe(initials);

    [Fact]
    public void A_name_cannot_write_into_the_drawing() => GeneratedPicture.Avatar(1, "<&").ShouldNotContain("<&");

    private static Picture Of(int bytes) => Picture.Of([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. new byte[bytes - 8]]).ShouldNotBeNull();

    private PictureStore Store(long mostBytes = 1_000_000) => new(_directory, mostBytes, _clock, NullLogger<PictureStore>.Instance);
}
