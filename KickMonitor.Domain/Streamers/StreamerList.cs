using System.Text;
using System.Text.Json;

namespace KickMonitor.Domain.Streamers;

/// <summary>
/// Reads a list of slugs as people export them: one a line or CSV with a comma or semicolon, a heading or none, a byte-order
/// mark or none, comments after a #; or JSON, a list of names or of objects. Columns or properties called tags, notes and
/// priority are taken along.
/// </summary>
public static class StreamerList
{
    public const int MostLines = 20_000;

    /// <summary>That one entry has; whoever forgets to close a quote loses no more.</summary>
    private const int MostLinesOfOne = 200;
    private static readonly string[] Headings = ["slug", "streamer", "channel", "name", "username", "url"];

    /// <summary>One entry per line that holds anything, in order, duplicates included; one more than <see cref="MostLines"/> if there are more.</summary>
    /// <param name="text">The file; bytes that are no UTF-8 have become U+FFFD and fail as slugs later.</param>
    public static IReadOnlyList<ListedStreamer> Read(string text)
    {
        if (text.AsSpan().TrimStart("\uFEFF \t\r\n") is ['[' or '{', ..])
        {
            return ReadJson(text.TrimStart('\uFEFF'));
        }

        var entries = new List<ListedStreamer>();
        List<string> headings = [];
        int column = 0;
        foreach (var (number, fields) in Lines(text.TrimStart('\uFEFF')))
        {
            if (fields.All(string.IsNullOrWhiteSpace) || fields[0].TrimStart().StartsWith('#'))
            {
                continue;
            }

            if (entries.Count == 0 && Heading(fields) is { } found)
            {
                (column, headings) = (found, fields.ConvertAll(f => f.Trim().ToLowerInvariant()));
                continue;
            }

            entries.Add(new ListedStreamer(number, column < fields.Count ? fields[column].Trim() : string.Empty)
            {
                Tags = Named(fields, headings, "tags"),
                Notes = Named(fields, headings, "notes"),
                Priority = ReadPriority(Named(fields, headings, "priority")),
            });
            if (entries.Count > MostLines)
            {
                break;
            }
        }

        return entries;
    }

    private static IReadOnlyList<ListedStreamer> ReadJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var items = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("items", out var inside) ? inside : document.RootElement;
            return items.ValueKind != JsonValueKind.Array ? [new ListedStreamer(1, string.Empty)] : [.. items.EnumerateArray().Take(MostLines + 1).Select((item, i) => Of(item, i + 1))];
        }
        catch (JsonException e)
        {
            return [new ListedStreamer((int)(e.LineNumber ?? 0) + 1, string.Empty)];
        }
    }

    private static ListedStreamer Of(JsonElement item, int number) => item.ValueKind == JsonValueKind.Object
        ? new ListedStreamer(number, Text(item, "slug") ?? string.Empty) { Tags = Text(item, "tags"), Notes = Text(item, "notes"), Priority = ReadPriority(Text(item, "priority")) }
        : new ListedStreamer(number, item.ValueKind == JsonValueKind.String ? item.GetString()! : string.Empty);

    private static string? Text(JsonElement item, string name) => !item.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => string.Join(' ', value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString())),
        _ => null,
    };

    private static string? Named(List<string> fields, List<string> headings, string heading) =>
        headings.IndexOf(heading) is >= 0 and var at && at < fields.Count && fields[at].Trim() is { Length: > 0 } value ? value : null;

    private static StreamerPriority? ReadPriority(string? text) => Enum.TryParse<StreamerPriority>(text, ignoreCase: true, out var priority) && Enum.IsDefined(priority) ? priority : null;

    private static int? Heading(List<string> fields)
    {
        foreach (string heading in Headings)
        {
            int at = fields.FindIndex(f => f.Trim().Equals(heading, StringComparison.OrdinalIgnoreCase));
            if (at >= 0)
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>A line goes on where a quote is open, so that a note can have several; a quote that nobody closes is none.</summary>
    private static IEnumerable<(int Number, List<string> Fields)> Lines(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            int first = i;
            string line = lines[i].TrimEnd('\r');
            var (fields, isOpen) = Fields(line);
            isOpen &= !line.TrimStart().StartsWith('#');
            for (int next = i + 1; isOpen && next < lines.Length && next - first < MostLinesOfOne; next++)
            {
                line += "\n" + lines[next].TrimEnd('\r');
                (var more, isOpen) = Fields(line);
                (fields, i) = isOpen ? (fields, i) : (more, next);
            }

            yield return (first + 1, fields);
        }
    }

    private static (List<string> Fields, bool IsOpen) Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        bool isField = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
                isField = quoted && field.Length == 0;
            }
            else if (c is ',' or ';' or '\t' && !quoted)
            {
                Add();
            }
            else
            {
                field.Append(c);
            }
        }

        Add();
        return (fields, quoted && isField);

        void Add()
        {
            // The apostrophe with which an export keeps spreadsheets from taking a text for a formula.
            string text = field.ToString();
            fields.Add(text is ['\'', '=' or '+' or '-' or '@', ..] ? text[1..] : text);
            field.Clear();
        }
    }
}

public sealed record ListedStreamer(int Line, string Text)
{
    /// <summary>Separated by spaces.</summary>
    public string? Tags { get; init; }

    public string? Notes { get; init; }

    public StreamerPriority? Priority { get; init; }
}

/// <summary>What a list comes to before anybody is asked.</summary>
/// <param name="Wanted">Each once, by the slug.</param>
/// <param name="Bad">What no slug looks like.</param>
/// <param name="Doubled">How many name somebody who is there already.</param>
public sealed record SortedList(List<ListedStreamer> Wanted, List<ListedStreamer> Bad, int Doubled)
{
    public static SortedList Of(IReadOnlyList<ListedStreamer> lines)
    {
        var sorted = new SortedList([], [], 0);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (Slug.Parse(line.Text) is not { } slug)
            {
                sorted.Bad.Add(line);
            }
            else if (seen.Add(slug))
            {
                sorted.Wanted.Add(line with { Text = slug });
            }
        }

        return sorted with { Doubled = lines.Count - sorted.Wanted.Count - sorted.Bad.Count };
    }
}
