using System.Collections;
using System.Collections.Frozen;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Texts;

/// <summary>
/// What pages say, in the language of whoever reads it: <c>@T["live"]</c>. The English text stands in the page and is
/// the key to the others, one file a language. In memory and without allocations, because every row of the dashboard asks.
/// </summary>
public sealed partial class Translation
{
    /// <summary>The languages that there are texts in, by their two letters; the first is what the texts are written in.</summary>
    public static readonly IReadOnlyList<string> Written = ["en", "es"];

    private readonly FrozenDictionary<string, FrozenDictionary<string, string>> _texts = Written.Skip(1).ToFrozenDictionary(l => l, Read);

    public static Translation T { get; } = new();

    public string this[string english] => Find(english);

    /// <summary>With values at {0}, {1:N0} and so on, written as the reader writes numbers.</summary>
    public string this[string english, params ReadOnlySpan<object?> values] => string.Format(CultureInfo.CurrentCulture, Find(english), values);

    /// <summary>With elements at {0}, {1} and so on: a link or a moment within a sentence.</summary>
    public RenderFragment this[string english, params RenderFragment[] elements] => builder =>
    {
        string text = Find(english);
        int at = 0;
        foreach (var place in Places().EnumerateMatches(text))
        {
            builder.AddContent(0, text[at..place.Index]);
            builder.AddContent(1, elements[text[place.Index + 1] - '0']);
            at = place.Index + place.Length;
        }

        builder.AddContent(2, text[at..]);
    };

    /// <summary>A sentence that was not written for a page, such as a refusal of the domain's: in the reader's language where there is a text for it.</summary>
    public string Known(string sentence) => Find(sentence);

    /// <summary>The same with values.</summary>
    public string Say(string sentence, params object?[] values) => string.Format(CultureInfo.CurrentCulture, Find(sentence), values);

    private static FrozenDictionary<string, string> Read(string language)
    {
        var resources = new ResourceManager("KickMonitor.Web.Texts.Texts", typeof(Translation).Assembly);
        using var texts = resources.GetResourceSet(CultureInfo.GetCultureInfo(language), createIfNotExists: true, tryParents: false);
        return texts?.Cast<DictionaryEntry>().SelectMany(t => BothCases((string)t.Key, (string)t.Value!)).ToFrozenDictionary(StringComparer.Ordinal)
            ?? throw new InvalidOperationException($"The texts in “{language}” are missing beside the program.");
    }

    /// <summary>Resources do not tell “Live” from “live”: one text is there for both, and begins as the English one does.</summary>
    private static IEnumerable<KeyValuePair<string, string>> BothCases(string english, string text) =>
        english is [var first, ..] && char.IsLetter(first) && char.IsUpper(first) == char.IsUpper(text[0])
            ? [new(english, text), new(Turned(english), Turned(text))]
            : [new(english, text)];

    private static string Turned(string text) => (char.IsUpper(text[0]) ? char.ToLowerInvariant(text[0]) : char.ToUpperInvariant(text[0])) + text[1..];

    private string Find(string english) =>
        _texts.TryGetValue(CultureInfo.CurrentUICulture.TwoLetterISOLanguageName, out var texts) ? texts.GetValueOrDefault(english, english) : english;

    [GeneratedRegex(@"\{\d\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Places();
}
