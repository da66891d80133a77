using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class People : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "must_change_password",
                table: "users",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "notes",
                table: "streamers",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "priority",
                table: "streamers",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "revised_at",
                table: "streamers",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "manages_chat",
                table: "assignments",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<bool>(
                name: "manages_events",
                table: "assignments",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "entry_links",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_entry_links", x => x.id);
                    table.ForeignKey(
                        name: "FK_entry_links_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "group_assignments",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    group_id = table.Column<long>(type: "bigint", nullable: false),
                    assigned_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    manages_events = table.Column<bool>(type: "boolean", nullable: false),
                    manages_chat = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_group_assignments", x => new { x.user_id, x.group_id });
                    table.ForeignKey(
                        name: "FK_group_assignments_streamer_groups_group_id",
                        column: x => x.group_id,
                        principalTable: "streamer_groups",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_group_assignments_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_entry_links_hash",
                table: "entry_links",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_entry_links_user_id",
                table: "entry_links",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "IX_group_assignments_group_id",
                table: "group_assignments",
                column: "group_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "entry_links");

            migrationBuilder.DropTable(
                name: "group_assignments");

            migrationBuilder.DropColumn(
                name: "must_change_password",
                table: "users");

            migrationBuilder.DropColumn(
                name: "notes",
                table: "streamers");

            migrationBuilder.DropColumn(
                name: "priority",
                table: "streamers");

            migrationBuilder.DropColumn(
                name: "revised_at",
                table: "streamers");

            migrationBuilder.DropColumn(
                name: "manages_chat",
                table: "assignments");

            migrationBuilder.DropColumn(
                name: "manages_events",
                table: "assignments");
        }
    }
}
