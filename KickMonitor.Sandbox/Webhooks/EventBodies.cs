using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KickMonitor.Sandbox;

/// <summary>Bodies as they come over the wire: UTF-8, no newline at the end.</summary>
public sealed class EventBodies(WebhookFaults faults)
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] Status(Streamer streamer, Broadcast broadcast, bool isLive) => Bytes(new JsonObject
    {
        ["broadcaster"] = Broadcaster(streamer),
        ["is_live"] = isLive,
        ["title"] = broadcast.Title,
        ["started_at"] = KickJson.Time(broadcast.StartedAt),
        ["ended_at"] = isLive || broadcast.EndedAt is not { } end ? null : KickJson.Time(end),
    });

    public byte[] Metadata(Streamer streamer, Broadcast broadcast)
    {
        JsonObject Category() => new() { ["id"] = broadcast.Category.Id, ["name"] = broadcast.Category.Name, ["thumbnail"] = "" };
        return Bytes(new JsonObject
        {
            ["broadcaster"] = Broadcaster(streamer),
            ["metadata"] = new JsonObject
            {
                ["title"] = broadcast.Title,
                ["language"] = broadcast.Language,
                ["has_mature_content"] = false,
                ["category"] = Category(),
                ["Category"] = Category(),
            },
        });
    }

    public byte[] Followed(Streamer streamer, long follower) => Bytes(new JsonObject { ["broadcaster"] = Broadcaster(streamer), ["follower"] = Viewer(follower) });

    public byte[] Subscription(Streamer streamer, long subscriber, int months, DateTimeOffset at) => Bytes(new JsonObject
    {
        ["broadcaster"] = Broadcaster(streamer),
        ["subscriber"] = Viewer(subscriber),
        ["duration"] = months,
        ["created_at"] = Precise(at, 6),
        ["expires_at"] = Precise(at.AddDays(30), 6),
    });

    public byte[] Gifts(Streamer streamer, long? gifter, int count, DateTimeOffset at) => Bytes(new JsonObject
    {
        ["broadcaster"] = Broadcaster(streamer),
        ["gifter"] = gifter is { } known && !faults.AnonymousGifters ? Viewer(known) : Nobody(),
        ["giftees"] = new JsonArray([.. Enumerable.Range(1, count).Select(i => Viewer(9_000_000 + i))]),
        ["created_at"] = Precise(at, 9),
        ["expires_at"] = Precise(at.AddDays(30), 9),
    });

    public byte[] Kicks(Streamer streamer, long sender, int amount, string message, DateTimeOffset at) => Bytes(new JsonObject
    {
        ["broadcaster"] = Bare(Broadcaster(streamer)),
        ["sender"] = Bare(Viewer(sender)),
        ["gift"] = new JsonObject
        {
            ["amount"] = amount,
            ["name"] = "Example Gift",
            ["type"] = amount >= 500 ? "LEVEL_UP" : "BASIC",
            ["tier"] = amount >= 500 ? "MID" : "BASIC",
            ["message"] = message,
            ["pinned_time_seconds"] = amount >= 500 ? amount * 6 / 5 : 0,
        },
        ["created_at"] = Precise(at, 3),
    });

    public byte[] Chat(Streamer streamer, long sender, string content, DateTimeOffset at)
    {
        var person = Viewer(sender);
        person["identity"] = new JsonObject { ["username_color"] = "#A1B2C3", ["badges"] = new JsonArray(new JsonObject { ["text"] = "Subscriber", ["type"] = "subscriber", ["count"] = 3 }) };
        return Bytes(new JsonObject
        {
            ["message_id"] = Guid.NewGuid().ToString(),
            ["replies_to"] = null,
            ["broadcaster"] = Broadcaster(streamer),
            ["sender"] = person,
            ["content"] = content,
            ["emotes"] = faults.NullEmotes ? null : new JsonArray(),
            ["created_at"] = Precise(at, 9),
        });
    }

    public byte[] Banned(Streamer streamer, long user, string reason, TimeSpan? length, DateTimeOffset at) => Bytes(new JsonObject
    {
        ["broadcaster"] = Broadcaster(streamer),
        ["moderator"] = Viewer(3_333_333),
        ["banned_user"] = Viewer(user),
        ["metadata"] = new JsonObject { ["reason"] = reason, ["created_at"] = KickJson.Time(at), ["expires_at"] = length is { } l ? KickJson.Time(at + l) : null },
    });

    public byte[] Redeemed(Streamer streamer, long redeemer, string id, string status, string input, DateTimeOffset at) => Bytes(new JsonObject
    {
        ["id"] = id,
        ["user_input"] = input,
        ["status"] = status,
        ["redeemed_at"] = Precise(at, 3),
        ["reward"] = new JsonObject { ["id"] = "01M4ABCDEF0000000000000003", ["title"] = "Song", ["cost"] = 1000, ["description"] = "" },
        ["redeemer"] = Bare(Viewer(redeemer)),
        ["broadcaster"] = Bare(Broadcaster(streamer)),
    });

    private byte[] Bytes(JsonObject body)
    {
        if (faults.ExtraFields)
        {
            body["experiment"] = new JsonObject { ["nested"] = new JsonArray(1, "two", null) };
        }

        return Encoding.UTF8.GetBytes(body.ToJsonString(Options));
    }

    private JsonObject Broadcaster(Streamer s) => Person(s.Id, s.Name, s.Slug, faults.NullVerified ? null : false);

    private JsonObject Viewer(long id) => Person(id, $"Viewer_{id}", $"viewer-{id}", false);

    private JsonObject Person(long id, string name, string slug, bool? isVerified)
    {
        var person = new JsonObject { ["is_anonymous"] = false, ["user_id"] = id, ["username"] = name, ["is_verified"] = isVerified, ["profile_picture"] = "", ["channel_slug"] = slug };
        if (!faults.MissingIdentity)
        {
            person["identity"] = null;
        }

        return person;
    }

    /// <summary>Kicks and redemptions name people more briefly.</summary>
    private static JsonObject Bare(JsonObject person)
    {
        person.Remove("is_anonymous");
        person.Remove("identity");
        return person;
    }

    private static JsonObject Nobody() => new()
    {
        ["is_anonymous"] = true,
        ["user_id"] = null,
        ["username"] = null,
        ["is_verified"] = null,
        ["profile_picture"] = null,
        ["channel_slug"] = null,
        ["identity"] = null,
    };

    private static string Precise(DateTimeOffset at, int digits)
    {
        var fraction = $"{at.UtcTicks % TimeSpan.TicksPerSecond:0000000}89";
        return at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) + "." + fraction[..digits] + "Z";
    }
}
