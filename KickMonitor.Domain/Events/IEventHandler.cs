using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using Npgsql;

namespace KickMonitor.Domain.Events;

/// <summary>
/// One thing that is done about events. It is called once per fact, but for what renews it: the ledger keeps duplicates, replays and second sources away,
/// and is written in the same transaction as what the handler writes.
/// </summary>
public interface IEventHandler
{
    /// <summary>Stands in the ledger; must stay the same.</summary>
    string Name { get; }

    /// <summary>By which it is switched off. What it did not do meanwhile, a replay does.</summary>
    string Flag => $"handlers.{Name}";

    /// <summary>What it would do, in words.</summary>
    /// <returns>Null if it has nothing to do with such an event.</returns>
    string? WouldDo(KickEvent told, Say say);

    /// <summary>
    /// Being told the same again is news of its own: that it is still so. Without it something older that comes later would seem
    /// newer. Only for what may be done any number of times.
    /// </summary>
    bool IsRenewedBy(KickEvent told) => false;

    Task ActAsync(EventWork work, KickEvent told, CancellationToken ct);
}

/// <summary>The event at hand, and the transaction in which its effects belong.</summary>
/// <param name="SentAt">Or when it was received, if the sender's clock is ahead.</param>
/// <param name="Observations">What it says of streamers; judged together before the transaction commits. Judging twice changes nothing.</param>
public sealed record EventWork(long EventId, string Type, DateTimeOffset SentAt, DateTimeOffset ReceivedAt, DateTimeOffset OccurredAt, NpgsqlConnection Connection, List<Observation> Observations);
