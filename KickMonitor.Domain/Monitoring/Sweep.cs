using System.Diagnostics;
using System.Diagnostics.Metrics;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Monitoring;

/// <summary>
/// Asks Kick about everybody who is due. Each node leases whom it asks about, so any number of nodes can sweep together; a
/// lease that a dead node left behind runs out.
/// </summary>
public sealed partial class Sweep(
    NpgsqlDataSource source, KickClient kick, Merge merge, SourceLog sources, Flags flags, MonitorOptions options, NodeName node, TimeProvider time, ILogger<Sweep> logger)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProfileInterval = TimeSpan.FromHours(6);
    private const int ProfileCallsARound = 5;
    private static readonly Meter Meter = new("KickMonitor");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("kickmonitor.sweep.duration", "s", "How long a round of the sweep took");
    private readonly Lock _turn = new();
    private bool _isRunning;
    private bool _again;

    /// <summary>Checks everybody who is due now, in batches, until nobody is left.</summary>
    /// <returns>What the round did; null if this node is still at the last one, which then goes on with another.</returns>
    public async Task<SweepReport?> RunAsync(CancellationToken ct)
    {
        lock (_turn)
        {
            if (_isRunning)
            {
                // A round that takes a little longer than the interval must not cost a whole one.
                _again = true;
                return null;
            }

            (_isRunning, _again) = (true, false);
        }

        try
        {
            SweepReport report;
            do
            {
                report = await RoundAsync(ct);
            }
            while (IsWantedAgain());

            return report;
        }
        catch
        {
            lock (_turn)
            {
                _isRunning = false;
            }

            throw;
        }
    }

    /// <summary>The end of a run, unless another was asked for meanwhile.</summary>
    private bool IsWantedAgain()
    {
        lock (_turn)
        {
            _isRunning = _again;
            _again = false;
            return _isRunning;
        }
    }

    private async Task<SweepReport> RoundAsync(CancellationToken ct)
    {
        var startedAt = time.GetUtcNow();
        long watch = Stopwatch.GetTimestamp();
        long sent = kick.Sent;
        int looked = 0, failed = 0;

        // Everybody who is due in this round is due again in the next, however long the round takes.
        var due = startedAt + (options.IntervalSpan / 4);
        var next = startedAt + options.IntervalSpan;
        bool isOff = flags.IsOff(FlagServices.Poll);
        while (!isOff && await LeaseAsync(due, ct) is { Count: > 0 } leased)
        {
            var (ids, spared) = await ChosenAsync(leased);
            await GiveBackAsync(spared, next, ct);
            if (ids.Count == 0)
            {
                continue;
            }

            bool isChecked = false;
            try
            {
                isChecked = await CheckAsync(ids, next, CallPriority.Usual, ct);
            }
            finally
            {
                if (!isChecked)
                {
                    // Also at shutdown, or nobody could look at them until the lease runs out.
                    await GiveBackAsync(ids, next, CancellationToken.None);
                }
            }

            looked += isChecked ? ids.Count : 0;
            failed += isChecked ? 0 : 1;
        }

        failed += isOff ? 0 : await DetailAsync(startedAt, ct) + await ProfilesAsync(startedAt, ct);
        var report = new SweepReport(startedAt, Stopwatch.GetElapsedTime(watch), looked, (int)(kick.Sent - sent), failed);
        Duration.Record(report.Duration.TotalSeconds);
        await RecordAsync(report, ct);
        Swept(report.Checked, report.Calls, report.FailedCalls, (int)report.Duration.TotalMilliseconds);
        return report;
    }

    /// <summary>Looks at these streamers now, whoever is due.</summary>
    public async Task<bool> CheckNowAsync(IReadOnlyList<long> ids, CancellationToken ct)
    {
        bool all = true;
        foreach (var some in ids.Chunk(options.BatchSize))
        {
            all &= await CheckAsync(some, next: null, CallPriority.Urgent, ct);
        }

        return all;
    }

    private async Task<bool> CheckAsync(IReadOnlyCollection<long> ids, DateTimeOffset? next, CallPriority priority, CancellationToken ct)
    {
        var answer = await kick.GetLivestreamsAsync(ids, priority, ct);
        if (answer.Failure is { } failure)
        {
            await sources.FailedAsync(SourceLog.KickApi, SourceLog.Livestreams, failure, ct);
            return false;
        }

        await merge.ApplyAsync(Observations.Of(ids, answer.Value, time.GetUtcNow()), new MergeSchedule(next, NextProfileAt: time.GetUtcNow() + ProfileInterval), ct);
        await sources.SucceededAsync(SourceLog.KickApi, SourceLog.Livestreams, ct);
        return true;
    }

    /// <summary>The slower look: renames, bans, and the word of the channel itself on whether it is offline.</summary>
    private async Task<int> DetailAsync(DateTimeOffset startedAt, CancellationToken ct)
    {
        var detail = TimeSpan.FromSeconds(options.DetailInterval);
        var due = startedAt + options.IntervalSpan;

        // Enough calls for everybody's turn to come in time and one more: many who fall due together are spread over rounds.
        double batches = await CountWatchedAsync(ct) / (double)KickClient.ChannelBatch;
        int calls = (int)Math.Ceiling(batches * (options.IntervalSpan / detail)) + 1;

        // The first call has room for those who are due soon; that keeps the load even.
        for (var fill = startedAt + (detail / 2); calls > 0; fill = due, calls--)
        {
            var taken = await TakeAsync("next_detail_at", due, fill < due ? due : fill, due + options.IntervalSpan, ct);
            if (taken.Count == 0)
            {
                return 0;
            }

            var (ids, _) = await ChosenAsync(taken);
            if (ids.Count == 0)
            {
                continue;
            }

            var answer = await kick.GetChannelsAsync(ids, CallPriority.Usual, ct);
            if (answer.Failure is { } failure)
            {
                await sources.FailedAsync(SourceLog.KickApi, SourceLog.Channels, failure, ct);
                return 1;
            }

            await merge.ApplyAsync(Observations.Of(ids, answer.Value, time.GetUtcNow()), new MergeSchedule(NextDetailAt: time.GetUtcNow() + detail), ct);
            await sources.SucceededAsync(SourceLog.KickApi, SourceLog.Channels, ct);
        }

        return 0;
    }

    private async Task<long> CountWatchedAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT count(*) FROM streamers WHERE paused_at IS NULL AND removed_at IS NULL");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Names and pictures of those who are rarely live; the live ones bring theirs along.</summary>
    private async Task<int> ProfilesAsync(DateTimeOffset startedAt, CancellationToken ct)
    {
        for (int calls = 0; calls < ProfileCallsARound; calls++)
        {
            var ids = await TakeAsync("next_profile_at", startedAt, startedAt, startedAt + options.IntervalSpan, ct);
            if (ids.Count == 0)
            {
                return 0;
            }

            var answer = await kick.GetUsersAsync(ids, CallPriority.Usual, ct);
            if (answer.Failure is { } failure)
            {
                await sources.FailedAsync(SourceLog.KickApi, SourceLog.Users, failure, ct);
                return 1;
            }

            await ApplyProfilesAsync(ids, answer.Value, ct);
            await sources.SucceededAsync(SourceLog.KickApi, SourceLog.Users, ct);
        }

        return 0;
    }

    private async Task ApplyProfilesAsync(List<long> ids, List<KickUser> users, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock({Locks.Changes})),
            asked AS (UPDATE checks SET next_profile_at = $4 WHERE broadcaster_user_id = ANY($5)),
            told AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t(id, name, avatar))
            UPDATE streamers s SET display_name = coalesce(t.name, s.display_name), avatar_url = coalesce(t.avatar, s.avatar_url), version = nextval('changes')
            FROM told t, locked WHERE s.broadcaster_user_id = t.id
                AND (coalesce(t.name, s.display_name), coalesce(t.avatar, s.avatar_url)) IS DISTINCT FROM (s.display_name, s.avatar_url)
            """);
        command.Parameters.AddWithValue(users.ConvertAll(u => u.UserId));
        command.Parameters.AddWithValue(users.Select(u => u.Name).ToArray());
        command.Parameters.AddWithValue(users.Select(u => u.ProfilePicture).ToArray());
        command.Parameters.AddWithValue(time.GetUtcNow() + ProfileInterval);
        command.Parameters.AddWithValue(ids);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <remarks>Materialized, or the database may choose the batch anew for each row that it updates, and lease everybody at once.</remarks>
    private async Task<List<long>> LeaseAsync(DateTimeOffset due, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            WITH due AS MATERIALIZED (
                SELECT c.broadcaster_user_id AS id FROM checks c JOIN streamers s USING (broadcaster_user_id)
                WHERE c.next_check_at <= $1 AND (c.leased_until IS NULL OR c.leased_until < $2) AND s.paused_at IS NULL AND s.removed_at IS NULL
                ORDER BY s.priority DESC, c.next_check_at, c.broadcaster_user_id LIMIT $5 FOR UPDATE OF c SKIP LOCKED)
            UPDATE checks SET leased_until = $3, leased_by = $4 FROM due WHERE broadcaster_user_id = due.id
            RETURNING broadcaster_user_id
            """);
        var now = time.GetUtcNow();
        command.Parameters.AddWithValue(due);
        command.Parameters.AddWithValue(now);
        command.Parameters.AddWithValue(now + Lease);
        command.Parameters.AddWithValue(node.Value);
        command.Parameters.AddWithValue(options.BatchSize);
        return await ReadIdsAsync(command, ct);
    }

    /// <summary>
    /// Takes those whose turn for a slower look has come, and fills the call up with those who are next. Whoever is taken is due
    /// again at <paramref name="retry"/>, unless the look succeeds.
    /// </summary>
    /// <remarks>The locked row is compared with what was seen: another node may have taken it since this statement began.</remarks>
    private async Task<List<long>> TakeAsync(string column, DateTimeOffset due, DateTimeOffset fill, DateTimeOffset retry, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            WITH watched AS (
                SELECT c.broadcaster_user_id, c.{column} AS at FROM checks c JOIN streamers s USING (broadcaster_user_id)
                WHERE c.{column} <= $2 AND s.paused_at IS NULL AND s.removed_at IS NULL),
            taken AS MATERIALIZED (
                SELECT c.broadcaster_user_id AS id FROM checks c JOIN watched w USING (broadcaster_user_id)
                WHERE c.{column} = w.at AND EXISTS (SELECT 1 FROM watched WHERE at <= $1)
                ORDER BY w.at, c.broadcaster_user_id LIMIT $4 FOR UPDATE OF c SKIP LOCKED)
            UPDATE checks SET {column} = $3 FROM taken WHERE broadcaster_user_id = taken.id
            RETURNING broadcaster_user_id
            """);
        command.Parameters.AddWithValue(due);
        command.Parameters.AddWithValue(fill);
        command.Parameters.AddWithValue(retry);
        command.Parameters.AddWithValue(KickClient.ChannelBatch);
        return await ReadIdsAsync(command, ct);
    }

    private static async Task<List<long>> ReadIdsAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var ids = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }

    /// <summary>Those whom the flag lets this source speak of, and the others.</summary>
    private async Task<(List<long> Asked, List<long> Spared)> ChosenAsync(List<long> leased)
    {
        var (asked, spared) = (new List<long>(leased.Count), new List<long>());
        foreach (long id in leased)
        {
            (await flags.IsOnAsync(FlagServices.Poll, id) ? asked : spared).Add(id);
        }

        return (asked, spared);
    }

    private async Task GiveBackAsync(List<long> ids, DateTimeOffset next, CancellationToken ct)
    {
        if (ids.Count == 0)
        {
            return;
        }

        await using var command = source.CreateCommand(
            "UPDATE checks SET leased_until = NULL, next_check_at = $2 WHERE broadcaster_user_id = ANY($1) AND leased_by = $3");
        command.Parameters.AddWithValue(ids);
        command.Parameters.AddWithValue(next);
        command.Parameters.AddWithValue(node.Value);
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task RecordAsync(SweepReport report, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            WITH forgotten AS (DELETE FROM sweep_rounds WHERE started_at < $2 - interval '1 day')
            INSERT INTO sweep_rounds (node, started_at, duration_ms, checked, calls, failed_calls) VALUES ($1, $2, $3, $4, $5, $6)
            """);
        command.Parameters.AddWithValue(node.Value);
        command.Parameters.AddWithValue(report.StartedAt);
        command.Parameters.AddWithValue((int)report.Duration.TotalMilliseconds);
        command.Parameters.AddWithValue(report.Checked);
        command.Parameters.AddWithValue(report.Calls);
        command.Parameters.AddWithValue(report.FailedCalls);
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Swept {Checked} streamers with {Calls} calls, {Failed} of them failed, in {Milliseconds} ms")]
    private partial void Swept(int @checked, int calls, int failed, int milliseconds);
}

public sealed record SweepReport(DateTimeOffset StartedAt, TimeSpan Duration, int Checked, int Calls, int FailedCalls);

/// <summary>What this node calls itself in leases, on the status page and in the scheduler.</summary>
public sealed record NodeName(string Value)
{
    public static NodeName Create() => new($"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..4]}");
}
