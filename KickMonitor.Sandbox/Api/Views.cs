namespace KickMonitor.Sandbox;

internal sealed record CategoryView(int Id, string Name, string Thumbnail)
{
    public static CategoryView None { get; } = new(0, "", "");

    public static CategoryView Of(Category category, PictureAddresses pictures) =>
        new(category.Id, category.Name, pictures.OfCategory(category));
}

/// <summary>A field no schema tells of; Kick adds such without notice.</summary>
internal sealed record Experiment(int Bucket)
{
    public static Experiment Of(Streamer streamer) => new((int)(streamer.Id % 7));
}
