using System.Globalization;
using AngleSharp.Dom;
using Bunit;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Pages.Live;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Web.Pages.Live;

public sealed class A_row_of_the_dashboard : BunitContext
{
    private static readonly DateTimeOffset Now = new(2026, 10, 5, 18, 0, 0, TimeSpan.Zero);

    private readonly BoardRow _lana = new(
        1, "lana", "Lana", null, StreamerStatus.Live, Now.AddMinutes(-30), 412, ViewerQuality.Ok, "Ranked", "Dota 2", "en", null, Now.AddDays(-1), null, Now, Source.Poll);

    public A_row_of_the_dashboard() =>
        Services.AddSingleton(TimeProvider.System).AddStorage(new DatabaseAddress("Host=/nowhere")).AddMonitoring().AddSingleton<Sparklines>().AddSingleton<LiveFaces>();

    private LiveFaces.Book Faces => Services.GetRequiredService<LiveFaces>().Here;

    [Fact]
    public void Shows_a_doubtful_count_as_doubtful()
    {
        var row = Draw(_lana with { ViewerQuality = ViewerQuality.Glitch });

        row.QuerySelector(".c-viewers")!.TextContent.ShouldBe("412?");
        row.QuerySelector(".c-viewers")!.GetAttribute("title").ShouldNotBeNull().ShouldContain("cannot be right");
    }

    [Fact]
    public void Shows_markup_as_text_whoever_sends_it_and_wherever_it_stands()
    {
        const string evil = "\"><img src=x onerror=alert(1)><td title='";
        var sly = _lana with { Slug = evil, DisplayName = evil, Title = evil, Category = evil, Language = evil };
        foreach (var entry in new[] { Draw(sly), DrawCard(sly) })
        {
            entry.QuerySelectorAll("img:not(.avatar)").Where(i => !i.ParentElement!.ClassList.Contains("still")).ShouldBeEmpty();
            entry.QuerySelectorAll("[onerror]").ShouldBeEmpty();
            entry.QuerySelector(".c-title")!.TextContent.ShouldBe(evil);
            entry.QuerySelector(".c-title")!.GetAttribute("title").ShouldBe(evil);
            entry.QuerySelector("a:not(.still)")!.GetAttribute("href").ShouldBe("/streamers/" + evil);
            entry.QuerySelector("a:not(.still)")!.TextContent.ShouldBe(evil);
            entry.QuerySelector(".c-category")!.TextContent.ShouldStartWith(evil);
        }
    }

    [Fact]
    public void Is_written_once_for_all_who_read_the_same_language()
    {
        Faces.Row(_lana).ShouldBeSameAs(Faces.Row(_lana));
        var english = Faces.Row(_lana with { Status = StreamerStatus.Offline });
        var before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (CultureInfo.GetCultureInfo("es-ES"), CultureInfo.GetCultureInfo("es"));
            Faces.Row(_lana with { Status = StreamerStatus.Offline }).Name.ShouldNotBe(english.Name);
            Draw(_lana with { Viewers = 12_412 }).QuerySelector(".c-viewers")!.TextContent.ShouldBe("12.412");
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = before;
        }
    }

    [Fact]
    public void Keeps_the_parts_that_a_mere_check_or_a_new_count_does_not_change()
    {
        var (old, seen, counted) = (Faces.Row(_lana), Faces.Row(_lana with { CheckedAt = Now.AddSeconds(15) }), Faces.Row(_lana with { Viewers = 500 }));

        (seen with { Check = old.Check }).ShouldBe(old);
        seen.Check.ShouldNotBe(old.Check);
        (counted with { Count = old.Count }).ShouldBe(old);
        counted.Count.ShouldNotBe(old.Count);
    }

    [Theory]
    [InlineData(StreamerStatus.Live, "live")]
    [InlineData(StreamerStatus.Offline, "offline")]
    [InlineData(StreamerStatus.Unknown, "not found")]
    public void Says_its_status_in_a_word(StreamerStatus status, string word)
    {
        var row = Draw(_lana with { Status = status, Viewers = status == StreamerStatus.Live ? 1 : null });

        row.QuerySelector("td.c-status")!.TextContent.ShouldBe(word);
    }

    private IElement Draw(BoardRow row)
    {
        var face = Faces.Row(row);
        return Render(page => page.AddMarkupContent(0, $"<table><tr class=\"{face.Class}\">{face.Name}{face.Count}{face.Story}{face.Check}</tr></table>")).Find("tr");
    }

    private IElement DrawCard(BoardRow row)
    {
        var face = Faces.Card(row);
        return Render(page => page.AddMarkupContent(0, $"<article class=\"{face.Class}\">{face.Still}{face.Name}{face.Count}{face.Story}{face.Check}</article>")).Find("article");
    }
}
