namespace KickMonitor.Sandbox;

public static class Languages
{
    // Most spoken first; a streamer's language is drawn with that bias.
    public static IReadOnlyList<(string Code, string Name)> All { get; } =
    [
        ("en", "English"), ("es", "Spanish"), ("pt", "Portuguese"), ("ar", "Arabic"), ("tr", "Turkish"), ("fr", "French"),
        ("de", "German"), ("ru", "Russian"), ("it", "Italian"), ("pl", "Polish"), ("ja", "Japanese"), ("ko", "Korean"),
    ];

    public static string NameOf(string code) => All.FirstOrDefault(l => l.Code == code).Name ?? "Other";
}
