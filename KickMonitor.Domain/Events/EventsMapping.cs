using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Events;

internal static class EventsMapping
{
    /// <summary>Numbers deliveries in the order in which they became durable.</summary>
    public const string Ids = "event_ids";

    /// <summary>Numbers what became of them.</summary>
    public const string Changes = "event_changes";

    public static void MapEvents(this ModelBuilder builder)
    {
        builder.HasSequence<long>(Ids);
        builder.HasSequence<long>(Changes);
        builder.Entity<InboxEvent>(e =>
        {
            // Partitioned by message id: the migration says how, and has the indexes that a model cannot express.
            e.ToTable("events");
            e.HasKey(i => i.MessageId);
            e.Property(i => i.MessageId).UseCollation("C");
            e.Property(i => i.Id).HasDefaultValueSql($"nextval('{Ids}')");
            e.Property(i => i.State).HasConversion<SnakeCase<EventState>>();
            e.Property(i => i.Mark).HasConversion<SnakeCase<EventMark>>();

            // Nothing but its message id and that it is pending is indexed when a delivery is stored: Kick waits for its 200.
            e.HasIndex(i => i.Id).HasFilter("change IS NOT NULL");
            e.HasIndex(i => new { i.BroadcasterUserId, i.Id }).HasFilter("change IS NOT NULL");
            e.HasIndex(i => i.Id, "events_skipped").HasFilter("skipped IS NOT NULL");
            e.HasIndex(i => i.Change).HasFilter("change IS NOT NULL");
            e.HasIndex(i => i.Actor).HasOperators("text_pattern_ops").HasFilter("actor IS NOT NULL");
        });
        builder.Entity<LedgerEntry>(e =>
        {
            e.ToTable("action_ledger");
            e.HasKey(l => new { l.Effect, l.Key });

            // Only retention asks by event, and finds those that are old together.
            e.HasIndex(l => l.EventId).HasMethod("brin");
        });
        builder.Entity<ChannelTally>(e =>
        {
            e.ToTable("channel_tallies");
            e.HasKey(t => t.BroadcasterUserId);
            e.Property(t => t.BroadcasterUserId).ValueGeneratedNever();
        });
        builder.Entity<MetadataSnapshot>(e =>
        {
            e.ToTable("metadata_snapshots");
            e.HasKey(s => s.BroadcasterUserId);
            e.Property(s => s.BroadcasterUserId).ValueGeneratedNever();
        });
        builder.Entity<Supporter>(e =>
        {
            e.ToTable("supporters");
            e.HasKey(s => s.EventId);
            e.Property(s => s.EventId).ValueGeneratedNever();
            e.Property(s => s.Kind).HasConversion<SnakeCase<SupportKind>>();
            e.HasIndex(s => new { s.BroadcasterUserId, s.At });
        });
        builder.Entity<EventStat>().ToTable("event_stats").HasKey(s => new { s.Day, s.Type, s.BroadcasterUserId });
        builder.Entity<EventSubscription>(e =>
        {
            e.ToTable("event_subscriptions");
            e.HasKey(s => s.Id);
            e.HasIndex(s => new { s.BroadcasterUserId, s.Type });
        });
        builder.Entity<SubscriptionWish>().ToTable("subscription_wishes").HasKey(w => new { w.BroadcasterUserId, w.Type });
        builder.Entity<Replay>().ToTable("replays");
    }
}
