namespace KickMonitor.Sandbox;

internal static class Titles
{
    private static readonly string[] Any =
    [
        "{0} until the coffee runs out", "first time {0}, no spoilers please", "late night {0} and bad decisions", "{0} with viewers | !join",
        "road to the top in {0} 🔥", "chill {0}, come say hi", "24h {0} marathon, hour {1}", "{0}: day {1}", "learning {0} the hard way",
        "new setup, same {0}", "{0} but every death is {1} pushups", "back from holidays | {0}", "{0} ranked grind, {1} wins to go",
        "blind run, {0} ☕", "{0} y charla tranquila", "noche de {0} con la gente", "hoje tem {0} até tarde", "akşam {0} sohbeti",
        "{0} <no mic> just vibes", "subathon day {1} & {0}", "trying \"{0}\" on hard", "challenge: {0} without a map",
    ];

    public static string Next(Random random, Category category) =>
        string.Format(null, Any[random.Next(Any.Length)], category.Name, random.Next(2, 40));
}
