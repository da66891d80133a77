using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>
/// The database account that owns the schema: it migrates, restores, and tries backups. Where another one serves, that one gets all
/// it needs, but cannot alter or drop the audit log and what guards it.
/// </summary>
public sealed class SchemaOwner(DatabaseAddress database, NpgsqlDataSource source)
{
    private const string Kept = "('audit', '__EFMigrationsHistory')";

    /// <summary>With the password.</summary>
    public string ConnectionString => database.Owner ?? database.ConnectionString;

    /// <summary>Whether another account serves.</summary>
    public bool IsApart => database.Owner is not null;

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, ApplicationName = "kickmonitor-owner" }.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    /// <summary>Whether the account that serves could do away with entries of the audit log, or with their guard.</summary>
    public async Task<bool> IsAuditInReachAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            SELECT pg_has_role(current_user, c.relowner, 'MEMBER') OR pg_has_role(current_user, n.nspowner, 'MEMBER')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'public.audit'::regclass
            """);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Whether there is nothing to hand over.</summary>
    public async Task<bool> IsSettledAsync(CancellationToken ct)
    {
        if (!IsApart)
        {
            return true;
        }

        await using var command = source.CreateCommand(
            $"""
            SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                AND (relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)) = (relname IN {Kept}))
            """);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Gives the account that serves what it needs, and keeps the rest. All at once or not at all.</summary>
    /// <param name="owner">A connection of the owner.</param>
    public async Task HandOverAsync(NpgsqlConnection owner, CancellationToken ct)
    {
        if (!IsApart)
        {
            return;
        }

        await using var transaction = await owner.BeginTransactionAsync(ct);
        await using (var name = new NpgsqlCommand("SELECT set_config('kickmonitor.server', $1, true)", owner, transaction))
        {
            name.Parameters.AddWithValue(new NpgsqlConnectionStringBuilder(database.ConnectionString).Username ?? string.Empty);
            await name.ExecuteNonQueryAsync(ct);
        }

        await using (var give = new NpgsqlCommand(
            $"""
            DO $$
            DECLARE
                server name := current_setting('kickmonitor.server');
                item record;
            BEGIN
                -- Who owns a schema, or the database, may drop what is in it.
                IF pg_has_role(server, (SELECT nspowner FROM pg_namespace WHERE nspname = 'public'), 'MEMBER') THEN
                    EXECUTE format('ALTER SCHEMA public OWNER TO %I', current_user);
                END IF;
                EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', server);
                FOR item IN
                    SELECT c.oid::regclass AS relation, CASE WHEN c.relname IN {Kept} THEN current_user ELSE server END AS owner
                    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND (c.relkind IN ('r', 'p', 'v') OR (c.relkind = 'S'
                        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))))
                LOOP
                    EXECUTE format('ALTER TABLE %s OWNER TO %I', item.relation, item.owner);
                END LOOP;
                FOR item IN SELECT p.oid::regprocedure AS guard FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace LOOP
                    EXECUTE format('ALTER FUNCTION %s OWNER TO %I', item.guard, current_user);
                END LOOP;
                -- What an old backup brings may have no audit log yet.
                IF to_regclass('audit') IS NOT NULL THEN
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON audit TO %I', server);
                    EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', pg_get_serial_sequence('audit', 'id'), server);
                END IF;
                EXECUTE format('GRANT SELECT ON "__EFMigrationsHistory" TO %I', server);
            END $$
            """, owner, transaction))
        {
            await give.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
    }
}
