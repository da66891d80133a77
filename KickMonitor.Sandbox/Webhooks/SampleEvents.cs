namespace KickMonitor.Sandbox;

/// <summary>Makes an event of any type up, for steering by hand and for a lively demo.</summary>
public sealed class SampleEvents(World world, Webhooks webhooks, TimeProvider time)
{
    private static readonly string[] Lines = ["hello [emote:37226:KEKW]", "gg", "what a play!", "first time here", "<3 from the night shift"];
    private static readonly int[] Amounts = [1, 10, 50, 100, 500, 2000];
    private static readonly string[] Common =
    [
        EventTypes.Chat, EventTypes.Chat, EventTypes.Followed, EventTypes.Followed, EventTypes.Followed, EventTypes.Subscribed, EventTypes.Renewed,
        EventTypes.Gifts, EventTypes.Kicks, EventTypes.Banned, EventTypes.Redeemed,
    ];

    private int _count;

    /// <summary>Something happens in the channel of somebody who is live.</summary>
    public void MakeSome()
    {
        var live = world.Streamers.Where(s => s.IsLive).ToList();
        if (live.Count > 0)
        {
            Make(Common[Random.Shared.Next(Common.Length)], live[Random.Shared.Next(live.Count)].Id);
        }
    }

    /// <returns>How many deliveries were begun; null if there is no such broadcaster or type.</returns>
    public int? Make(string type, long broadcasterId)
    {
        if (world.Find(broadcasterId) is not { } streamer)
        {
            return null;
        }

        var n = Interlocked.Increment(ref _count);
        var (viewer, now, bodies) = (7_000_000 + n, time.GetUtcNow(), webhooks.Bodies);
        var broadcast = streamer.Broadcast ?? streamer.LastBroadcast;
        byte[]? body = type switch
        {
            EventTypes.Status => broadcast is null ? null : bodies.Status(streamer, broadcast, streamer.IsLive),
            EventTypes.Metadata => broadcast is null ? null : bodies.Metadata(streamer, broadcast),
            EventTypes.Followed => bodies.Followed(streamer, viewer),
            EventTypes.Subscribed => bodies.Subscription(streamer, viewer, 1, now),
            EventTypes.Renewed => bodies.Subscription(streamer, viewer, 2 + (n % 18), now.AddDays(-90)),
            EventTypes.Gifts => bodies.Gifts(streamer, viewer, 1 + (n % 5), now),
            EventTypes.Kicks => bodies.Kicks(streamer, viewer, Amounts[n % Amounts.Length], "gg", now),
            EventTypes.Chat => bodies.Chat(streamer, viewer, Lines[n % Lines.Length], now),
            EventTypes.Banned => bodies.Banned(streamer, viewer, "spam", n % 3 == 0 ? null : TimeSpan.FromMinutes(10), now),
            EventTypes.Redeemed => bodies.Redeemed(streamer, viewer, Ulid.New(now), "pending", "play it", now),
            _ => null,
        };
        return body is null ? null : webhooks.Tell(type, broadcasterId, body);
    }
}
