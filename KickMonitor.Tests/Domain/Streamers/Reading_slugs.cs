using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Pages.Admin;

namespace KickMonitor.Tests.Domain.Streamers;

public sealed class Reading_slugs
{
    [Theory]
    [InlineData("lana", "lana")]
    [InlineData("  Lana_Lantern  ", "lana_lantern")]
    [InlineData("@lana", "lana")]
    [InlineData("kick.com/lana", "lana")]
    [InlineData("https://kick.com/Lana", "lana")]
    [InlineData("https://www.kick.com/lana/", "lana")]
    [InlineData("http://kick.com/lana?tab=videos#x", "lana")]
    [InlineData("HTTPS://KICK.COM/lana", "lana")]
    [InlineData("https://kick.com/lana/videos", "lana")]
    [InlineData("a23456789012345678901234x", "a23456789012345678901234x")]
    [InlineData("a234567890123456789012345x", null)]
    [InlineData("la na", null)]
    [InlineData("https://twitch.tv/lana", null)]
    [InlineData("https://kick.com.evil.org/lana", null)]
    [InlineData("https://kick.com/", null)]
    [InlineData("läna", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void What_people_paste(string? text, string? slug) => Slug.Parse(text).ShouldBe(slug);

    [Fact]
    public void A_list_may_have_a_mark_a_heading_quotes_comments_and_any_line_ends()
    {
        const string file = "\uFEFFid;Slug;note\r\n1;\"lana\";\"likes; semicolons\"\r\n\r\n# a comment\r\n2;miro\r\n3\r\n";

        StreamerList.Read(file).ShouldBe([new(2, "lana"), new(5, "miro"), new(6, "")]);
    }

    [Fact]
    public void Plain_lines_are_slugs() => StreamerList.Read("lana\nhttps://kick.com/miro\n\n").Select(e => e.Text).ShouldBe(["lana", "https://kick.com/miro"]);

    [Fact]
    public void Separators_in_quotes_separate_nothing() =>
        StreamerList.Read("name,slug\n\"Lana, the \"\"one\"\"\",lana\n\"Miro; Mo\",miro\n").Select(e => e.Text).ShouldBe(["lana", "miro"]);

    [Fact]
    public void Five_thousand_lines_are_read_and_endless_ones_are_cut()
    {
        StreamerList.Read(string.Join("\r\n", Enumerable.Range(0, 5000).Select(i => $"s{i}"))).Count.ShouldBe(5000);
        StreamerList.Read(string.Join('\n', Enumerable.Range(0, 30_000).Select(i => $"s{i}"))).Count.ShouldBe(StreamerList.MostLines + 1, "whoever reads it sees that there are more");
    }

    [Fact]
    public void A_note_of_several_lines_is_one_entry_and_a_forgotten_quote_swallows_nothing()
    {
        const string file = "slug,notes\nlana,\"call her\n\notto knows, too\"\n# she said \"no\nbo\"b\nmiro,\"open\nada\nlast\n";

        StreamerList.Read(file).Select(e => (e.Line, e.Text, e.Notes)).ShouldBe(
            [(2, "lana", "call her\n\notto knows, too"), (6, "bob", null), (7, "miro", "open"), (8, "ada", null), (9, "last", null)]);
    }

    [Fact]
    public void What_an_export_keeps_spreadsheets_from_calculating_is_read_as_it_was() =>
        StreamerList.Read("slug,notes\n'-lana,'=SUM(A1)\n").ShouldBe([new(2, "-lana") { Notes = "=SUM(A1)" }]);

    [Theory]
    [InlineData("-lana", "=1+1")]
    [InlineData("lana", "two\nlines; \"quoted\", and more")]
    [InlineData("lana", "+34 600")]
    [InlineData("lana", "ñandú")]
    public void What_is_exported_is_read_again_as_it_was(string slug, string notes) =>
        StreamerList.Read("\uFEFFslug,name,notes\r\n" + Csv.Line(slug, "@x", notes) + "\r\n").ShouldBe([new(2, slug) { Notes = notes }]);

    [Fact]
    public void A_sorted_list_has_each_once_and_counts_the_rest()
    {
        var (wanted, bad, doubled) = SortedList.Of(StreamerList.Read("lana\n@Lana\nno slug\nmiro\nhttps://kick.com/lana\n"));

        wanted.Select(w => w.Text).ShouldBe(["lana", "miro"]);
        bad.ShouldHaveSingleItem().Text.ShouldBe("no slug");
        doubled.ShouldBe(2);
    }

    [Fact]
    public void Nothing_is_no_list() => StreamerList.Read("").ShouldBeEmpty();
}
