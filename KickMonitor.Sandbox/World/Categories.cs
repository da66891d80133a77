namespace KickMonitor.Sandbox;

public static class Categories
{
    public static IReadOnlyList<Category> All { get; } =
    [
        new(5, "Grand Theft Auto V", "Open World"),
        new(8, "League of Legends", "MOBA"),
        new(9, "Fortnite", "Battle Royale"),
        new(10, "Minecraft", "Sandbox"),
        new(12, "Apex Legends", "Battle Royale"),
        new(14, "Dota 2", "MOBA"),
        new(15, "Just Chatting", "IRL"),
        new(19, "Counter-Strike 2", "FPS"),
        new(21, "World of Warcraft", "MMO"),
        new(27, "Escape from Tarkov", "FPS"),
        new(28, "Slots & Casino", "Gambling"),
        new(31, "Rust", "Survival"),
        new(33, "Path of Exile 2", "RPG"),
        new(36, "Old School RuneScape", "MMO"),
        new(39, "Teamfight Tactics", "Strategy"),
        new(42, "Chess", "Board Games"),
        new(47, "Rocket League", "Sports"),
        new(49, "EA Sports FC 26", "Sports"),
        new(53, "Dead by Daylight", "Horror"),
        new(58, "Overwatch 2", "FPS"),
        new(64, "VALORANT", "FPS"),
        new(71, "Sea of Thieves", "Adventure"),
        new(74, "Elden Ring", "RPG"),
        new(80, "Stardew Valley", "Simulation"),
        new(86, "Geometry Dash", "Platformer"),
        new(93, "Factorio", "Simulation"),
        new(101, "Baldur's Gate 3", "RPG"),
        new(110, "iRacing", "Racing"),
        new(118, "Street Fighter 6", "Fighting"),
        new(123, "Hollow Knight: Silksong", "Platformer"),
        new(131, "Pokémon GO", "IRL"),
        new(144, "Music", "Creative"),
        new(150, "Art", "Creative"),
        new(157, "Food & Drink", "IRL"),
        new(163, "Travel & Outdoors", "IRL"),
        new(170, "Fitness & Health", "IRL"),
        new(182, "Software Development", "Creative"),
        new(191, "Pools, Hot Tubs & Beaches", "IRL"),
        new(204, "Retro Games", "Retro"),
        new(222, "Talk Shows & Podcasts", "IRL"),
        new(240, "Speedrunning", "Retro"),
        new(8549, "Sleep & Study", "IRL"),
    ];

    public static Category? Find(int id) => All.FirstOrDefault(c => c.Id == id);

    public static Category? Find(string name) =>
        All.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
