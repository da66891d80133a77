using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class SafeAccounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "is_brought_by_owner",
                table: "streamers",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "doubted_since",
                table: "account_links",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "guesses",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    door = table.Column<string>(type: "text", nullable: false),
                    count = table.Column<int>(type: "integer", nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_guesses", x => new { x.user_id, x.door });
                    table.ForeignKey(
                        name: "FK_guesses_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            // Names of people whose account is gone leave the audit log; nothing else of an entry ever changes. What is left of an entry is
            // worked out here, and the trigger compares, so that nobody can write anything else into it, also not this application.
            migrationBuilder.Sql(
                """
                CREATE FUNCTION pseudonym(person uuid) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'left-' || right(person::text, 12) $$;

                CREATE FUNCTION audit_owner(entry audit) RETURNS uuid LANGUAGE sql STABLE AS $$
                    SELECT CASE
                        WHEN entry.verb LIKE 'user.%' AND entry.subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN entry.subject_id::uuid
                        WHEN entry.verb LIKE 'link.%' OR entry.verb LIKE 'token.%'
                            THEN coalesce(entry.after->>'user', entry.after->>'owner', entry.before->>'user', entry.before->>'owner')::uuid
                    END
                $$;

                CREATE FUNCTION without_the_gone(entry audit) RETURNS audit LANGUAGE plpgsql STABLE AS $$
                DECLARE
                    owner uuid := audit_owner(entry);
                BEGIN
                    IF entry.actor_id IS NOT NULL AND NOT EXISTS (SELECT FROM users WHERE id = entry.actor_id) THEN
                        entry.actor := pseudonym(entry.actor_id);
                        entry.address := NULL;
                    END IF;
                    IF owner IS NOT NULL AND NOT EXISTS (SELECT FROM users WHERE id = owner) THEN
                        entry.subject := pseudonym(owner);
                        entry.before := CASE WHEN jsonb_typeof(entry.before) = 'object' THEN entry.before - ARRAY['email', 'displayName', 'timeZone', 'language'] ELSE entry.before END;
                        entry.after := CASE WHEN jsonb_typeof(entry.after) = 'object' THEN entry.after - ARRAY['email', 'displayName', 'timeZone', 'language'] ELSE entry.after END;
                    END IF;
                    RETURN entry;
                END $$;

                CREATE OR REPLACE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '90 days' THEN
                        RETURN OLD;
                    END IF;
                    IF TG_OP = 'UPDATE' THEN
                        IF NEW IS NOT DISTINCT FROM without_the_gone(OLD) THEN
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'The audit log is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
                END $$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                CREATE OR REPLACE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '90 days' THEN
                        RETURN OLD;
                    END IF;
                    RAISE EXCEPTION 'The audit log is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
                END $$;
                DROP FUNCTION without_the_gone;
                DROP FUNCTION audit_owner;
                DROP FUNCTION pseudonym;
                """);

            migrationBuilder.DropTable(
                name: "guesses");

            migrationBuilder.DropColumn(
                name: "is_brought_by_owner",
                table: "streamers");

            migrationBuilder.DropColumn(
                name: "doubted_since",
                table: "account_links");
        }
    }
}
