using System.Globalization;
using KickMonitor.Web.Texts;
using static KickMonitor.Web.Texts.Translation;

namespace KickMonitor.Tests.Web.Texts;

public sealed class The_language_of_a_page
{
    [Theory]
    [InlineData("es-MX", "en directo", "1.234 espectadores", "es-ES")]
    [InlineData("en-GB", "live", "1,234 viewers", "en-GB")]
    [InlineData("de-DE", "live", "1.234 viewers", "de-DE")]
    public void Texts_follow_the_reader_and_numbers_the_readers_country(string texts, string live, string viewers, string numbers)
    {
        (CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture) = (new CultureInfo(texts), new CultureInfo(numbers));

        T["live"].ShouldBe(live);
        T["{0:N0} viewers", 1234].ShouldBe(viewers);
    }

    [Fact]
    public async Task What_a_timer_draws_later_is_drawn_in_the_language_of_the_page_that_asked_for_it()
    {
        CultureInfo.CurrentUICulture = new CultureInfo("es");
        string? said = null;
        var draw = Languages.Keep(() => said = T["live"]);
        CultureInfo.CurrentUICulture = new CultureInfo("en");

        await Task.Run(draw, TestContext.Current.CancellationToken);

        said.ShouldBe("en directo");
        T["live"].ShouldBe("live");
    }
}
