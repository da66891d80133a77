using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class GuardOfTheAudit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Whether somebody is gone is for the table of people to say, and not for a temporary one of the same name.
            migrationBuilder.Sql("ALTER FUNCTION without_the_gone(audit) SET search_path = public, pg_temp");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("ALTER FUNCTION without_the_gone(audit) RESET search_path");
        }
    }
}
