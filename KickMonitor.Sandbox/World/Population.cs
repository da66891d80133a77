namespace KickMonitor.Sandbox;

/// <summary>Draws streamers and broadcasts; the same seed draws the same ones.</summary>
internal sealed class Population(int seed)
{
    private readonly Random _random = new(seed);
    private long _lastId = 1_000_000;

    public Streamer Next(Func<string, bool> taken)
    {
        var (slug, name) = Names.Next(_random, taken);
        return Next(slug, name);
    }

    public Streamer Next(string slug, string name)
    {
        _lastId += _random.Next(1, 900);
        var audience = (int)Math.Clamp(LogNormal(median: 60, spread: 1.6), 1, 90_000);
        return new Streamer
        {
            Id = _lastId,
            ChannelId = 7_000_000 + ((_lastId - 1_000_000) * 2),
            Slug = slug,
            Name = name,
            Language = Languages.All[(int)(Languages.All.Count * Math.Pow(_random.NextDouble(), 2.5))].Code,
            Audience = audience,
            Followers = (int)(audience * (20 + (_random.NextDouble() * 180))),
            Subscribers = (int)(audience * _random.NextDouble() * 0.8),
            HomeCategory = Categories.All[(int)(Categories.All.Count * Math.Pow(_random.NextDouble(), 1.3))],
        };
    }

    public Category Category(Streamer streamer) =>
        _random.Next(10) < 7 ? streamer.HomeCategory : Categories.All[_random.Next(Categories.All.Count)];

    public string Title(Category category) => Titles.Next(_random, category);

    public (string Slug, string Name) Name(Func<string, bool> taken) => Names.Next(_random, taken);

    public Guid BroadcastId()
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes);
    }

    public double Share() => _random.NextDouble();

    public int Index(int count) => _random.Next(count);

    public double LogNormal(double median, double spread)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return median * Math.Exp(spread * normal);
    }

    public TimeSpan Around(TimeSpan median, double spread) => median * LogNormal(1, spread);
}
