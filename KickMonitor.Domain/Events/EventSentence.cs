using System.Globalization;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Events;

/// <summary>Says in one plain sentence what an event tells; the streamer stands beside it.</summary>
public static class EventSentence
{
    /// <param name="say">The language; English if it is left out, as programs are answered.</param>
    public static string Of(ReadEvent read, string type, Say? say = null) => Told(read, type, say ?? Speech.English);

    private static string Told(ReadEvent read, string type, Say say) => read switch
    {
        ReadEvent.Known(var told) => Of(told, say),
        ReadEvent.UnknownType => say("Kick sent a {0}, which this version does not know", type),
        ReadEvent.Mismatch(var reason) => say("This is no {0}: {1}", type, say(reason)),
        ReadEvent.Unreadable(var reason) => say("This {0} cannot be read: {1}", type, say(reason)),
        _ => type,
    };

    private static string Of(KickEvent told, Say say) => told switch
    {
        StreamStatusChanged { IsLive: true } s => s.Title is null ? say("went live") : say("went live: “{0}”", s.Title),
        StreamStatusChanged { StartedAt: { } start, EndedAt: { } end } when end > start => say("ended the stream after {0}", Length(end - start, say)),
        StreamStatusChanged => say("ended the stream"),
        StreamMetadataChanged m => string.Join(" · ", new[] { m.Title is null ? null : $"“{m.Title}”", m.Category, m.Language }.OfType<string>()) is { Length: > 0 } text ? say("now streams {0}", text) : say("changed the stream's details"),
        Followed f => say("{0} followed", Name(f.Follower, say)),
        Subscribed { IsRenewal: true, Months: { } months } s => say("{0} subscribes for {1} months now", Name(s.Subscriber, say), months),
        Subscribed { IsRenewal: true } s => say("{0} renewed the subscription", Name(s.Subscriber, say)),
        Subscribed s => say("{0} subscribed", Name(s.Subscriber, say)),
        SubscriptionsGifted { Giftees: [var only] } g => say("{0} gifted a subscription to {1}", Name(g.Gifter, say), Name(only, say)),
        SubscriptionsGifted g => say("{0} gifted {1} subscriptions", Name(g.Gifter, say), g.Giftees.Count),
        KicksGifted k => say("{0} sent {1} Kicks", Name(k.Sender, say), k.Amount) + (k.Gift is null ? "" : $" ({k.Gift})") + Quoted(k.Message),
        ChatMessage c => $"{Name(c.Sender, say)}: {c.Content}",
        Banned { Until: { } until, At: { } at } b when until > at => say("{0} was timed out for {1}", Name(b.User, say), Length(until - at, say)) + By(b, say),
        Banned { Until: not null } b => say("{0} was timed out", Name(b.User, say)) + By(b, say),
        Banned b => say("{0} was banned", Name(b.User, say)) + By(b, say),
        RewardRedeemed r => say("{0} redeemed {1}", Name(r.Redeemer, say), r.Title is null ? say("a reward") : $"“{r.Title}”") + (r.Status is null or "pending" ? "" : $", {r.Status}") + Quoted(r.Input),
        _ => told.GetType().Name,
    };

    /// <summary>Who did it, where somebody did.</summary>
    public static KickPerson? Actor(KickEvent told) => told switch
    {
        Followed f => f.Follower,
        Subscribed s => s.Subscriber,
        SubscriptionsGifted g => g.Gifter,
        KicksGifted k => k.Sender,
        ChatMessage c => c.Sender,
        Banned b => b.User,
        RewardRedeemed r => r.Redeemer,
        _ => null,
    };

    private static string Quoted(string? text) => text is null ? "" : $": “{text}”";

    private static string By(Banned ban, Say say) => (ban.Moderator.Name is { } name ? say(" by {0}", name) : "") + (ban.Reason is null ? "" : $": {ban.Reason}");

    private static string Name(KickPerson person, Say say) => person.Name ?? (person.UserId is { } id ? say("user {0}", id.ToString(CultureInfo.InvariantCulture)) : say("Somebody anonymous"));

    private static string Length(TimeSpan length, Say say) =>
        length.TotalDays >= 2 ? say("{0} days", (int)length.TotalDays)
        : length.TotalHours >= 1 ? $"{(int)length.TotalHours} h {length.Minutes:00} min"
        : length.TotalMinutes >= 1 ? $"{(int)length.TotalMinutes} min"
        : $"{(int)length.TotalSeconds} s";
}
