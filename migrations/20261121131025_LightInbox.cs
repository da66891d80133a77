using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class LightInbox : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_events_broadcaster_user_id_id",
                table: "events");

            migrationBuilder.DropIndex(
                name: "IX_events_id",
                table: "events");

            migrationBuilder.CreateIndex(
                name: "events_skipped",
                table: "events",
                column: "id",
                filter: "skipped IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_events_broadcaster_user_id_id",
                table: "events",
                columns: new[] { "broadcaster_user_id", "id" },
                filter: "change IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_events_id",
                table: "events",
                column: "id",
                filter: "change IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "events_skipped",
                table: "events");

            migrationBuilder.DropIndex(
                name: "IX_events_broadcaster_user_id_id",
                table: "events");

            migrationBuilder.DropIndex(
                name: "IX_events_id",
                table: "events");

            migrationBuilder.CreateIndex(
                name: "IX_events_broadcaster_user_id_id",
                table: "events",
                columns: new[] { "broadcaster_user_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_events_id",
                table: "events",
                column: "id");
        }
    }
}
