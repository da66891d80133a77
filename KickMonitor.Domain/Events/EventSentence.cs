using System.Globalization;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Events;

/// <summary>Says in one plain sentence what an event tells; the streamer stands beside it.</summary>
public static class EventSentence
{
    public static string Of(ReadEvent read, string type) => read switch
    {
        ReadEvent.Known(var told) => Of(told),
        ReadEvent.UnknownType => $"Kick sent a {type}, which this version does not know",
        ReadEvent.Mismatch(var reason) => $"A {type} that is none: {reason}",
        ReadEvent.Unreadable(var reason) => $"A {type} that cannot be read: {reason}",
        _ => type,
    };

    public static string Of(KickEvent told) => told switch
    {
        StreamStatusChanged { IsLive: true } s => s.Title is null ? "went live" : $"went live: “{s.Title}”",
        StreamStatusChanged { StartedAt: { } start, EndedAt: { } end } when end > start => $"ended the stream after {Length(end - start)}",
        StreamStatusChanged => "ended the stream",
        StreamMetadataChanged m => string.Join(" · ", new[] { m.Title is null ? null : $"“{m.Title}”", m.Category, m.Language }.OfType<string>()) is { Length: > 0 } text ? $"now streams {text}" : "changed the stream's details",
        Followed f => $"{Name(f.Follower)} followed",
        Subscribed { IsRenewal: true } s => s.Months is { } months ? $"{Name(s.Subscriber)} subscribes for {months.ToString(CultureInfo.InvariantCulture)} months now" : $"{Name(s.Subscriber)} renewed the subscription",
        Subscribed s => $"{Name(s.Subscriber)} subscribed",
        SubscriptionsGifted { Giftees: [var only] } g => $"{Name(g.Gifter)} gifted a subscription to {Name(only)}",
        SubscriptionsGifted g => $"{Name(g.Gifter)} gifted {g.Giftees.Count.ToString(CultureInfo.InvariantCulture)} subscriptions",
        KicksGifted k => $"{Name(k.Sender)} sent {k.Amount.ToString(CultureInfo.InvariantCulture)} Kicks{(k.Gift is null ? "" : $" ({k.Gift})")}{(k.Message is null ? "" : $": “{k.Message}”")}",
        ChatMessage c => $"{Name(c.Sender)}: {c.Content}",
        Banned { Until: { } until, At: { } at } b when until > at => $"{Name(b.User)} was timed out for {Length(until - at)}{By(b)}",
        Banned { Until: not null } b => $"{Name(b.User)} was timed out{By(b)}",
        Banned b => $"{Name(b.User)} was banned{By(b)}",
        RewardRedeemed r => $"{Name(r.Redeemer)} redeemed {(r.Title is null ? "a reward" : $"“{r.Title}”")}{(r.Status is null or "pending" ? "" : $", {r.Status}")}{(r.Input is null ? "" : $": “{r.Input}”")}",
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

    private static string By(Banned ban) => (ban.Moderator.Name is null ? "" : $" by {ban.Moderator.Name}") + (ban.Reason is null ? "" : $": {ban.Reason}");

    private static string Name(KickPerson person) => person.Name ?? (person.UserId is { } id ? $"user {id.ToString(CultureInfo.InvariantCulture)}" : "Somebody anonymous");

    private static string Length(TimeSpan length) =>
        length.TotalDays >= 2 ? $"{(int)length.TotalDays} days"
        : length.TotalHours >= 1 ? $"{(int)length.TotalHours} h {length.Minutes:00} min"
        : length.TotalMinutes >= 1 ? $"{(int)length.TotalMinutes} min"
        : $"{(int)length.TotalSeconds} s";
}
