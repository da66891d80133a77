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
    private static readonly string[] Headings = ["slug", "streamer", "channel", "name", "username", "url"];

    /// <summary>One entry per line that holds anything, in order, duplicates included.</summary>
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
        int number = 0;
        foreach (string line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var fields = Fields(line.TrimEnd('\r'));
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
            if (entries.Count == MostLines)
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
            return items.ValueKind != JsonValueKind.Array ? [new ListedStreamer(1, string.Empty)] : [.. items.EnumerateArray().Take(MostLines).Select((item, i) => Of(item, i + 1))];
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

    private static List<string> Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
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
            }
            else if (c is ',' or ';' or '\t' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}

public sealed record ListedStreamer(int Line, string Text)
{
    /// <summary>Separated by spaces.</summary>
    public string? Tags { get; init; }

    public string? Notes { get; init; }

    public StreamerPriority? Priority { get; init; }
}
