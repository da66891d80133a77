using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Live;

/// <summary>What there is to choose from, as HTML: one text for all open pages instead of hundreds of elements that each would keep.</summary>
public static class LiveOptions
{
    private static readonly ConditionalWeakTable<IReadOnlyList<string>, ConcurrentDictionary<string, MarkupString>> Unchosen = [];

    /// <param name="none">What is said while nothing is chosen.</param>
    /// <param name="chosen">Stays on the list while nobody has it.</param>
    public static MarkupString Of(string none, IReadOnlyList<string> choices, string? chosen, string mark = "") => chosen is null
        ? Unchosen.GetOrCreateValue(choices).GetOrAdd(none, _ => Write([(string.Empty, none), .. choices.Select(c => (c, mark + c))], null))
        : Write([(string.Empty, none), .. (choices.Contains(chosen, StringComparer.OrdinalIgnoreCase) ? choices : choices.Append(chosen)).Select(c => (c, mark + c))], chosen);

    public static MarkupString Of(string? chosen, params (string Value, string Label)[] choices) => Write(choices, chosen);

    private static MarkupString Write(IEnumerable<(string Value, string Label)> choices, string? chosen)
    {
        var options = new StringBuilder();
        foreach (var (value, label) in choices)
        {
            string selected = value.Equals(chosen ?? string.Empty, StringComparison.OrdinalIgnoreCase) ? " selected" : string.Empty;
            options.Append("<option value=\"").Append(LiveFaces.Text(value)).Append('"').Append(selected).Append('>').Append(LiveFaces.Text(label)).Append("</option>");
        }

        return new MarkupString(options.ToString());
    }
}
