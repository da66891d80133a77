using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Texts;

namespace KickMonitor.Tests.Web.Texts;

/// <summary>Holds the files of texts to the pages that use them.</summary>
public sealed partial class Texts_in_every_language
{
    private static readonly string Root = FindRoot();
    private static readonly Dictionary<string, string> Pages = Read("KickMonitor.Web");
    private static readonly Dictionary<string, string> Domain = Read("KickMonitor.Domain");

    public static TheoryData<string> Translated => [.. Translation.Written.Skip(1)];

    [Theory]
    [MemberData(nameof(Translated))]
    public void Every_text_of_a_page_is_there(string language)
    {
        var texts = TextsIn(language).Select(t => t.English).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var used = Pages.SelectMany(s => Used().Matches(s.Value).Select(m => (s.Key, Text: m.Groups["text"].Value)))
            .Concat(Domain.SelectMany(s => Said().Matches(s.Value).Select(m => (s.Key, Text: m.Groups["text"].Value))))
            .Concat(Domain.Concat(Pages).SelectMany(s => Described().Matches(s.Value).Select(m => (s.Key, Text: m.Groups["text"].Value)))).ToList();

        used.Count.ShouldBeGreaterThan(100, "the texts are still found in the sources");
        used.Where(u => !texts.Contains(u.Text)).Select(u => $"{u.Key}: {u.Text}").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Translated))]
    public void No_text_is_there_twice_or_for_nobody(string language)
    {
        var texts = TextsIn(language);

        texts.GroupBy(t => t.English, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty("twice");
        texts.Where(t => !Pages.Values.Concat(Domain.Values).Any(s => s.Contains($"\"{t.English}\"", StringComparison.OrdinalIgnoreCase))).Select(t => t.English).ShouldBeEmpty("for nobody");
    }

    [Theory]
    [MemberData(nameof(Translated))]
    public void No_translation_loses_a_place_for_a_value(string language) =>
        TextsIn(language).Where(t => string.IsNullOrWhiteSpace(t.Text) || !Places(t.English).SequenceEqual(Places(t.Text))).Select(t => $"{t.English} → {t.Text}").ShouldBeEmpty();

    [Fact]
    public void A_text_is_written_where_it_is_used_so_that_it_can_be_found() =>
        Pages.Where(s => !s.Key.StartsWith("KickMonitor.Web/Texts/", StringComparison.Ordinal)).SelectMany(s => Hidden().Matches(s.Value).Select(m => $"{s.Key}: {m.Value}")).ShouldBeEmpty();

    [Theory]
    [InlineData("channel.followed", "not JSON")]
    [InlineData("channel.followed", "[]")]
    [InlineData("channel.followed", "{}")]
    [InlineData("channel.followed", """{"broadcaster":{"user_id":1}}""")]
    [InlineData("channel.followed", """{"\ud800":1,"broadcaster":{"user_id":1}}""")]
    [InlineData("channel.followed", "\u00ff")]
    public void Why_an_event_cannot_be_understood_is_said_in_the_readers_language(string type, string body)
    {
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("es");
            EventSentence.Of(KickEventReader.Read(type, Encoding.Latin1.GetBytes(body)), type, Translation.T.Say).ShouldMatch("^Est[eo] .*(el|al) cuerpo ");
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    private static List<(string English, string Text)> TextsIn(string language) =>
        [.. XDocument.Load(Path.Combine(Root, "KickMonitor.Web", "Texts", $"Texts.{language}.resx")).Root!.Elements("data").Select(d => (d.Attribute("name")!.Value, d.Element("value")!.Value))];

    private static IEnumerable<string> Places(string text) => Place().Matches(text).Select(m => m.Value).Order(StringComparer.Ordinal);

    private static Dictionary<string, string> Read(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, project), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Select(f => KeyValuePair.Create(Path.GetRelativePath(Root, f), f))
            .Where(f => !f.Key.Contains("/obj/", StringComparison.Ordinal) && !f.Key.Contains("/bin/", StringComparison.Ordinal))
            .Select(f => KeyValuePair.Create(f.Key, File.ReadAllText(f.Value))).ToDictionary();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "KickMonitor.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("""(?:\bT\[|ErrorMessage = )"(?<text>[^"]*)"(?=[\],)])""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Used();

    [GeneratedRegex("""\bsay\("(?<text>[^"]*)"(?=[,)])""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Said();

    [GeneratedRegex("""(?:\[Setting\("|WithIdentity\([^"]*WithDescription\("|AddFlag\((?:[A-Za-z.]+|"[a-z.]+"), ")(?<text>[^"]+)""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Described();

    [GeneratedRegex("""\bT\[(?!")[^\]\n]*\]""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Hidden();

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Place();
}
