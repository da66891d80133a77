using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>
/// The database account that owns the schema: it migrates, restores, and tries backups. Where another one serves, that one reads and
/// writes rows and can make nothing, so that it can neither alter the audit log and its guard nor leave anything behind that the owner
/// would run.
/// </summary>
public sealed class SchemaOwner(DatabaseAddress database, NpgsqlDataSource source)
{
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
            SELECT pg_has_role(current_user, n.nspowner, 'MEMBER') OR pg_has_role(current_user, d.datdba, 'MEMBER')
                OR EXISTS (SELECT FROM pg_class t WHERE t.relnamespace = n.oid AND t.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(current_user, t.relowner, 'MEMBER'))
                OR has_schema_privilege(n.oid, 'CREATE') OR has_database_privilege(d.oid, 'CREATE') OR has_table_privilege(c.oid, 'TRIGGER') OR has_table_privilege(c.oid, 'TRUNCATE')
                OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND pg_has_role(current_user, p.proowner, 'MEMBER'))
                OR (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_database d ON d.datname = current_database() WHERE c.oid = 'public.audit'::regclass
            """);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Whether the account that serves has what it needs, and no more.</summary>
    public async Task<bool> IsSettledAsync(CancellationToken ct)
    {
        if (!IsApart)
        {
            return true;
        }

        // An account that owns all, or rules all, cannot be kept from anything: the page Health says so.
        await using var command = source.CreateCommand(
            """
            SELECT has_schema_privilege(n.oid, 'USAGE') AND (pg_has_role(current_user, n.nspowner, 'MEMBER') OR NOT has_schema_privilege(n.oid, 'CREATE'))
                AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_class h ON h.relnamespace = n.oid AND h.relname = '__EFMigrationsHistory' AND h.relowner = c.relowner
                    WHERE c.relnamespace = n.oid AND CASE
                        WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE')
                        WHEN c.oid = h.oid THEN NOT has_table_privilege(c.oid, 'SELECT')
                        WHEN c.relkind IN ('r', 'p') THEN NOT has_table_privilege(c.oid, 'DELETE')
                        ELSE false END)
            FROM pg_namespace n WHERE n.nspname = 'public'
            """);
        return await command.ExecuteScalarAsync(ct) is true;
    }

    /// <summary>Gives the account that serves what it needs. All at once or not at all.</summary>
    /// <param name="owner">A connection of the owner.</param>
    public async Task HandOverAsync(NpgsqlConnection owner, CancellationToken ct)
    {
        if (!IsApart)
        {
            return;
        }

        string server;
        await using (var ask = source.CreateCommand("SELECT current_user::text"))
        {
            server = (string)(await ask.ExecuteScalarAsync(ct))!;
        }

        await using var transaction = await owner.BeginTransactionAsync(ct);

        // Whatever somebody put into public is not what these names mean.
        await using (var name = new NpgsqlCommand("SELECT set_config('search_path', 'pg_catalog, pg_temp', true), set_config('kickmonitor.server', $1, true)", owner, transaction))
        {
            name.Parameters.AddWithValue(server);
            await name.ExecuteNonQueryAsync(ct);
        }

        await using (var give = new NpgsqlCommand(
            """
            DO $$
            DECLARE
                server name := current_setting('kickmonitor.server');
                item record;
            BEGIN
                REVOKE CREATE ON SCHEMA public FROM PUBLIC;
                EXECUTE format('REVOKE CREATE ON SCHEMA public FROM %I', server);
                EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', server);
                FOR item IN
                    SELECT c.oid::regclass AS relation, c.relname, c.relkind FROM pg_class c
                    WHERE c.relnamespace = 'public'::regnamespace::oid AND c.relkind IN ('r', 'p', 'S') AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype = 'e')
                LOOP
                    IF item.relkind = 'S' THEN
                        EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', item.relation, server);
                    ELSE
                        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %I', item.relation, server);
                        EXECUTE format('GRANT %s ON %s TO %I', CASE item.relname WHEN '__EFMigrationsHistory' THEN 'SELECT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END, item.relation, server);
                    END IF;
                END LOOP;
                IF to_regprocedure('public.drop_event_partition(bigint)') IS NOT NULL THEN
                    EXECUTE format('GRANT EXECUTE ON FUNCTION public.make_event_partition(bigint, text, text), public.drop_event_partition(bigint) TO %I', server);
                END IF;
            END $$
            """, owner, transaction))
        {
            await give.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
    }
}

/// <summary>A part of the schema that is not the model's, and that a library makes by itself.</summary>
/// <param name="ProvisionAsync">Makes it with this connection string; what is there already stays.</param>
public sealed record SchemaPart(Func<string, CancellationToken, Task> ProvisionAsync);
