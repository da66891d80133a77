namespace KickMonitor.Domain.Storage;

/// <summary>Patterns for LIKE in which what people type stands for itself.</summary>
public static class Like
{
    public static string Contains(string text) =>
        $"%{text.Replace("\0", string.Empty, StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
