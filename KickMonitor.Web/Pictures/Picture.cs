namespace KickMonitor.Web.Pictures;

/// <summary>A picture of a kind that browsers draw and that cannot carry a script.</summary>
public sealed record Picture(byte[] Bytes, string ContentType)
{
    private static readonly string[] Kinds = ["image/png", "image/jpeg", "image/webp", "image/gif"];

    /// <summary>Tells the kind from the first bytes; what a server calls it proves nothing.</summary>
    /// <returns>Null if it is no picture, or one of a kind that is not shown (SVG above all).</returns>
    public static Picture? Of(byte[] bytes) => Array.Find(Kinds, k => IsOfKind(bytes, k)) is { } kind ? new Picture(bytes, kind) : null;

    private static bool IsOfKind(ReadOnlySpan<byte> bytes, string kind) => kind switch
    {
        "image/png" => bytes.Length > 4 && bytes[0] == 0x89 && bytes[1..].StartsWith("PNG\r\n\u001A\n"u8),
        "image/jpeg" => bytes is [0xFF, 0xD8, 0xFF, ..],
        "image/webp" => bytes.Length > 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8),
        _ => bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8),
    };
}

/// <summary>Why there is no picture.</summary>
public enum PictureRefusal
{
    HostNotAllowed,
    PrivateAddress,
    Redirected,
    NotFound,
    TooLarge,
    TooSlow,
    NotAPicture,
    Unreachable,
}

/// <summary>What asking for a picture came to.</summary>
public abstract record FetchPicture
{
    public sealed record Fetched(Picture Picture) : FetchPicture;

    public sealed record Refused(PictureRefusal Why) : FetchPicture;
}
