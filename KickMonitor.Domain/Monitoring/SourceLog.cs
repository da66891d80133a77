using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Monitoring;

/// <summary>Keeps, for people, how each source is doing: one row a source, written by every node.</summary>
public sealed class SourceLog(NpgsqlDataSource source, TimeProvider time)
{
    public const string Topic = "sources";
    public const string KickApi = "kick-api";
    public const string KickWebhooks = "kick-webhooks";
    public const string Browser = "browser";
    public const string Socket = "socket";

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _written = new(StringComparer.Ordinal);

    /// <summary>An answer came. Written at once after a failure, and every ten seconds otherwise.</summary>
    public async Task SucceededAsync(string name, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_written.TryGetValue(name, out var written) && now - written < Quiet && now >= written)
            {
                return;
            }

            _written[name] = now;
        }

        await WriteAsync(
            """
            INSERT INTO sources (name, state, since, last_success_at, failures) VALUES ($1, 'ok', $2, $2, 0)
            ON CONFLICT (name) DO UPDATE SET last_success_at = $2, failures = 0,
                since = CASE WHEN sources.state = 'ok' THEN sources.since ELSE $2 END, state = 'ok'
            """, name, now, error: null, ct);
    }

    /// <summary>
    /// A call failed: the source is degraded, and failing from the third failure in a row on, or at once if Kick refused the credentials.
    /// </summary>
    public async Task FailedAsync(string name, KickFailure failure, CancellationToken ct)
    {
        lock (_gate)
        {
            _written.Remove(name);
        }

        int enough = failure.Kind == KickFailureKind.Unauthorized ? 1 : 3;
        await WriteAsync(
            $"""
            INSERT INTO sources (name, state, since, last_error_at, last_error, failures) VALUES ($1, CASE WHEN 1 >= {enough} THEN 'failing' ELSE 'degraded' END, $2, $2, $3, 1)
            ON CONFLICT (name) DO UPDATE SET last_error_at = $2, last_error = $3, failures = sources.failures + 1,
                since = CASE WHEN sources.state IN ('degraded', 'failing') THEN sources.since ELSE $2 END,
                state = CASE WHEN sources.failures + 1 >= {enough} OR sources.state = 'failing' THEN 'failing' ELSE 'degraded' END
            """, name, time.GetUtcNow(), failure.ToString(), ct);
    }

    private async Task WriteAsync(string sql, string name, DateTimeOffset now, string? error, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        var write = new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = name }, new() { Value = now } } };
        if (error is not null)
        {
            write.Parameters.Add(new() { Value = error });
        }

        batch.BatchCommands.Add(write);
        batch.BatchCommands.Add(Bus.NoticeCommand(Topic));
        await batch.ExecuteNonQueryAsync(ct);
    }
}
