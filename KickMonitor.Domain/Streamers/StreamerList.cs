using System.Text;

namespace KickMonitor.Domain.Streamers;

/// <summary>
/// Reads a list of slugs as people export them: one a line or CSV with a comma or semicolon, a heading or none, a byte-order
/// mark or none, comments after a #.
/// </summary>
public static class StreamerList
{
    public const int MostLines = 20_000;
    private static readonly string[] Headings = ["slug", "streamer", "channel", "name", "username", "url"];

    /// <summary>One entry per line that holds anything, in order, duplicates included.</summary>
    /// <param name="text">The file; bytes that are no UTF-8 have become U+FFFD and fail as slugs later.</param>
    public static IReadOnlyList<ListedStreamer> Read(string text)
    {
        var entries = new List<ListedStreamer>();
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
                column = found;
                continue;
            }

            entries.Add(new ListedStreamer(number, column < fields.Count ? fields[column].Trim() : string.Empty));
            if (entries.Count == MostLines)
            {
                break;
            }
        }

        return entries;
    }

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

public sealed record ListedStreamer(int Line, string Text);
