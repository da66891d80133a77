using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class SealedGuard : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // The guard means what is built in and what is public's, whatever path or likeness its caller brings; and gone is only whose
            // leaving is written down. Partitions are made and dropped for those who may make nothing else.
            migrationBuilder.Sql(
                """
                CREATE OR REPLACE FUNCTION pseudonym(person uuid) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS
                    $$ SELECT 'left-' || right(person::text, 12) $$;

                CREATE OR REPLACE FUNCTION audit_owner(entry audit) RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
                    SELECT CASE
                        WHEN entry.verb LIKE 'user.%' AND entry.subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN entry.subject_id::uuid
                        WHEN entry.verb LIKE 'link.%' OR entry.verb LIKE 'token.%'
                            THEN coalesce(entry.after->>'user', entry.after->>'owner', entry.before->>'user', entry.before->>'owner')::uuid
                    END
                $$;

                CREATE FUNCTION has_left(person uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
                    SELECT NOT EXISTS (SELECT FROM public.users WHERE id = person)
                        AND EXISTS (SELECT FROM public.audit WHERE subject_id = person::text AND verb = 'user.deleted')
                $$;

                CREATE OR REPLACE FUNCTION without_the_gone(entry audit) RETURNS audit LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
                DECLARE
                    owner uuid := public.audit_owner(entry);
                BEGIN
                    IF entry.actor_id IS NOT NULL AND public.has_left(entry.actor_id) THEN
                        entry.actor := public.pseudonym(entry.actor_id);
                        entry.address := NULL;
                    END IF;
                    IF owner IS NOT NULL AND public.has_left(owner) THEN
                        entry.subject := public.pseudonym(owner);
                        entry.before := CASE WHEN jsonb_typeof(entry.before) = 'object' THEN entry.before - ARRAY['email', 'displayName', 'timeZone', 'language'] ELSE entry.before END;
                        entry.after := CASE WHEN jsonb_typeof(entry.after) = 'object' THEN entry.after - ARRAY['email', 'displayName', 'timeZone', 'language'] ELSE entry.after END;
                    END IF;
                    RETURN entry;
                END $$;

                CREATE OR REPLACE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
                BEGIN
                    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '90 days' THEN
                        RETURN OLD;
                    END IF;
                    IF TG_OP = 'UPDATE' THEN
                        IF NEW IS NOT DISTINCT FROM public.without_the_gone(OLD) THEN
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'The audit log is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
                END $$;

                CREATE FUNCTION make_event_partition(period bigint, low text, high text) RETURNS void
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
                BEGIN
                    EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.events FOR VALUES FROM (%L) TO (%L)', 'events_u' || period::text, low, high);
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO %I', 'events_u' || period::text, session_user);
                END $$;

                CREATE FUNCTION drop_event_partition(period bigint) RETURNS void
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
                BEGIN
                    EXECUTE format('DROP TABLE IF EXISTS public.%I', 'events_u' || period::text);
                END $$;

                REVOKE EXECUTE ON FUNCTION make_event_partition(bigint, text, text), drop_event_partition(bigint) FROM PUBLIC;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION make_event_partition, drop_event_partition");
        }
    }
}
