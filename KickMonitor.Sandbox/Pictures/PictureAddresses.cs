namespace KickMonitor.Sandbox;

/// <summary>Addresses of generated pictures, on whatever host the answer was asked from.</summary>
internal sealed record PictureAddresses(HttpRequest Request)
{
    private string Base => $"{Request.Scheme}://{Request.Host}/pictures";

    public string OfUser(Streamer streamer) => $"{Base}/users/{streamer.Id}.svg";

    public string OfBroadcast(Guid id) => $"{Base}/broadcasts/{id}.svg";

    public string OfCategory(Category category) => $"{Base}/categories/{category.Id}.svg";

    public string OfBanner(Streamer streamer) => $"{Base}/banners/{streamer.Id}.svg";
}
