using System.Collections.Immutable;

namespace KickMonitor.Sandbox;

/// <param name="Url">Where the app listened when it was made.</param>
public sealed record Subscription(string Id, long BroadcasterId, string Event, DateTimeOffset CreatedAt, Uri? Url);

/// <summary>What one event of a POST came to: an id, or why there is none.</summary>
public sealed record Subscribed(string Event, string Id, string? Error);

/// <summary>Which events go out for whom. Kick takes the same one twice and then delivers it twice.</summary>
public sealed class EventSubscriptions(WebhookFaults faults, TimeProvider time)
{
    private readonly Lock _changing = new();
    private ImmutableList<Subscription> _all = [];

    /// <summary>Where the app listens now; null: webhooks are switched off.</summary>
    public Uri? Url { get; set; }

    public int MostPerType { get; set; } = 10_000;

    public int MostChat { get; set; } = 1_000;

    public IReadOnlyList<Subscription> All => _all;

    /// <returns>Null if the limit is reached: then none of them is made.</returns>
    public IReadOnlyList<Subscribed>? Add(long broadcasterId, IReadOnlyList<string> events)
    {
        lock (_changing)
        {
            if (faults.LimitReached || events.GroupBy(e => e, StringComparer.Ordinal).Any(g => _all.Count(s => s.Event == g.Key) + g.Count() > (g.Key == EventTypes.Chat ? MostChat : MostPerType)))
            {
                return null;
            }

            var made = new List<Subscribed>();
            foreach (var name in events)
            {
                if (!EventTypes.All.Contains(name) || faults.ErrorRows)
                {
                    made.Add(new Subscribed(name, "", faults.ErrorRows ? "webhooks are not enabled for app" : "invalid event"));
                    continue;
                }

                var subscription = new Subscription(Ulid.New(time.GetUtcNow()), broadcasterId, name, time.GetUtcNow(), Url);
                _all = faults.CreatedButNotThere ? _all : _all.Add(subscription);
                made.Add(new Subscribed(name, subscription.Id, null));
            }

            return made;
        }
    }

    public void Remove(IReadOnlyCollection<string> ids)
    {
        lock (_changing)
        {
            _all = _all.RemoveAll(s => ids.Contains(s.Id));
        }
    }

    /// <summary>Kick drops an event of the app without a word.</summary>
    public void RemoveAll(string? name = null)
    {
        lock (_changing)
        {
            _all = name is null ? [] : _all.RemoveAll(s => s.Event == name);
        }
    }
}
