using System.Text;

namespace KickMonitor.Web.Public;

/// <summary>Text as XML can hold it: Kick's titles may contain what no XML document may.</summary>
internal static class Printable
{
    public static string Of(string? text)
    {
        var kept = new StringBuilder();
        foreach (var rune in (text ?? string.Empty).EnumerateRunes())
        {
            if (!Rune.IsControl(rune) && rune.Value is not (0xFFFE or 0xFFFF))
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString();
    }
}
