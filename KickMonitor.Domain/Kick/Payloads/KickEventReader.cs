using System.Text.Json;
using System.Text.Unicode;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Domain.Kick;

/// <summary>What a body turned out to be. A reason is a text that pages say in the reader's language.</summary>
public abstract record ReadEvent
{
    public sealed record Known(KickEvent Event) : ReadEvent;

    /// <summary>Readable, of a type that this version does not know.</summary>
    public sealed record UnknownType : ReadEvent;

    /// <summary>Readable, but not what its type says.</summary>
    public sealed record Mismatch(string Reason) : ReadEvent;

    public sealed record Unreadable(string Reason) : ReadEvent;
}

/// <summary>From the bytes of a delivery to a record. Never throws, whatever the bytes.</summary>
public static class KickEventReader
{
    private const int LongestText = 1000;
    private const int LongestId = 128;
    private const int MostGiftees = 1000;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <param name="type">As the header says.</param>
    public static ReadEvent Read(string type, ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return new ReadEvent.Unreadable("the body is no UTF-8");
        }

        try
        {
            using var document = JsonDocument.Parse(body, Options);
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? new ReadEvent.Unreadable("the body is no JSON object")
                : !KickEventTypes.All.Contains(type) ? new ReadEvent.UnknownType()
                : Person(root, "broadcaster") is not { UserId: > 0 } broadcaster ? new ReadEvent.Mismatch("the body names no broadcaster")
                : Read(type, root, broadcaster) is { } told ? new ReadEvent.Known(told)
                : new ReadEvent.Mismatch("the body lacks what makes one");
        }
        catch (JsonException e)
        {
            return new ReadEvent.Unreadable(e.Message.Contains("depth", StringComparison.Ordinal) ? "the body is nested too deeply" : "the body is no JSON");
        }
        catch (InvalidOperationException)
        {
            // A name with half of a surrogate pair.
            return new ReadEvent.Unreadable("the body holds text that is none");
        }
    }

    private static KickEvent? Read(string type, JsonElement root, KickPerson broadcaster) => type switch
    {
        KickEventTypes.Status => Status(root, broadcaster),
        KickEventTypes.Metadata => Metadata(root, broadcaster),
        KickEventTypes.Followed => Person(root, "follower") is { UserId: not null } follower ? new Followed(broadcaster, follower) : null,
        KickEventTypes.Subscribed => Subscription(root, broadcaster, isRenewal: false),
        KickEventTypes.Renewed => Subscription(root, broadcaster, isRenewal: true),
        KickEventTypes.Gifted => Gifts(root, broadcaster),
        KickEventTypes.KicksGifted => Kicks(root, broadcaster),
        KickEventTypes.Chat => Chat(root, broadcaster),
        KickEventTypes.Banned => Ban(root, broadcaster),
        KickEventTypes.Redeemed => Redemption(root, broadcaster),
        _ => null,
    };

    private static StreamStatusChanged? Status(JsonElement root, KickPerson broadcaster)
    {
        if (root.Flag("is_live") is not { } isLive)
        {
            return null;
        }

        var (started, ended) = (root.Time("started_at"), root.Time("ended_at"));
        return new StreamStatusChanged(broadcaster, isLive)
        {
            Title = root.Text("title", Streamer.TitleLength),
            StartedAt = started,
            EndedAt = isLive ? null : ended,
            At = isLive ? started : ended,
        };
    }

    private static StreamMetadataChanged? Metadata(JsonElement root, KickPerson broadcaster)
    {
        // A ban has something of that name too.
        if (root.Field("metadata") is not { ValueKind: JsonValueKind.Object } metadata || (metadata.Field("title") ?? metadata.Field("language") ?? metadata.Field("category")) is null)
        {
            return null;
        }

        // The wire has "Category" beside it, saying the same.
        var category = metadata.Field("category") ?? metadata.Field("Category") ?? default;
        return new StreamMetadataChanged(broadcaster)
        {
            Title = metadata.Text("title", Streamer.TitleLength),
            Language = metadata.Text("language", 16),
            CategoryId = category.Count("id") is > 0 and var id ? id : null,
            Category = category.Text("name", Streamer.NameLength),
            HasMatureContent = metadata.Flag("has_mature_content"),
        };
    }

    private static Subscribed? Subscription(JsonElement root, KickPerson broadcaster, bool isRenewal) =>
        Person(root, "subscriber") is not { } subscriber || (root.Field("duration") is null && root.Field("expires_at") is null)
            ? null
            : new Subscribed(broadcaster, subscriber, isRenewal, root.Count("duration"))
            {
                CreatedAt = root.Time("created_at"),
                At = isRenewal ? null : root.Time("created_at"),
            };

    private static SubscriptionsGifted? Gifts(JsonElement root, KickPerson broadcaster) =>
        root.Field("giftees") is not { ValueKind: JsonValueKind.Array } giftees
            ? null
            : new SubscriptionsGifted(broadcaster, Person(root, "gifter") ?? KickPerson.Anonymous, [.. giftees.EnumerateArray().Take(MostGiftees).Select(Person)])
            {
                At = root.Time("created_at"),
            };

    private static KicksGifted? Kicks(JsonElement root, KickPerson broadcaster) =>
        root.Field("gift") is not { ValueKind: JsonValueKind.Object } gift || gift.Count("amount") is not { } amount
            ? null
            : new KicksGifted(broadcaster, Person(root, "sender") ?? KickPerson.Anonymous, amount)
            {
                Gift = gift.Text("name", Streamer.NameLength),
                Message = gift.Text("message", LongestText),
                At = root.Time("created_at"),
            };

    private static ChatMessage? Chat(JsonElement root, KickPerson broadcaster)
    {
        if (root.Text("message_id", LongestId) is not { } id || Person(root, "sender") is not { } sender)
        {
            return null;
        }

        var badges = (root.Field("sender") ?? default).Field("identity") is { } identity && identity.Field("badges") is { ValueKind: JsonValueKind.Array } list ? list : default;
        return new ChatMessage(broadcaster, sender, id, root.Text("content", LongestText) ?? string.Empty)
        {
            RepliesTo = (root.Field("replies_to") ?? default).Text("message_id", LongestId),
            Badges = badges.ValueKind != JsonValueKind.Array
                ? []
                : [.. badges.EnumerateArray().Take(50).Select(b => b.Text("type", 64) is { } type ? new ChatBadge(type, b.Text("text", 64), b.Count("count")) : null).OfType<ChatBadge>()],
            At = root.Time("created_at"),
        };
    }

    private static Banned? Ban(JsonElement root, KickPerson broadcaster)
    {
        if (Person(root, "banned_user") is not { } user)
        {
            return null;
        }

        var metadata = root.Field("metadata") ?? default;
        return new Banned(broadcaster, user)
        {
            Moderator = Person(root, "moderator") ?? KickPerson.Anonymous,
            Reason = metadata.Text("reason", LongestText),
            Until = metadata.Time("expires_at"),
            At = metadata.Time("created_at"),
        };
    }

    private static RewardRedeemed? Redemption(JsonElement root, KickPerson broadcaster)
    {
        if (root.Text("id", LongestId) is not { } id || root.Field("reward") is not { ValueKind: JsonValueKind.Object } reward)
        {
            return null;
        }

        return new RewardRedeemed(broadcaster, Person(root, "redeemer") ?? KickPerson.Anonymous, id)
        {
            Status = root.Text("status", 32),
            Title = reward.Text("title", Streamer.NameLength),
            Cost = reward.Count("cost"),
            Input = root.Text("user_input", LongestText),
            At = root.Time("redeemed_at"),
        };
    }

    private static KickPerson? Person(JsonElement root, string name) => root.Field(name) is { ValueKind: JsonValueKind.Object } person ? Person(person) : null;

    private static KickPerson Person(JsonElement person) => new(
        person.Integer("user_id"), person.Text("username", Streamer.NameLength), person.Text("channel_slug", Streamer.SlugLength), Picture(person));

    private static string? Picture(JsonElement person) =>
        person.Text("profile_picture", Streamer.UrlLength + 1) is { Length: <= Streamer.UrlLength } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? text : null;
}
