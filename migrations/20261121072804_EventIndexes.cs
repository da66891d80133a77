using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class EventIndexes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_events_actor",
                table: "events");

            migrationBuilder.DropIndex(
                name: "IX_events_change",
                table: "events");

            migrationBuilder.CreateIndex(
                name: "IX_events_actor",
                table: "events",
                column: "actor",
                filter: "actor IS NOT NULL")
                .Annotation("Npgsql:IndexOperators", new[] { "text_pattern_ops" });

            migrationBuilder.CreateIndex(
                name: "IX_events_change",
                table: "events",
                column: "change",
                filter: "change IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_events_actor",
                table: "events");

            migrationBuilder.DropIndex(
                name: "IX_events_change",
                table: "events");

            migrationBuilder.CreateIndex(
                name: "IX_events_actor",
                table: "events",
                column: "actor")
                .Annotation("Npgsql:IndexOperators", new[] { "text_pattern_ops" });

            migrationBuilder.CreateIndex(
                name: "IX_events_change",
                table: "events",
                column: "change");
        }
    }
}
