namespace KickMonitor.Web.Components;

/// <summary>
/// How one browser wants things to look. Kept in a cookie that app.js writes, so that the first paint is right on every page,
/// also for somebody who is not signed in.
/// </summary>
public sealed class Look
{
    public const string Cookie = "kickmonitor.look";

    public static readonly IReadOnlyList<string> Themes = ["dark", "contrast", "light"];

    public string Theme { get; private init; } = Themes[0];

    /// <summary>Scanlines and glow.</summary>
    public bool HasEffects { get; private init; } = true;

    public bool IsDense { get; set; }

    public bool HasCards { get; set; }

    /// <summary>Favourites stand before the others, whatever the order.</summary>
    public bool HasStarsFirst { get; set; } = true;

    /// <summary>What the cookie says, like "light.plain.dense.cards"; words it does not know are left out.</summary>
    public static Look Parse(string? text)
    {
        string[] words = text is { Length: < 100 } ? text.Split('.') : [];
        return new Look
        {
            Theme = Themes.FirstOrDefault(words.Contains) ?? Themes[0],
            HasEffects = !words.Contains("plain"),
            IsDense = words.Contains("dense"),
            HasCards = words.Contains("cards"),
            HasStarsFirst = !words.Contains("mixed"),
        };
    }

    public override string ToString() =>
        string.Join('.', new[] { Theme, HasEffects ? null : "plain", IsDense ? "dense" : null, HasCards ? "cards" : null, HasStarsFirst ? null : "mixed" }.OfType<string>());
}
