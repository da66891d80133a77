using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace KickMonitor.Sandbox;

/// <summary>Where a page ended, opaque to whoever carries it.</summary>
internal sealed record Cursor(long Rank, long Id)
{
    public override string ToString() => Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{Rank}:{Id}"));

    public static Cursor? Parse(string text)
    {
        if (!Base64Url.IsValid(text))
        {
            return null;
        }

        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split(':');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var rank)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new Cursor(rank, id)
            : null;
    }
}
