using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class EventWatch : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "actor",
                table: "events",
                type: "text",
                nullable: true);

            // What is new is read in its order without reading all that waits.
            migrationBuilder.Sql(
                """
                DROP INDEX events_pending;
                CREATE INDEX events_pending ON events ((coalesce(broadcaster_user_id, 0) & 7), due_at, id) WHERE state = 'pending';
                DROP INDEX events_failed;
                CREATE INDEX events_put_aside ON events (id) WHERE state IN ('failed', 'held');
                """);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "vanished_at",
                table: "event_subscriptions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_events_actor",
                table: "events",
                column: "actor")
                .Annotation("Npgsql:IndexOperators", new[] { "text_pattern_ops" });

            migrationBuilder.CreateIndex(
                name: "IX_action_ledger_event_id",
                table: "action_ledger",
                column: "event_id")
                .Annotation("Npgsql:IndexMethod", "brin");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP INDEX events_pending;
                CREATE INDEX events_pending ON events ((coalesce(broadcaster_user_id, 0) & 7), due_at) WHERE state = 'pending';
                DROP INDEX events_put_aside;
                CREATE INDEX events_failed ON events (id) WHERE state = 'failed';
                """);

            migrationBuilder.DropIndex(
                name: "IX_events_actor",
                table: "events");

            migrationBuilder.DropIndex(
                name: "IX_action_ledger_event_id",
                table: "action_ledger");

            migrationBuilder.DropColumn(
                name: "actor",
                table: "events");

            migrationBuilder.DropColumn(
                name: "vanished_at",
                table: "event_subscriptions");
        }
    }
}
