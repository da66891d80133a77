using System.Globalization;
using System.Text;
using System.Xml.Linq;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Public;

/// <summary>A streamer's state as a small picture, for pages elsewhere. Written as XML, so that a name is a name whatever it holds.</summary>
internal static class Badge
{
    private const int Letter = 7;
    private const int Margin = 8;
    private const int Longest = 24;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static byte[] Draw(BoardRow row)
    {
        string name = Printable.Of(row.DisplayName) is { Length: > Longest } text ? text[..Longest] + "…" : Printable.Of(row.DisplayName);
        string state = row.Status switch
        {
            StreamerStatus.Live => row.Viewers is { } viewers ? $"live · {viewers.ToString("N0", CultureInfo.InvariantCulture)}" : "live",
            StreamerStatus.Offline => "offline",
            _ => "unknown",
        };
        int left = (name.Length * Letter) + (2 * Margin);
        int right = (state.Length * Letter) + (2 * Margin);
        var picture = new XElement(
            Svg + "svg",
            new XAttribute("width", left + right), new XAttribute("height", 20), new XAttribute("role", "img"), new XAttribute("aria-label", $"{name}: {state}"),
            new XElement(Svg + "title", $"{name}: {state}"),
            Box(0, left, "#10140f"), Box(left, right, row.IsLive ? "#45f28a" : "#4a5a44"),
            Words(name, Margin, left, "#ffa32b"), Words(state, left + Margin, right, row.IsLive ? "#02140a" : "#d8e2cf"));
        return Encoding.UTF8.GetBytes(picture.ToString(SaveOptions.DisableFormatting));
    }

    private static XElement Box(int x, int width, string colour) => new(
        Svg + "rect", new XAttribute("x", x), new XAttribute("width", width), new XAttribute("height", 20), new XAttribute("fill", colour));

    /// <summary>Fitted to its box, whatever face the reader has.</summary>
    private static XElement Words(string text, int x, int box, string colour) => new(
        Svg + "text", new XAttribute("x", x), new XAttribute("y", 14), new XAttribute("fill", colour),
        new XAttribute("font-family", "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"), new XAttribute("font-size", 12),
        new XAttribute("textLength", box - (2 * Margin)), new XAttribute("lengthAdjust", "spacingAndGlyphs"), text);
}
