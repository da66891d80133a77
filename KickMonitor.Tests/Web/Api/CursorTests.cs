using KickMonitor.Web.Api;

namespace KickMonitor.Tests.Web.Api;

public sealed class CursorTests
{
    [Fact]
    public void A_cursor_leads_back_to_its_place()
    {
        Cursor.TryRead<long>('s', Cursor.Of('s', "9007199254740993"), out var place).ShouldBeTrue();

        place.ShouldBe(9007199254740993);
    }

    [Fact]
    public void No_cursor_is_the_beginning()
    {
        Cursor.TryRead<long>('s', null, out var place).ShouldBeTrue();

        place.ShouldBeNull();
    }

    [Fact]
    public void A_cursor_of_another_list_is_refused() => Cursor.TryRead<long>('s', Cursor.Of('e', "5"), out _).ShouldBeFalse();

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s5")]
    [InlineData("=====")]
    [InlineData("%00")]
    [InlineData("czE1eA")]
    public void What_is_no_cursor_is_refused(string text) => Cursor.TryRead<long>('s', text, out _).ShouldBeFalse();

    [Fact]
    public void A_very_long_cursor_is_refused() => Cursor.TryRead<long>('s', new string('A', 100_000), out _).ShouldBeFalse();
}
