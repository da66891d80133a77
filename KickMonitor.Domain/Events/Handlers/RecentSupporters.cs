using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Events.Handlers;

/// <summary>Remembers who supported a streamer.</summary>
public sealed class RecentSupporters : IEventHandler
{
    public string Name => "supporters";

    public string? WouldDo(KickEvent told, Say say) => Of(told) is { } support ? say("list {0} among the supporters", support.Who.Name ?? say("somebody anonymous")) : null;

    public async Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
    {
        var (kind, who, amount) = Of(told)!.Value;
        await using var command = new NpgsqlCommand(
            "INSERT INTO supporters (event_id, broadcaster_user_id, at, kind, user_id, name, amount) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING", work.Connection);
        command.Parameters.AddWithValue(work.EventId);
        command.Parameters.AddWithValue(told.Broadcaster.UserId!.Value);
        command.Parameters.AddWithValue(work.OccurredAt);
        command.Parameters.AddWithValue(SnakeCase<SupportKind>.Of(kind));
        command.Parameters.AddWithValue((object?)who.UserId ?? DBNull.Value);
        command.Parameters.AddWithValue((object?)who.Name ?? DBNull.Value);
        command.Parameters.AddWithValue(amount);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static (SupportKind Kind, KickPerson Who, int Amount)? Of(KickEvent told) => told switch
    {
        Subscribed s => (s.IsRenewal ? SupportKind.Renewal : SupportKind.Subscription, s.Subscriber, s.Months ?? 1),
        SubscriptionsGifted g => (SupportKind.Gift, g.Gifter, g.Giftees.Count),
        KicksGifted k => (SupportKind.Kicks, k.Sender, k.Amount),
        _ => null,
    };
}
