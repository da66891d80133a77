using KickMonitor.Domain.Declarations;

namespace KickMonitor.Tests.Domain.Configuration;

public sealed class Files_of_how_things_are
{
    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("123")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("-")]
    [InlineData("-lana")]
    [InlineData("~")]
    [InlineData("yes")]
    [InlineData("# no comment")]
    [InlineData("a: b")]
    [InlineData("two\nlines")]
    public void What_is_written_is_read_as_it_was(string text)
    {
        var written = new Declaration
        {
            Streamers = [text],
            Users = [new DeclaredUser { Email = "a@example.org", Name = text, Disabled = true, Sees = [new DeclaredSight { Streamer = text, Rights = ["chat"] }] }],
            Settings = { ["Twitch:ClientId"] = text },
        };

        var read = Declaration.Read(written.Write());

        read.Streamers.ShouldBe([text]);
        read.Settings.ShouldBe([KeyValuePair.Create("Twitch:ClientId", (string?)text)]);
        var user = read.Users.ShouldHaveSingleItem();
        (user.Name, user.Disabled, user.Sees[0].Streamer).ShouldBe((text, true, text));
    }
}
