using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>Brings the database to this version's schema. Nodes that start together take turns.</summary>
public sealed partial class Migrator(IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, ILogger<Migrator> logger)
{
    /// <returns>The migrations that were applied; none if the schema was current.</returns>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken ct)
    {
        await using var turn = await source.OpenConnectionAsync(ct);
        await using (var wait = new NpgsqlCommand($"SELECT pg_advisory_lock({Locks.Migration})", turn) { CommandTimeout = 0 })
        {
            await wait.ExecuteNonQueryAsync(ct);
        }

        try
        {
            await using var db = await databases.CreateDbContextAsync(ct);
            var pending = (await db.Database.GetPendingMigrationsAsync(ct)).ToList();
            if (pending.Count > 0)
            {
                await db.Database.MigrateAsync(ct);
                Applied(pending.Count, pending[^1]);
            }

            return pending;
        }
        finally
        {
            await using var done = new NpgsqlCommand($"SELECT pg_advisory_unlock({Locks.Migration})", turn);
            await done.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    public async Task<(IReadOnlyList<string> Applied, IReadOnlyList<string> Pending)> InspectAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return ([.. await db.Database.GetAppliedMigrationsAsync(ct)], [.. await db.Database.GetPendingMigrationsAsync(ct)]);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {Count} migrations; the schema is {Newest}")]
    private partial void Applied(int count, string newest);
}
