using System.Text.Json;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Domain.Kick;

/// <summary>From Kick's JSON to records. Rows without an identity are left out.</summary>
internal static class KickJson
{
    public static List<KickLivestream> Livestreams(JsonElement data)
    {
        var rows = new List<KickLivestream>(data.GetArrayLength());
        foreach (var row in data.EnumerateArray())
        {
            var broadcaster = row.Field("broadcaster_user") ?? default;
            if ((broadcaster.Integer("id") ?? row.Integer("broadcaster_user_id")) is not { } id)
            {
                continue;
            }

            var category = row.Field("category") ?? default;
            rows.Add(new KickLivestream(id)
            {
                Slug = Slug(row.Field("channel") ?? row),
                UserName = broadcaster.Text("username", Streamer.NameLength),
                ProfilePicture = Url(broadcaster, "profile_picture") ?? Url(row, "profile_picture"),
                Title = row.Text("title", Streamer.TitleLength) ?? row.Text("stream_title", Streamer.TitleLength),
                StartedAt = row.Time("started_at"),
                ViewerCount = row.Count("viewer_count"),
                Language = row.Text("language_code", 16) ?? row.Text("language", 16),
                Thumbnail = Url(row, "thumbnail"),
                CategoryId = category.Count("id") is > 0 and var categoryId ? categoryId : null,
                Category = category.Text("name", Streamer.NameLength),
            });
        }

        return rows;
    }

    public static List<KickChannel> Channels(JsonElement data)
    {
        var rows = new List<KickChannel>(data.GetArrayLength());
        foreach (var row in data.EnumerateArray())
        {
            if (row.Integer("broadcaster_user_id") is not { } id || Slug(row) is not { } slug)
            {
                continue;
            }

            var stream = row.Field("stream") ?? default;
            var category = row.Field("category") ?? default;
            rows.Add(new KickChannel(id, slug, stream.Flag("is_live"))
            {
                Title = row.Text("stream_title", Streamer.TitleLength),
                StartedAt = stream.Time("start_time"),
                ViewerCount = stream.Count("viewer_count"),
                Language = stream.Text("language", 16),
                Thumbnail = Url(stream, "thumbnail"),
                CategoryId = category.Count("id") is > 0 and var categoryId ? categoryId : null,
                Category = category.Text("name", Streamer.NameLength),
            });
        }

        return rows;
    }

    public static List<KickUser> Users(JsonElement data)
    {
        var rows = new List<KickUser>(data.GetArrayLength());
        foreach (var row in data.EnumerateArray())
        {
            if (row.Integer("user_id") is { } id)
            {
                rows.Add(new KickUser(id, row.Text("name", Streamer.NameLength), Url(row, "profile_picture")));
            }
        }

        return rows;
    }

    private static string? Slug(JsonElement row) => row.Text("slug", Streamer.SlugLength)?.ToLowerInvariant();

    private static string? Url(JsonElement row, string name) =>
        row.Text(name, Streamer.UrlLength + 1) is { Length: <= Streamer.UrlLength } text
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
            ? text
            : null;
}
