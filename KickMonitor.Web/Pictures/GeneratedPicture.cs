using System.Globalization;
using System.Net;
using System.Text;

namespace KickMonitor.Web.Pictures;

/// <summary>Drawn when there is no picture to show: initials on a colour, and squares that only this streamer has.</summary>
public static class GeneratedPicture
{
    public static string Avatar(long id, string name)
    {
        ulong bits = Scramble((ulong)id);
        int hue = (int)(bits % 360);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 60 60\" width=\"120\" height=\"120\"><rect width=\"60\" height=\"60\" fill=\"hsl({hue},45%,20%)\"/><path fill=\"hsl({hue},45%,26%)\" d=\"");
        for (int cell = 0; cell < 15; cell++)
        {
            if ((bits >> (16 + cell) & 1) == 1)
            {
                (int x, int y) = (cell % 3 * 12, cell / 3 * 12);
                svg.Append(CultureInfo.InvariantCulture, $"M{x} {y}h12v12h-12zM{48 - x} {y}h12v12h-12z");
            }
        }

        svg.Append(CultureInfo.InvariantCulture, $"\"/>{Words(Initials(name), hue, 30, 39, 26)}</svg>");
        return svg.ToString();
    }

    /// <summary>What a broadcast without a picture looks like: a screen that shows nothing.</summary>
    public static string Thumbnail(long id, string name)
    {
        int hue = (int)(Scramble((ulong)id) % 360);
        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 320 180\" width=\"320\" height=\"180\"><rect width=\"320\" height=\"180\" fill=\"hsl({hue},35%,13%)\"/><path stroke=\"hsl({hue},40%,19%)\" stroke-width=\"2\" d=\"M0 22h320M0 46h320M0 70h320M0 94h320M0 118h320M0 142h320M0 166h320\"/>{Words(Initials(name), hue, 160, 108, 54)}</svg>");
    }

    private static string Words(string text, int hue, int x, int y, int size) => string.Create(CultureInfo.InvariantCulture,
        $"<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-family=\"monospace\" font-weight=\"700\" font-size=\"{size}\" fill=\"hsl({hue},70%,78%)\">{WebUtility.HtmlEncode(text)}</text>");

    /// <summary>"Lucky_Paladin881" is LP, "MossySailor" is MS, "lana" is LA.</summary>
    internal static string Initials(string name)
    {
        var starts = new List<Rune>(2);
        Rune? before = null;
        foreach (var rune in name.EnumerateRunes())
        {
            bool isStart = Rune.IsLetter(rune) && (before is not { } b || !Rune.IsLetterOrDigit(b) || (Rune.IsUpper(rune) && Rune.IsLower(b)));
            if (isStart && starts.Count < 2)
            {
                starts.Add(rune);
            }

            before = rune;
        }

        var letters = name.EnumerateRunes().Where(Rune.IsLetterOrDigit).Take(2).ToList();
        var chosen = starts.Count == 2 ? starts : letters;
        return chosen.Count == 0 ? "?" : string.Concat(chosen.Select(r => Rune.ToUpperInvariant(r).ToString()));
    }

    private static ulong Scramble(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
