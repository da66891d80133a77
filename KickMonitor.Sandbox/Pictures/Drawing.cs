using System.Globalization;
using System.Text;

namespace KickMonitor.Sandbox;

/// <summary>Draws a picture from a number; the same number draws the same picture.</summary>
internal static class Drawing
{
    /// <summary>A mirrored pattern of squares.</summary>
    public static string Avatar(ulong seed)
    {
        var bits = Scramble(seed);
        var hue = (int)(bits % 360);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="150" height="150" viewBox="0 0 10 10"><rect width="10" height="10" fill="hsl({hue} 35% 18%)"/><g fill="hsl({(hue + 40) % 360} 75% 62%)">""");
        for (var cell = 0; cell < 12; cell++)
        {
            if ((bits >> (12 + cell) & 1) == 1)
            {
                var (x, y) = (cell % 3, cell / 3);
                svg.Append(CultureInfo.InvariantCulture, $"""<path d="M{2 + x} {2 + (y * 1.5):0.0}h1v1.5h-1zM{7 - x} {2 + (y * 1.5):0.0}h1v1.5h-1z"/>""");
            }
        }

        return svg.Append("</g></svg>").ToString();
    }

    /// <summary>A landscape, 16 to 9.</summary>
    public static string Scene(ulong seed)
    {
        var bits = Scramble(seed);
        var hue = (int)(bits % 360);
        var sun = (X: 80 + (bits >> 10) % 320, Y: 40 + (bits >> 20) % 80, R: 18 + (bits >> 30) % 26);
        var (left, middle, right) = (120 + (bits >> 36) % 90, 110 + (bits >> 42) % 110, 120 + (bits >> 48) % 90);
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="480" height="270" viewBox="0 0 480 270">
            <rect width="480" height="270" fill="hsl({hue} 45% 22%)"/>
            <circle cx="{sun.X}" cy="{sun.Y}" r="{sun.R}" fill="hsl({(hue + 50) % 360} 80% 66%)"/>
            <path d="M0 {left}L160 {middle}L330 {left + 20}L480 {right}V270H0z" fill="hsl({(hue + 20) % 360} 40% 32%)"/>
            <path d="M0 {right + 50}L120 {left + 40}L300 {middle + 60}L480 {left + 30}V270H0z" fill="hsl({(hue + 330) % 360} 45% 15%)"/>
            </svg>
            """;
    }

    /// <summary>A box of stripes, 3 to 4.</summary>
    public static string Cover(ulong seed)
    {
        var hue = (int)(Scramble(seed) % 360);
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="285" height="380" viewBox="0 0 285 380">
            <rect width="285" height="380" fill="hsl({hue} 50% 30%)"/>
            <path d="M0 280L285 120V200L0 360z" fill="hsl({(hue + 30) % 360} 70% 55%)"/>
            <circle cx="142" cy="150" r="70" fill="hsl({(hue + 180) % 360} 60% 60%)"/>
            </svg>
            """;
    }

    private static ulong Scramble(ulong x)
    {
        x = (x + 0x9E3779B97F4A7C15UL) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
