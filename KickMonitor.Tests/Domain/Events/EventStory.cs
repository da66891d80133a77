using System.Text;
using System.Text.Json.Nodes;
using KickMonitor.Domain.Events;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Events;

/// <summary>A story told by deliveries that have passed the reception.</summary>
public abstract class EventStory(Postgres postgres) : MergeStory(postgres)
{
    private int _messages;
    private Inbox _inbox = null!;

    protected Dispatch Dispatch => Node.GetRequiredService<Dispatch>();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _inbox = Node.GetRequiredService<Inbox>();
        await _inbox.StartAsync(Ct);
    }

    /// <summary>Stores a delivery that is sent and received at these seconds of the evening.</summary>
    protected async Task<string> ReceiveAsync(string type, string body, double sent = 0, double? received = null, string? id = null, string? subscription = null)
    {
        id ??= $"message-{Interlocked.Increment(ref _messages)}";
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        (await _inbox.StoreAsync(new Delivery
        {
            MessageId = id,
            Type = type,
            SubscriptionId = subscription,
            SentAt = At(sent),
            ReceivedAt = At(received ?? sent + 0.4),
            BroadcasterUserId = Delivery.BroadcasterOf(bytes),
            Body = bytes,
        })).ShouldBeTrue();
        return id;
    }

    /// <summary>Handles everything that is due.</summary>
    protected async Task HandleAsync(Dispatch? dispatch = null)
    {
        while (await (dispatch ?? Dispatch).RunAsync(Ct) > 0)
        {
        }
    }

    protected async Task<string> TellAsync(string type, string body, double sent = 0, double? received = null, string? id = null, string? subscription = null)
    {
        string message = await ReceiveAsync(type, body, sent, received, id, subscription);
        Scenario.Clock.Advance(TimeSpan.Zero);
        await HandleAsync();
        return message;
    }

    protected Task<T> OfAsync<T>(string id, string column) => Scenario.ScalarAsync<T>($"SELECT {column} FROM events WHERE message_id = $1", id);

    protected Task<string> ShownAsync(long id = Lana) => Scenario.ScalarAsync<string>("SELECT status FROM streamers WHERE broadcaster_user_id = $1", id);

    protected static string Person(long id, string name) => $$"""{"is_anonymous":false,"user_id":{{id}},"username":"{{name}}","is_verified":null,"profile_picture":"","channel_slug":"{{name}}","identity":null}""";

    protected static string Started(double at, string title = "Ranked", long id = Lana) =>
        $$"""{"broadcaster":{{Person(id, "lana")}},"is_live":true,"title":"{{title}}","started_at":"{{At(at):yyyy-MM-ddTHH:mm:ssZ}}","ended_at":null}""";

    protected static string Ended(double from, double at, long id = Lana) =>
        $$"""{"broadcaster":{{Person(id, "lana")}},"is_live":false,"title":"Ranked","started_at":"{{At(from):yyyy-MM-ddTHH:mm:ssZ}}","ended_at":"{{At(at):yyyy-MM-ddTHH:mm:ssZ}}"}""";

    protected static string Metadata(string title, string category = "VALORANT", long id = Lana) =>
        $$$$"""{"broadcaster":{{{{Person(id, "lana")}}}},"metadata":{"title":"{{{{title}}}}","language":"en","has_mature_content":false,"category":{"id":64,"name":"{{{{category}}}}","thumbnail":""},"Category":{"id":64,"name":"{{{{category}}}}","thumbnail":""}}}""";

    protected static string Follow(long follower, long id = Lana) => $$"""{"broadcaster":{{Person(id, "lana")}},"follower":{{Person(follower, "viewer")}}}""";

    protected static string Subscription(long subscriber, int months = 1, string createdAt = "2026-10-05T18:00:01.123456789Z") =>
        $$"""{"broadcaster":{{Person(Lana, "lana")}},"subscriber":{{Person(subscriber, "fan")}},"duration":{{months}},"created_at":"{{createdAt}}","expires_at":"2026-11-04T19:02:46.123456Z"}""";

    protected static string Gifts(int count) =>
        $$"""{"broadcaster":{{Person(Lana, "lana")}},"gifter":{"is_anonymous":true,"user_id":null,"username":null,"is_verified":null,"profile_picture":null,"channel_slug":null,"identity":null},"giftees":[{{string.Join(',', Enumerable.Range(1, count).Select(i => Person(500 + i, "lucky")))}}],"created_at":"2026-10-05T18:00:02.123456789Z","expires_at":"2026-11-04T19:03:20Z"}""";

    protected static string Kicks(int amount) =>
        $$"""{"broadcaster":{"user_id":{{Lana}},"username":"lana"},"sender":{"user_id":77,"username":"whale"},"gift":{"amount":{{amount}},"name":"Rage","type":"BASIC","tier":"BASIC","message":"gg","pinned_time_seconds":0},"created_at":"2026-10-05T18:00:03.634Z"}""";

    protected static string Chat(string id, string content = "hello") =>
        $$"""{"message_id":"{{id}}","replies_to":null,"broadcaster":{{Person(Lana, "lana")}},"sender":{{Person(9, "talker")}},"content":"{{content}}","emotes":null,"created_at":"2026-10-05T18:00:04.1Z"}""";

    protected static string Ban(string? until) =>
        $$$"""{"broadcaster":{{{Person(Lana, "lana")}}},"moderator":{{{Person(3, "mod")}}},"banned_user":{{{Person(4, "troll")}}},"metadata":{"reason":"spam","created_at":"2026-10-05T18:00:05Z","expires_at":{{{(until is null ? "null" : $"\"{until}\"")}}}}}""";

    protected static string Redemption(string status) =>
        $$$"""{"id":"01M4ABCDEF0000000000000002","user_input":"play it","status":"{{{status}}}","redeemed_at":"2026-10-05T18:00:06.323Z","reward":{"id":"01M4ABCDEF0000000000000003","title":"Song","cost":1000,"description":""},"redeemer":{"user_id":5,"username":"dj"},"broadcaster":{"username":"lana","user_id":{{{Lana}}} }}""";

    /// <summary>A good body of every type.</summary>
    protected static Dictionary<string, string> OneOfEach() => new(StringComparer.Ordinal)
    {
        ["livestream.status.updated"] = Started(0),
        ["livestream.metadata.updated"] = Metadata("New"),
        ["channel.followed"] = Follow(42),
        ["channel.subscription.new"] = Subscription(43),
        ["channel.subscription.renewal"] = Subscription(44, 3),
        ["channel.subscription.gifts"] = Gifts(3),
        ["kicks.gifted"] = Kicks(500),
        ["chat.message.sent"] = Chat("11111111-0000-4000-8000-000000000001"),
        ["moderation.banned"] = Ban("2026-10-05T18:10:05Z"),
        ["channel.reward.redemption.updated"] = Redemption("pending"),
    };

    protected static string With(string body, string field, JsonNode? value)
    {
        var root = JsonNode.Parse(body)!.AsObject();
        root[field] = value?.DeepClone();
        return root.ToJsonString();
    }
}
