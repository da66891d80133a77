using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Events;

/// <summary>An event type of a broadcaster.</summary>
public sealed record Wanted(string Type, long BroadcasterUserId);

/// <summary>How many subscriptions of a type Kick allows, how many there are, how many the plan takes, and how many watched channels have none now.</summary>
public sealed record Slots(string Type, int Most, int Used, int Wished, int Without)
{
    public int Free => Math.Max(0, Most - Used);
}

/// <summary>
/// Which events are wanted for which broadcasters within Kick's limits: the state of streams first, chat last; for each type those
/// who matter most come first.
/// </summary>
public static class SubscriptionPlan
{
    public const int MostPerType = 10_000;

    public static IEnumerable<string> TypesOf(EventOptions options) => KickEventTypes.All.Where(t => MostOf(t, options) > 0);

    public static int MostOf(string type, EventOptions options) => type == KickEventTypes.Chat ? options.ChatChannels : MostPerType;

    /// <param name="broadcasters">The most important first.</param>
    public static List<Wanted> Of(IReadOnlyList<long> broadcasters, EventOptions options) =>
        [.. KickEventTypes.All.SelectMany(type => broadcasters.Take(MostOf(type, options)).Select(b => new Wanted(type, b)))];

    /// <summary>What is missing, and what is too much: second ones of the same, and what nobody wants any more.</summary>
    /// <param name="listed">What Kick lists.</param>
    public static (List<Wanted> Missing, List<KickSubscription> Surplus) Compare(IReadOnlyCollection<Wanted> plan, IReadOnlyCollection<KickSubscription> listed)
    {
        var wanted = plan.ToHashSet();
        var kept = new HashSet<Wanted>();
        var surplus = new List<KickSubscription>();
        foreach (var subscription in listed.OrderBy(s => s.CreatedAt).ThenBy(s => s.Id, StringComparer.Ordinal))
        {
            var of = new Wanted(subscription.Type, subscription.BroadcasterUserId);
            if (!wanted.Contains(of) || !kept.Add(of))
            {
                surplus.Add(subscription);
            }
        }

        return ([.. plan.Where(w => !kept.Contains(w))], surplus);
    }
}
