using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class SourceParts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_sources",
                table: "sources");

            migrationBuilder.AddColumn<string>(
                name: "part",
                table: "sources",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddPrimaryKey(
                name: "PK_sources",
                table: "sources",
                columns: new[] { "name", "part" });

            // Two broadcasts of one streamer never overlap. Checked at commit: one statement ends a broadcast and begins the next.
            migrationBuilder.Sql("""
                ALTER TABLE broadcasts ADD CONSTRAINT one_broadcast_at_a_time EXCLUDE USING gist (
                    int8range(broadcaster_user_id, broadcaster_user_id, '[]') WITH &&, tstzrange(started_at, ended_at) WITH &&)
                    DEFERRABLE INITIALLY DEFERRED
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("ALTER TABLE broadcasts DROP CONSTRAINT one_broadcast_at_a_time");

            migrationBuilder.DropPrimaryKey(
                name: "PK_sources",
                table: "sources");

            migrationBuilder.DropColumn(
                name: "part",
                table: "sources");

            migrationBuilder.AddPrimaryKey(
                name: "PK_sources",
                table: "sources",
                column: "name");
        }
    }
}
