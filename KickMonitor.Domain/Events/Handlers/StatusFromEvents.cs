using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;

namespace KickMonitor.Domain.Events.Handlers;

/// <summary>Starts, ends and details of streams are observations like those of the sweep, only sooner.</summary>
public sealed class StatusFromEvents : IEventHandler
{
    public string Name => "status";

    public string Flag => FlagServices.Webhook;

    public string? WouldDo(KickEvent told, Say say) => told switch
    {
        StreamStatusChanged { IsLive: true } => say("show the streamer as live"),
        StreamStatusChanged => say("show the streamer as offline"),
        StreamMetadataChanged => say("show the new title, category and language"),
        _ => null,
    };

    public bool IsRenewedBy(KickEvent told) => told is StreamMetadataChanged;

    public Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
    {
        work.Observations.Add(told switch
        {
            StreamStatusChanged { IsLive: true } s => Of(work, told, ObservationKind.Live, s.StartedAt is null || work.OccurredAt > work.SentAt ? work.SentAt : work.OccurredAt) with { StartedAt = s.StartedAt is null ? null : work.OccurredAt, Title = s.Title },
            StreamStatusChanged s => Of(work, told, ObservationKind.Ended, work.OccurredAt > work.SentAt ? work.SentAt : work.OccurredAt) with { StartedAt = s.StartedAt <= work.OccurredAt ? s.StartedAt : null, EndedAt = work.OccurredAt, Title = s.Title },
            StreamMetadataChanged m => Of(work, told, ObservationKind.Details, work.SentAt) with { Title = m.Title, Language = m.Language, CategoryId = m.CategoryId, Category = m.Category },
            _ => throw new ArgumentOutOfRangeException(nameof(told)),
        });
        return Task.CompletedTask;
    }

    // The start of a stream speaks of that instant only: a delivery that comes hours later must not revive what has ended since.
    private static Observation Of(EventWork work, KickEvent told, ObservationKind kind, DateTimeOffset asOf) =>
        new(told.Broadcaster.UserId!.Value, kind, Source.Webhook, work.ReceivedAt, asOf)
        {
            DisplayName = told.Broadcaster.Name,
            AvatarUrl = told.Broadcaster.Picture,
        };
}
