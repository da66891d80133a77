using System.Text.Json;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Tests.Domain.Kick;

public sealed class Reading_what_Kick_sends
{
    [Theory]
    [InlineData("2026-10-05T18:00:04Z", "2026-10-05T18:00:04.0000000+00:00")]
    [InlineData("2026-10-05T18:00:04.123Z", "2026-10-05T18:00:04.1230000+00:00")]
    [InlineData("2026-10-05T18:00:04.123456Z", "2026-10-05T18:00:04.1234560+00:00")]
    [InlineData("2026-10-05T18:00:04.123456789Z", "2026-10-05T18:00:04.1234560+00:00")]
    [InlineData("2026-10-05T18:00:04.123456789+11:00", "2026-10-05T07:00:04.1234560+00:00")]
    [InlineData("2026-10-06T05:00:04+11:00", "2026-10-05T18:00:04.0000000+00:00")]
    [InlineData("2026-10-05T18:00:04+00:00", "2026-10-05T18:00:04.0000000+00:00")]
    [InlineData("2026-10-05 18:00:04", "2026-10-05T18:00:04.0000000+00:00")]
    [InlineData("0001-01-01T00:00:00Z", null)]
    [InlineData("0001-01-01T00:00:00+11:00", null)]
    [InlineData("yesterday", null)]
    [InlineData("2026-13-45T18:00:04Z", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Times_of_every_kind(string? text, string? expected) =>
        LenientJson.ParseTime(text)?.ToString("O").ShouldBe(expected);

    [Theory]
    [InlineData("5", 5L)]
    [InlineData("\"5\"", 5L)]
    [InlineData("5.0", 5L)]
    [InlineData("1e3", 1000L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("1e999", null)]
    [InlineData("\"many\"", null)]
    [InlineData("true", null)]
    [InlineData("null", null)]
    [InlineData("[]", null)]
    [InlineData("{}", null)]
    public void Numbers_of_every_kind(string json, long? expected) => Of(json).Integer("x").ShouldBe(expected);

    [Theory]
    [InlineData("-1", null)]
    [InlineData("2147483648", null)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("0", 0)]
    public void Counts_that_no_audience_has_are_unknown(string json, int? expected) => Of(json).Count("x").ShouldBe(expected);

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("\"yes\"", null)]
    [InlineData("null", null)]
    [InlineData("{}", null)]
    public void Flags_of_every_kind(string json, bool? expected) => Of(json).Flag("x").ShouldBe(expected);

    [Theory]
    [InlineData("\"  Ranked  \"", "Ranked")]
    [InlineData("\"\"", null)]
    [InlineData("\"   \"", null)]
    [InlineData("\"a\\u0000b\"", "ab")]
    [InlineData("\"\\ud83d\\ude00\"", "😀")]
    [InlineData("\"\\ud83d\"", null)]
    [InlineData("5", "5")]
    [InlineData("{}", null)]
    public void Texts_of_every_kind(string json, string? expected) => Of(json).Text("x", 100).ShouldBe(expected);

    [Fact]
    public void A_text_is_not_cut_inside_a_character()
    {
        string text = LenientJson.Storable(new string('a', 9) + "😀", 10)!;

        text.ShouldNotContain('\uD83D');
        text.EnumerateRunes().Count().ShouldBe(10);
    }

    [Fact]
    public void A_text_of_nothing_but_what_cannot_be_stored_is_unknown()
    {
        LenientJson.Storable("\0\0", 10).ShouldBeNull();
        LenientJson.Storable("\0 \0", 10).ShouldBeNull();
    }

    private static JsonElement Of(string value) => JsonDocument.Parse($$"""{"x":{{value}}}""").RootElement;
}
