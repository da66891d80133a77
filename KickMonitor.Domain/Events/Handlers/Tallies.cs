using KickMonitor.Domain.Kick;
using Npgsql;

namespace KickMonitor.Domain.Events.Handlers;

/// <summary>Counts followers, subscriptions, gifts and Kicks per streamer, since events are heard: Kick tells no totals.</summary>
public sealed class Tallies : IEventHandler
{
    public string Name => "tallies";

    public string? WouldDo(KickEvent told, Say say) => Of(told) switch
    {
        ("followers", _) => say("count one more follower"),
        ("subscriptions", _) => say("count one more subscription"),
        ("renewals", _) => say("count one more renewal"),
        ("gifts", var amount) => say("count {0} more gifts", amount),
        ("kicks", var amount) => say("count {0} more Kicks", amount),
        _ => null,
    };

    public async Task ActAsync(EventWork work, KickEvent told, CancellationToken ct)
    {
        var (column, amount) = Of(told)!.Value;
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO channel_tallies (broadcaster_user_id, since, followers, subscriptions, renewals, gifts, kicks)
            SELECT $1, $2, 0, 0, 0, 0, 0 ON CONFLICT DO NOTHING;
            """, work.Connection);
        command.Parameters.AddWithValue(told.Broadcaster.UserId!.Value);
        command.Parameters.AddWithValue(work.ReceivedAt);
        await command.ExecuteNonQueryAsync(ct);
        await using var add = new NpgsqlCommand($"UPDATE channel_tallies SET {column} = {column} + $2 WHERE broadcaster_user_id = $1", work.Connection);
        add.Parameters.AddWithValue(told.Broadcaster.UserId!.Value);
        add.Parameters.AddWithValue((long)amount);
        await add.ExecuteNonQueryAsync(ct);
    }

    private static (string Column, int Amount)? Of(KickEvent told) => told switch
    {
        Followed => ("followers", 1),
        Subscribed { IsRenewal: true } => ("renewals", 1),
        Subscribed => ("subscriptions", 1),
        SubscriptionsGifted g => ("gifts", g.Giftees.Count),
        KicksGifted k => ("kicks", k.Amount),
        _ => null,
    };
}
