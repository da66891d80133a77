using System.Globalization;

namespace KickMonitor.Sandbox;

internal static class Names
{
    public const int LongestSlug = 25;

    private static readonly string[] First =
    [
        "Amber", "Ashen", "Azure", "Brave", "Briar", "Cobalt", "Copper", "Crimson", "Crystal", "Dapper", "Dusky", "Ember", "Feral",
        "Frosty", "Gilded", "Gloomy", "Hazel", "Hidden", "Hollow", "Humble", "Icy", "Iron", "Ivory", "Jade", "Jolly", "Lazy", "Lone",
        "Lucky", "Lunar", "Mellow", "Misty", "Mossy", "Nimble", "Noble", "Onyx", "Pale", "Quiet", "Rapid", "Rowdy", "Ruby", "Rusty",
        "Salty", "Scarlet", "Silent", "Silver", "Sleepy", "Sly", "Solar", "Stormy", "Sunny", "Swift", "Thorny", "Tiny", "Velvet",
        "Wild", "Windy", "Witty", "Woolly", "Young", "Zesty",
    ];

    private static readonly string[] Last =
    [
        "Badger", "Bandit", "Bard", "Basilisk", "Beacon", "Bishop", "Boar", "Castle", "Cat", "Comet", "Coyote", "Crow", "Dragon",
        "Drake", "Druid", "Falcon", "Ferret", "Fox", "Gecko", "Ghost", "Giant", "Goblin", "Golem", "Griffin", "Harpy", "Hawk",
        "Heron", "Hydra", "Imp", "Kraken", "Lantern", "Lark", "Lion", "Lynx", "Mage", "Mantis", "Moose", "Nomad", "Oracle", "Otter",
        "Owl", "Paladin", "Panda", "Phoenix", "Pirate", "Pixie", "Ranger", "Raven", "Rogue", "Sailor", "Salmon", "Sphinx", "Squire",
        "Tiger", "Titan", "Troll", "Viper", "Walrus", "Wizard", "Wolf",
    ];

    public static (string Slug, string Name) Next(Random random, Func<string, bool> taken)
    {
        while (true)
        {
            var first = First[random.Next(First.Length)];
            var last = Last[random.Next(Last.Length)];
            var number = random.Next(10) < 4 ? random.Next(1, 1000).ToString(CultureInfo.InvariantCulture) : "";
            var style = random.Next(10);
            var name = style < 4 ? $"{first}_{last}{number}" : $"{first}{last}{number}";

            // Kick turns the underscore of some user names into a hyphen and keeps that of others.
            var slug = style < 3 ? SlugOf(name) : name.ToLowerInvariant();
            if (!taken(slug))
            {
                return (slug, name);
            }
        }
    }

    public static string NameFor(string slug) =>
        string.Join('_', slug.Split('-').Select(part => part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]));

    public static bool IsWellFormed(string slug) =>
        slug.Length is > 0 and <= LongestSlug && slug.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static string SlugOf(string name) => name.ToLowerInvariant().Replace('_', '-');
}
