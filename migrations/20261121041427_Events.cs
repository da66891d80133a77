using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class Events : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateSequence(
                name: "event_changes");

            migrationBuilder.CreateSequence(
                name: "event_ids");

            migrationBuilder.CreateTable(
                name: "action_ledger",
                columns: table => new
                {
                    effect = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    event_id = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_action_ledger", x => new { x.effect, x.key });
                });

            migrationBuilder.CreateTable(
                name: "channel_tallies",
                columns: table => new
                {
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    followers = table.Column<long>(type: "bigint", nullable: false),
                    subscriptions = table.Column<long>(type: "bigint", nullable: false),
                    renewals = table.Column<long>(type: "bigint", nullable: false),
                    gifts = table.Column<long>(type: "bigint", nullable: false),
                    kicks = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_channel_tallies", x => x.broadcaster_user_id);
                });

            migrationBuilder.CreateTable(
                name: "event_stats",
                columns: table => new
                {
                    type = table.Column<string>(type: "text", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    delivered = table.Column<int>(type: "integer", nullable: false),
                    duplicates = table.Column<int>(type: "integer", nullable: false),
                    late = table.Column<int>(type: "integer", nullable: false),
                    held = table.Column<int>(type: "integer", nullable: false),
                    failed = table.Column<int>(type: "integer", nullable: false),
                    last_received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    within1s = table.Column<int>(type: "integer", nullable: false),
                    within5s = table.Column<int>(type: "integer", nullable: false),
                    within30s = table.Column<int>(type: "integer", nullable: false),
                    within2m = table.Column<int>(type: "integer", nullable: false),
                    within10m = table.Column<int>(type: "integer", nullable: false),
                    within1h = table.Column<int>(type: "integer", nullable: false),
                    beyond1h = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_stats", x => new { x.day, x.type, x.broadcaster_user_id });
                });

            migrationBuilder.CreateTable(
                name: "event_subscriptions",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    listed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_subscriptions", x => x.id);
                });

            // By ranges of Kick's message ids, which are ULIDs and so begin with their time: the id stays unique across partitions,
            // and old events leave with their partition. Ids that are no ULIDs go to the rest.
            migrationBuilder.Sql(
                """
                CREATE TABLE events (
                    id bigint NOT NULL DEFAULT nextval('event_ids'),
                    message_id text COLLATE "C" NOT NULL,
                    subscription_id text,
                    type text NOT NULL,
                    version text,
                    sent_at timestamptz NOT NULL,
                    received_at timestamptz NOT NULL,
                    broadcaster_user_id bigint,
                    body bytea NOT NULL,
                    state text NOT NULL DEFAULT 'pending',
                    mark text,
                    attempts integer NOT NULL DEFAULT 0,
                    due_at timestamptz NOT NULL,
                    handled_at timestamptz,
                    error text,
                    occurred_at timestamptz,
                    duplicate_of bigint,
                    repeats integer NOT NULL DEFAULT 0,
                    replay_id bigint,
                    change bigint,
                    CONSTRAINT "PK_events" PRIMARY KEY (message_id)
                ) PARTITION BY RANGE (message_id);
                CREATE TABLE events_rest PARTITION OF events DEFAULT;
                CREATE INDEX "IX_events_id" ON events (id);
                CREATE INDEX "IX_events_broadcaster_user_id_id" ON events (broadcaster_user_id, id);
                CREATE INDEX "IX_events_change" ON events (change);
                CREATE INDEX events_pending ON events ((coalesce(broadcaster_user_id, 0) & 7), due_at) WHERE state = 'pending';
                CREATE INDEX events_failed ON events (id) WHERE state = 'failed';
                """);

            migrationBuilder.CreateTable(
                name: "metadata_snapshots",
                columns: table => new
                {
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    digest = table.Column<string>(type: "text", nullable: false),
                    event_id = table.Column<long>(type: "bigint", nullable: false),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_metadata_snapshots", x => x.broadcaster_user_id);
                });

            migrationBuilder.CreateTable(
                name: "replays",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    requested_by = table.Column<string>(type: "text", nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    filter = table.Column<string>(type: "text", nullable: false),
                    events = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_replays", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "subscription_wishes",
                columns: table => new
                {
                    type = table.Column<string>(type: "text", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    next_try_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_subscription_wishes", x => new { x.broadcaster_user_id, x.type });
                });

            migrationBuilder.CreateTable(
                name: "supporters",
                columns: table => new
                {
                    event_id = table.Column<long>(type: "bigint", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<long>(type: "bigint", nullable: true),
                    name = table.Column<string>(type: "text", nullable: true),
                    amount = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_supporters", x => x.event_id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_event_subscriptions_broadcaster_user_id_type",
                table: "event_subscriptions",
                columns: new[] { "broadcaster_user_id", "type" });

            migrationBuilder.CreateIndex(
                name: "IX_supporters_broadcaster_user_id_at",
                table: "supporters",
                columns: new[] { "broadcaster_user_id", "at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "action_ledger");

            migrationBuilder.DropTable(
                name: "channel_tallies");

            migrationBuilder.DropTable(
                name: "event_stats");

            migrationBuilder.DropTable(
                name: "event_subscriptions");

            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "metadata_snapshots");

            migrationBuilder.DropTable(
                name: "replays");

            migrationBuilder.DropTable(
                name: "subscription_wishes");

            migrationBuilder.DropTable(
                name: "supporters");

            migrationBuilder.DropSequence(
                name: "event_changes");

            migrationBuilder.DropSequence(
                name: "event_ids");
        }
    }
}
