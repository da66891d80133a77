using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Monitoring;

/// <summary>Keeps, for people, how each source is doing: one row for each of its parts, written by every node.</summary>
public sealed class SourceLog(NpgsqlDataSource source, TimeProvider time)
{
    public const string Topic = "sources";
    public const string KickApi = "kick-api";

    /// <summary>The part of <see cref="KickApi"/> that says who is live.</summary>
    public const string Livestreams = "livestreams";
    public const string Channels = "channels";
    public const string Users = "users";
    public const string KickWebhooks = "kick-webhooks";
    public const string Browser = "browser";
    public const string Socket = "socket";

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _written = new(StringComparer.Ordinal);

    /// <summary>An answer came. Written at once after a failure, and every ten seconds otherwise.</summary>
    public async Task SucceededAsync(string name, string part, CancellationToken ct)
    {
        string key = $"{name}/{part}";
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_written.TryGetValue(key, out var written) && now - written < Quiet && now >= written)
            {
                return;
            }

            _written[key] = now;
        }

        await WriteAsync(
            """
            INSERT INTO sources (name, part, state, since, last_success_at, failures) VALUES ($1, $2, 'ok', $3, $3, 0)
            ON CONFLICT (name, part) DO UPDATE SET last_success_at = $3, failures = 0,
                since = CASE WHEN sources.state = 'ok' THEN sources.since ELSE $3 END, state = 'ok'
            """, name, part, now, error: null, ct);
    }

    /// <summary>
    /// A call failed: the source is degraded, and failing from the third failure in a row on, or at once if Kick refused the credentials.
    /// </summary>
    public async Task FailedAsync(string name, string part, KickFailure failure, CancellationToken ct)
    {
        lock (_gate)
        {
            _written.Remove($"{name}/{part}");
        }

        int enough = failure.Kind == KickFailureKind.Unauthorized ? 1 : 3;
        await WriteAsync(
            $"""
            INSERT INTO sources (name, part, state, since, last_error_at, last_error, failures) VALUES ($1, $2, CASE WHEN 1 >= {enough} THEN 'failing' ELSE 'degraded' END, $3, $3, $4, 1)
            ON CONFLICT (name, part) DO UPDATE SET last_error_at = $3, last_error = $4, failures = sources.failures + 1,
                since = CASE WHEN sources.state IN ('degraded', 'failing') THEN sources.since ELSE $3 END,
                state = CASE WHEN sources.failures + 1 >= {enough} OR sources.state = 'failing' THEN 'failing' ELSE 'degraded' END
            """, name, part, time.GetUtcNow(), failure.ToString(), ct);
    }

    /// <summary>Calls succeed, and yet something is wrong with a part.</summary>
    public Task TroubledAsync(string name, string part, string words, CancellationToken ct) => WriteAsync(
        """
        INSERT INTO sources (name, part, state, since, last_error_at, last_error, failures) VALUES ($1, $2, 'degraded', $3, $3, $4, 1)
        ON CONFLICT (name, part) DO UPDATE SET last_error_at = $3, last_error = $4
        """, name, part, time.GetUtcNow(), words.Length > 300 ? words[..299] + "…" : words, ct);

    /// <summary>Nothing is wrong with it any more; that it works is for others to say.</summary>
    public async Task ClearAsync(string name, string part, CancellationToken ct)
    {
        await using var command = source.CreateCommand($"WITH gone AS (DELETE FROM sources WHERE name = $1 AND part = $2 RETURNING 1) SELECT pg_notify('kickmonitor', $3) FROM gone");
        command.Parameters.AddWithValue(name);
        command.Parameters.AddWithValue(part);
        command.Parameters.AddWithValue(Topic);
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task WriteAsync(string sql, string name, string part, DateTimeOffset now, string? error, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        var write = new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = name }, new() { Value = part }, new() { Value = now } } };
        if (error is not null)
        {
            write.Parameters.Add(new() { Value = error });
        }

        batch.BatchCommands.Add(write);
        batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
        await batch.ExecuteNonQueryAsync(ct);
    }
}
