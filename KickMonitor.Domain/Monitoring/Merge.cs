using System.Reflection;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace KickMonitor.Domain.Monitoring;

/// <summary>
/// Turns observations into facts. PostgreSQL judges a whole batch in one round trip, one node at a time, so that two nodes or
/// two sources cannot disagree: the rules stand in Merge.sql.
/// </summary>
public sealed partial class Merge(NpgsqlDataSource source, MonitorOptions options, ILogger<Merge> logger)
{
    public const string Topic = "board";

    private static readonly string Sql = ReadSql();

    /// <summary>Judges observations in their order. When it returns, what they changed is durable.</summary>
    /// <param name="schedule">When to ask next; null leaves the schedule as it is.</param>
    public async Task<MergeResult> ApplyAsync(IReadOnlyList<Observation> observations, MergeSchedule? schedule, CancellationToken ct)
    {
        var total = new MergeResult(0, 0);
        foreach (var wave in Waves(observations))
        {
            var result = await ApplyOrSplitAsync(wave, schedule ?? new MergeSchedule(), ct);
            total = new MergeResult(total.Applied + result.Applied, total.Changed + result.Changed);
        }

        return total;
    }

    /// <summary>One statement judges each streamer once, so a second word about the same streamer waits for the next.</summary>
    private static IEnumerable<List<Observation>> Waves(IReadOnlyList<Observation> observations)
    {
        var left = observations;
        while (left.Count > 0)
        {
            var wave = new List<Observation>(left.Count);
            var rest = new List<Observation>();
            var seen = new HashSet<long>();
            foreach (var observation in left)
            {
                (seen.Add(observation.BroadcasterUserId) ? wave : rest).Add(observation);
            }

            yield return wave;
            left = rest;
        }
    }

    /// <summary>One report that contradicts what is stored must not take the others with it.</summary>
    private async Task<MergeResult> ApplyOrSplitAsync(List<Observation> wave, MergeSchedule schedule, CancellationToken ct)
    {
        try
        {
            return await ApplyWaveAsync(wave, schedule, ct);
        }
        catch (PostgresException e) when (e.SqlState.StartsWith("23", StringComparison.Ordinal))
        {
            if (wave.Count == 1)
            {
                Contradiction(wave[0].BroadcasterUserId, wave[0].Kind, e.ConstraintName);
                return new MergeResult(0, 0);
            }
        }

        var total = new MergeResult(0, 0);
        foreach (var observation in wave)
        {
            var result = await ApplyOrSplitAsync([observation], schedule, ct);
            total = new MergeResult(total.Applied + result.Applied, total.Changed + result.Changed);
        }

        return total;
    }

    private async Task<MergeResult> ApplyWaveAsync(List<Observation> wave, MergeSchedule schedule, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock({Locks.Changes})"));
        batch.BatchCommands.Add(Command(wave, schedule));
        batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        int applied = 0, changed = 0;
        while (await reader.ReadAsync(ct))
        {
            applied++;
            changed += reader.GetBoolean(2) ? 1 : 0;
        }

        while (await reader.NextResultAsync(ct))
        {
            // An error in a later command of the batch would surface here.
        }

        return new MergeResult(applied, changed);
    }

    private NpgsqlBatchCommand Command(List<Observation> wave, MergeSchedule schedule)
    {
        var command = new NpgsqlBatchCommand(Sql);
        Add(command, NpgsqlDbType.Bigint, wave, o => o.BroadcasterUserId);
        Add(command, NpgsqlDbType.Text, wave, o => SnakeCase<ObservationKind>.Of(o.Kind));
        Add(command, NpgsqlDbType.Text, wave, o => SnakeCase<Source>.Of(o.Source));
        Add(command, NpgsqlDbType.TimestampTz, wave, o => o.ObservedAt.ToUniversalTime());
        Add(command, NpgsqlDbType.TimestampTz, wave, o => o.AsOf.ToUniversalTime());
        Add(command, NpgsqlDbType.TimestampTz, wave, o => o.StartedAt?.ToUniversalTime());
        Add(command, NpgsqlDbType.TimestampTz, wave, o => o.EndedAt?.ToUniversalTime());
        Add(command, NpgsqlDbType.Integer, wave, o => o.Viewers);
        Add(command, NpgsqlDbType.Text, wave, o => o.Title);
        Add(command, NpgsqlDbType.Integer, wave, o => o.CategoryId);
        Add(command, NpgsqlDbType.Text, wave, o => o.Category);
        Add(command, NpgsqlDbType.Text, wave, o => o.Language);
        Add(command, NpgsqlDbType.Text, wave, o => o.ThumbnailUrl);
        Add(command, NpgsqlDbType.Text, wave, o => o.Slug);
        Add(command, NpgsqlDbType.Text, wave, o => o.DisplayName);
        Add(command, NpgsqlDbType.Text, wave, o => o.AvatarUrl);
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = options.EndAfter });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = options.SampleEvery });
        AddTime(command, schedule.NextCheckAt);
        AddTime(command, schedule.NextDetailAt);
        AddTime(command, schedule.NextProfileAt);
        return command;
    }

    private static void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, List<Observation> wave, Func<Observation, T> value)
    {
        var values = new T[wave.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(wave[i]);
        }

        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private static void AddTime(NpgsqlBatchCommand command, DateTimeOffset? time) =>
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)time?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });

    [LoggerMessage(Level = LogLevel.Error, Message = "A report about {BroadcasterUserId} ({Kind}) contradicts what is stored ({Constraint}) and was left out")]
    private partial void Contradiction(long broadcasterUserId, ObservationKind kind, string? constraint);

    private static string ReadSql()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Merge.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>When the observed streamers are due next; null leaves a time as it is.</summary>
public sealed record MergeSchedule(DateTimeOffset? NextCheckAt = null, DateTimeOffset? NextDetailAt = null, DateTimeOffset? NextProfileAt = null);

/// <param name="Applied">Observations of watched streamers.</param>
/// <param name="Changed">Streamers of which people now see something else.</param>
public sealed record MergeResult(int Applied, int Changed);
