using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class SkippedHandlers : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string[]>(
                name: "skipped",
                table: "events",
                type: "text[]",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "skipped",
                table: "events");
        }
    }
}
