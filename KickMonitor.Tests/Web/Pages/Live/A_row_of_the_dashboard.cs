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
        Services.AddSingleton(TimeProvider.System).AddStorage("Host=/nowhere").AddMonitoring().AddSingleton<Sparklines>();

    [Fact]
    public void Shows_a_doubtful_count_as_doubtful()
    {
        var row = Render<LiveRow>(p => p.Add(r => r.Row, _lana with { ViewerQuality = ViewerQuality.Glitch }));

        row.Find(".c-viewers").TextContent.ShouldBe("412?");
        row.Find(".c-viewers").GetAttribute("title").ShouldNotBeNull().ShouldContain("cannot be right");
    }

    [Fact]
    public void Shows_markup_in_a_title_as_text()
    {
        var row = Render<LiveRow>(p => p.Add(r => r.Row, _lana with { Title = "<img src=x onerror=alert(1)>" }));

        row.FindAll("img:not(.avatar)").ShouldBeEmpty();
        row.Find(".c-title").TextContent.ShouldBe("<img src=x onerror=alert(1)>");
    }

    [Fact]
    public void Is_not_drawn_again_for_the_same_row()
    {
        var row = Render<LiveRow>(p => p.Add(r => r.Row, _lana));
        int drawn = row.RenderCount;

        row.Render(p => p.Add(r => r.Row, _lana));

        row.RenderCount.ShouldBe(drawn);
    }

    [Fact]
    public void Lights_up_for_news_but_not_for_a_mere_check()
    {
        var row = Render<LiveRow>(p => p.Add(r => r.Row, _lana));

        row.Render(p => p.Add(r => r.Row, _lana with { CheckedAt = Now.AddSeconds(15) }));
        row.Find("tr").ClassList.ShouldNotContain(c => c.StartsWith("lit", StringComparison.Ordinal));

        row.Render(p => p.Add(r => r.Row, _lana with { Viewers = 500 }));
        row.Find("tr").ClassList.ShouldContain("lit-a");
        row.Render(p => p.Add(r => r.Row, _lana with { Viewers = 501 }));
        row.Find("tr").ClassList.ShouldContain("lit-b");
    }

    [Theory]
    [InlineData(StreamerStatus.Live, "live")]
    [InlineData(StreamerStatus.Offline, "offline")]
    [InlineData(StreamerStatus.Unknown, "not found")]
    public void Says_its_status_in_a_word(StreamerStatus status, string word)
    {
        var row = Render<LiveRow>(p => p.Add(r => r.Row, _lana with { Status = status, Viewers = status == StreamerStatus.Live ? 1 : null }));

        row.Find("td.c-status").TextContent.ShouldBe(word);
    }
}
