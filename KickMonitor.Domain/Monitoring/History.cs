using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Monitoring;

public enum Resolution
{
    Auto,
    Raw,
    Minute,
    Hour,
    Day,
}

/// <summary>A stretch of a viewers chart.</summary>
/// <param name="Viewers">The average of the believed counts, or of all if none can be believed.</param>
/// <param name="Quality">The commonest mark among its samples.</param>
public sealed record ViewerPoint(DateTimeOffset At, int Viewers, int Min, int Max, ViewerQuality Quality);

/// <summary>What happened to one streamer: changes, broadcasts, viewers. Newest first, but for charts.</summary>
public sealed class History(IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>The most points that a chart gets.</summary>
    public const int MostPoints = 1000;

    public async Task<List<StatusEvent>> StatusEventsAsync(long id, int limit, long? before, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.StatusEvents.AsNoTracking()
            .Where(e => e.BroadcasterUserId == id && (before == null || e.Id < before))
            .OrderByDescending(e => e.Id).Take(limit).ToListAsync(ct);
    }

    public async Task<List<Broadcast>> BroadcastsAsync(long id, int limit, DateTimeOffset? before, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Broadcasts.AsNoTracking()
            .Where(b => b.BroadcasterUserId == id && (before == null || b.StartedAt < before))
            .OrderByDescending(b => b.StartedAt).Take(limit).ToListAsync(ct);
    }

    /// <summary>Viewers between two instants, the end excluded, oldest first; at most <see cref="MostPoints"/> of them.</summary>
    public async Task<List<ViewerPoint>> ViewersAsync(long id, DateTimeOffset from, DateTimeOffset to, Resolution resolution, CancellationToken ct)
    {
        var step = StepOf(resolution, to - from);
        await using var command = source.CreateCommand(
            """
            SELECT date_bin($4, at, '2000-01-01'::timestamptz) AS bin,
                round(coalesce(avg(viewers) FILTER (WHERE quality IN ('ok', 'frozen')), avg(viewers)))::int,
                coalesce(min(viewers) FILTER (WHERE quality IN ('ok', 'frozen')), min(viewers)), coalesce(max(viewers) FILTER (WHERE quality IN ('ok', 'frozen')), max(viewers)),
                mode() WITHIN GROUP (ORDER BY quality)
            FROM viewer_samples WHERE broadcaster_user_id = $1 AND at >= $2 AND at < $3
            GROUP BY bin ORDER BY bin DESC LIMIT $5
            """);
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(from.ToUniversalTime());
        command.Parameters.AddWithValue(to.ToUniversalTime());
        command.Parameters.AddWithValue(step);
        command.Parameters.AddWithValue(MostPoints);
        var points = new List<ViewerPoint>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            points.Add(new ViewerPoint(
                reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), SnakeCase<ViewerQuality>.Parse(reader.GetString(4))));
        }

        points.Reverse();
        return points;
    }

    /// <summary>How long a broadcast has lasted so far.</summary>
    public TimeSpan LengthOf(Broadcast broadcast) => (broadcast.EndedAt ?? time.GetUtcNow()) - broadcast.StartedAt;

    private static TimeSpan StepOf(Resolution resolution, TimeSpan span) => resolution switch
    {
        Resolution.Raw => TimeSpan.FromSeconds(1),
        Resolution.Minute => TimeSpan.FromMinutes(1),
        Resolution.Hour => TimeSpan.FromHours(1),
        Resolution.Day => TimeSpan.FromDays(1),
        _ => span.TotalMinutes <= MostPoints ? TimeSpan.FromMinutes(1) : span.TotalHours <= MostPoints ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1),
    };
}
