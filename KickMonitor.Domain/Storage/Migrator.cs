using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>
/// Brings the database to this version's schema. Nodes that start together take turns. Whether there is anything to do is asked
/// in SQL: building EF's model for that would be half of every start.
/// </summary>
public sealed partial class Migrator(IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, SchemaOwner owner, IEnumerable<SchemaPart> parts, ILogger<Migrator> logger)
{
    private static readonly Lazy<IReadOnlyList<string>> Known = new(() =>
    [
        .. typeof(KickMonitorDb).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Migration)))
            .Select(t => t.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>().Order(StringComparer.Ordinal),
    ]);

    /// <summary>The schema in which a restoration keeps what it replaces until it is through.</summary>
    internal const string SetAside = "kickmonitor_before_restore";

    /// <exception cref="RestorationCutOffException">What a restoration set aside is still there, and nothing is in its place.</exception>
    /// <returns>The migrations that were applied; none if the schema was current.</returns>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken ct)
    {
        if (await owner.IsSettledAsync(ct) && (await InspectAsync(ct)).Pending is { Count: 0 } none)
        {
            return none;
        }

        await using var turn = await owner.OpenAsync(ct);
        await using (var wait = new NpgsqlCommand($"SELECT pg_advisory_lock({Locks.Migration})", turn) { CommandTimeout = 0 })
        {
            await wait.ExecuteNonQueryAsync(ct);
        }

        try
        {
            if (!await owner.IsSettledAsync(ct))
            {
                // It was interrupted in between, or the owner was named only now.
                await owner.HandOverAsync(turn, ct);
            }

            var (applied, pending) = await InspectAsync(ct);
            if (applied.Count == 0 && await IsRestorationCutOffAsync(turn, ct))
            {
                throw new RestorationCutOffException();
            }

            if (pending.Count > 0)
            {
                await using var db = await databases.CreateDbContextAsync(ct);
                db.Database.SetDbConnection(turn);
                await db.Database.MigrateAsync(ct);
                foreach (var part in parts)
                {
                    await part.ProvisionAsync(owner.ConnectionString, ct);
                }

                await owner.HandOverAsync(turn, ct);
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

    /// <summary>Every migration that this version has.</summary>
    public static IReadOnlyList<string> All => Known.Value;

    public async Task<(IReadOnlyList<string> Applied, IReadOnlyList<string> Pending)> InspectAsync(CancellationToken ct)
    {
        var applied = new List<string>();
        await using var connection = await owner.IsSettledAsync(ct) ? await source.OpenConnectionAsync(ct) : await owner.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\" ORDER BY \"MigrationId\"", connection);
        try
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                applied.Add(reader.GetString(0));
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // An empty database.
        }

        return (applied, [.. Known.Value.Except(applied, StringComparer.Ordinal)]);
    }

    private static async Task<bool> IsRestorationCutOffAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", connection) { Parameters = { new() { Value = SetAside } } };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {Count} migrations; the schema is {Newest}")]
    private partial void Applied(int count, string newest);
}

/// <summary>An empty schema in its place would make the next restoration throw away what was set aside.</summary>
public sealed class RestorationCutOffException() : Exception("A restoration of this database was cut off, and what it replaced is set aside. Run the restoration again; it puts that back first: kickmonitor db restore FILE");
