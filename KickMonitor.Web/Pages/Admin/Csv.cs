using System.Text;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>Lines of CSV that a spreadsheet takes for text and never for a formula.</summary>
public static class Csv
{
    /// <summary>With the mark by which spreadsheets know that names have accents.</summary>
    public static readonly Encoding Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true);

    public static string Line(params ReadOnlySpan<string?> fields)
    {
        var cells = new string[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            cells[i] = Cell(fields[i]);
        }

        return string.Join(',', cells);
    }

    private static string Cell(string? text)
    {
        text ??= string.Empty;
        if (text is [('=' or '+' or '-' or '@' or '\t' or '\r'), ..])
        {
            text = "'" + text;
        }

        return text.AsSpan().IndexOfAny(",\";\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
