using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace KickMonitor.Domain.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateSequence(
                name: "changes");

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
                name: "data_protection_keys",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    name = table.Column<string>(type: "text", nullable: false),
                    xml = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_data_protection_keys", x => x.id);
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
                name: "link_events",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    by_user_id = table.Column<Guid>(type: "uuid", nullable: true),
                    external_id = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_link_events", x => x.id);
                });

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
                name: "nodes",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_nodes", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "pending_revocations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    is_refresh_token = table.Column<bool>(type: "boolean", nullable: false),
                    token = table.Column<byte[]>(type: "bytea", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_pending_revocations", x => x.id);
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
                name: "settings",
                columns: table => new
                {
                    key = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<string>(type: "text", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_settings", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "sources",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    part = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_success_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_error_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_error = table.Column<string>(type: "text", nullable: true),
                    failures = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sources", x => new { x.name, x.part });
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

            migrationBuilder.CreateTable(
                name: "sweep_rounds",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    node = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    duration_ms = table.Column<int>(type: "integer", nullable: false),
                    @checked = table.Column<int>(name: "checked", type: "integer", nullable: false),
                    calls = table.Column<int>(type: "integer", nullable: false),
                    failed_calls = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sweep_rounds", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "users",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    display_name = table.Column<string>(type: "text", nullable: true),
                    time_zone = table.Column<string>(type: "text", nullable: true),
                    language = table.Column<string>(type: "text", nullable: true),
                    role = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_sign_in_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    disabled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    email_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    password_hash = table.Column<string>(type: "text", nullable: true),
                    security_stamp = table.Column<string>(type: "text", nullable: true),
                    concurrency_stamp = table.Column<string>(type: "text", nullable: true),
                    phone_number = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    phone_number_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    lockout_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    access_failed_count = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_users", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "viewer_samples",
                columns: table => new
                {
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    viewers = table.Column<int>(type: "integer", nullable: false),
                    quality = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_viewer_samples", x => new { x.broadcaster_user_id, x.at });
                });

            migrationBuilder.CreateTable(
                name: "account_links",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    external_name = table.Column<string>(type: "text", nullable: true),
                    picture_url = table.Column<string>(type: "text", nullable: true),
                    scopes = table.Column<string>(type: "text", nullable: false),
                    access_token = table.Column<byte[]>(type: "bytea", nullable: true),
                    refresh_token = table.Column<byte[]>(type: "bytea", nullable: true),
                    access_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    refresh_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    linked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    refreshed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    last_error = table.Column<string>(type: "text", nullable: true),
                    last_error_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    claimed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    made_assignment = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_account_links", x => x.id);
                    table.ForeignKey(
                        name: "FK_account_links_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "api_tokens",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    prefix = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_api_tokens", x => x.id);
                    table.ForeignKey(
                        name: "FK_api_tokens_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "link_attempts",
                columns: table => new
                {
                    state_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    browser_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    verifier = table.Column<byte[]>(type: "bytea", nullable: false),
                    redirect_uri = table.Column<string>(type: "text", nullable: false),
                    return_path = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_link_attempts", x => x.state_hash);
                    table.ForeignKey(
                        name: "FK_link_attempts_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "sign_ins",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    outcome = table.Column<string>(type: "text", nullable: false),
                    address = table.Column<string>(type: "text", nullable: true),
                    agent = table.Column<string>(type: "text", nullable: true),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sign_ins", x => x.id);
                    table.ForeignKey(
                        name: "FK_sign_ins_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_claims",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    claim_type = table.Column<string>(type: "text", nullable: true),
                    claim_value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_user_claims", x => x.id);
                    table.ForeignKey(
                        name: "FK_user_claims_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_logins",
                columns: table => new
                {
                    login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    provider_key = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    provider_display_name = table.Column<string>(type: "text", nullable: true),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_user_logins", x => new { x.login_provider, x.provider_key });
                    table.ForeignKey(
                        name: "FK_user_logins_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_passkeys",
                columns: table => new
                {
                    credential_id = table.Column<byte[]>(type: "bytea", maxLength: 1024, nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    Data = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_user_passkeys", x => x.credential_id);
                    table.ForeignKey(
                        name: "FK_user_passkeys_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_tokens",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                    value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_user_tokens", x => new { x.user_id, x.login_provider, x.name });
                    table.ForeignKey(
                        name: "FK_user_tokens_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "assignments",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    assigned_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_assignments", x => new { x.user_id, x.broadcaster_user_id });
                    table.ForeignKey(
                        name: "FK_assignments_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "broadcasts",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    start_exact = table.Column<bool>(type: "boolean", nullable: false),
                    start_observed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    end_observed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    end_source = table.Column<string>(type: "text", nullable: true),
                    title = table.Column<string>(type: "text", nullable: true),
                    category = table.Column<string>(type: "text", nullable: true),
                    peak_viewers = table.Column<int>(type: "integer", nullable: true),
                    viewer_seconds = table.Column<double>(type: "double precision", nullable: false),
                    covered_seconds = table.Column<double>(type: "double precision", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_broadcasts", x => x.id);
                    table.CheckConstraint("ends_after_start", "ended_at >= started_at");
                });

            migrationBuilder.CreateTable(
                name: "streamers",
                columns: table => new
                {
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    slug = table.Column<string>(type: "text", nullable: false),
                    slug_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    display_name = table.Column<string>(type: "text", nullable: false),
                    avatar_url = table.Column<string>(type: "text", nullable: true),
                    added_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    paused_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    removed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false),
                    since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    viewers = table.Column<int>(type: "integer", nullable: true),
                    viewer_quality = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: true),
                    category_id = table.Column<int>(type: "integer", nullable: true),
                    category = table.Column<string>(type: "text", nullable: true),
                    language = table.Column<string>(type: "text", nullable: true),
                    thumbnail_url = table.Column<string>(type: "text", nullable: true),
                    broadcast_id = table.Column<long>(type: "bigint", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_streamers", x => x.broadcaster_user_id);
                    table.ForeignKey(
                        name: "FK_streamers_broadcasts_broadcast_id",
                        column: x => x.broadcast_id,
                        principalTable: "broadcasts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                });

            migrationBuilder.CreateTable(
                name: "checks",
                columns: table => new
                {
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    next_check_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    next_detail_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    next_profile_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    leased_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    leased_by = table.Column<string>(type: "text", nullable: true),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    checked_by = table.Column<string>(type: "text", nullable: false),
                    live_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    absent_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    offline_confirmed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sampled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    viewers_changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    viewers_believed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_viewers = table.Column<int>(type: "integer", nullable: true),
                    details_as_of = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_checks", x => x.broadcaster_user_id);
                    table.ForeignKey(
                        name: "FK_checks_streamers_broadcaster_user_id",
                        column: x => x.broadcaster_user_id,
                        principalTable: "streamers",
                        principalColumn: "broadcaster_user_id",
                        onDelete: ReferentialAction.Cascade);
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "favourites",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    marked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_favourites", x => new { x.user_id, x.broadcaster_user_id });
                    table.ForeignKey(
                        name: "FK_favourites_streamers_broadcaster_user_id",
                        column: x => x.broadcaster_user_id,
                        principalTable: "streamers",
                        principalColumn: "broadcaster_user_id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_favourites_users_user_id",
                        column: x => x.user_id,
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "former_slugs",
                columns: table => new
                {
                    slug = table.Column<string>(type: "text", nullable: false),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_former_slugs", x => x.slug);
                    table.ForeignKey(
                        name: "FK_former_slugs_streamers_broadcaster_user_id",
                        column: x => x.broadcaster_user_id,
                        principalTable: "streamers",
                        principalColumn: "broadcaster_user_id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "status_events",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    broadcaster_user_id = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    occurred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    observed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false),
                    delay_ms = table.Column<long>(type: "bigint", nullable: true),
                    broadcast_id = table.Column<long>(type: "bigint", nullable: true),
                    viewers = table.Column<int>(type: "integer", nullable: true),
                    title = table.Column<string>(type: "text", nullable: true),
                    category = table.Column<string>(type: "text", nullable: true),
                    previous = table.Column<string>(type: "text", nullable: true),
                    value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_status_events", x => x.id);
                    table.ForeignKey(
                        name: "FK_status_events_streamers_broadcaster_user_id",
                        column: x => x.broadcaster_user_id,
                        principalTable: "streamers",
                        principalColumn: "broadcaster_user_id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_account_links_refresh_at",
                table: "account_links",
                column: "refresh_at");

            migrationBuilder.CreateIndex(
                name: "one_account_per_provider",
                table: "account_links",
                columns: new[] { "user_id", "provider" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "one_owner_per_account",
                table: "account_links",
                columns: new[] { "provider", "external_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_api_tokens_hash",
                table: "api_tokens",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_api_tokens_user_id",
                table: "api_tokens",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "IX_assignments_broadcaster_user_id",
                table: "assignments",
                column: "broadcaster_user_id");

            migrationBuilder.CreateIndex(
                name: "IX_broadcasts_broadcaster_user_id_started_at",
                table: "broadcasts",
                columns: new[] { "broadcaster_user_id", "started_at" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_event_subscriptions_broadcaster_user_id_type",
                table: "event_subscriptions",
                columns: new[] { "broadcaster_user_id", "type" });

            migrationBuilder.CreateIndex(
                name: "IX_favourites_broadcaster_user_id",
                table: "favourites",
                column: "broadcaster_user_id");

            migrationBuilder.CreateIndex(
                name: "IX_former_slugs_broadcaster_user_id",
                table: "former_slugs",
                column: "broadcaster_user_id");

            migrationBuilder.CreateIndex(
                name: "IX_link_attempts_user_id_created_at",
                table: "link_attempts",
                columns: new[] { "user_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "IX_link_events_at",
                table: "link_events",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "IX_link_events_user_id_at",
                table: "link_events",
                columns: new[] { "user_id", "at" });

            migrationBuilder.CreateIndex(
                name: "IX_pending_revocations_next_at",
                table: "pending_revocations",
                column: "next_at");

            migrationBuilder.CreateIndex(
                name: "IX_sign_ins_user_id_at",
                table: "sign_ins",
                columns: new[] { "user_id", "at" });

            migrationBuilder.CreateIndex(
                name: "IX_status_events_broadcaster_user_id_id",
                table: "status_events",
                columns: new[] { "broadcaster_user_id", "id" });

            migrationBuilder.CreateIndex(
                name: "one_start_per_broadcast",
                table: "status_events",
                column: "broadcast_id",
                unique: true,
                filter: "kind = 'went_live'");

            migrationBuilder.CreateIndex(
                name: "IX_streamers_broadcast_id",
                table: "streamers",
                column: "broadcast_id");

            migrationBuilder.CreateIndex(
                name: "IX_streamers_slug",
                table: "streamers",
                column: "slug");

            migrationBuilder.CreateIndex(
                name: "IX_streamers_version",
                table: "streamers",
                column: "version");

            migrationBuilder.CreateIndex(
                name: "IX_supporters_broadcaster_user_id_at",
                table: "supporters",
                columns: new[] { "broadcaster_user_id", "at" });

            migrationBuilder.CreateIndex(
                name: "IX_user_claims_user_id",
                table: "user_claims",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "IX_user_logins_user_id",
                table: "user_logins",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "IX_user_passkeys_user_id",
                table: "user_passkeys",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "EmailIndex",
                table: "users",
                column: "normalized_email",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "UserNameIndex",
                table: "users",
                column: "normalized_user_name",
                unique: true);

            migrationBuilder.AddForeignKey(
                name: "FK_assignments_streamers_broadcaster_user_id",
                table: "assignments",
                column: "broadcaster_user_id",
                principalTable: "streamers",
                principalColumn: "broadcaster_user_id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "FK_broadcasts_streamers_broadcaster_user_id",
                table: "broadcasts",
                column: "broadcaster_user_id",
                principalTable: "streamers",
                principalColumn: "broadcaster_user_id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.Sql(
                """
                ALTER TABLE broadcasts ADD CONSTRAINT one_broadcast_at_a_time EXCLUDE USING gist (
                    int8range(broadcaster_user_id, broadcaster_user_id, '[]') WITH &&, tstzrange(started_at, ended_at) WITH &&)
                    DEFERRABLE INITIALLY DEFERRED
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "FK_broadcasts_streamers_broadcaster_user_id",
                table: "broadcasts");

            migrationBuilder.DropTable(
                name: "account_links");

            migrationBuilder.DropTable(
                name: "action_ledger");

            migrationBuilder.DropTable(
                name: "api_tokens");

            migrationBuilder.DropTable(
                name: "assignments");

            migrationBuilder.DropTable(
                name: "channel_tallies");

            migrationBuilder.DropTable(
                name: "checks");

            migrationBuilder.DropTable(
                name: "data_protection_keys");

            migrationBuilder.DropTable(
                name: "event_stats");

            migrationBuilder.DropTable(
                name: "event_subscriptions");

            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "favourites");

            migrationBuilder.DropTable(
                name: "former_slugs");

            migrationBuilder.DropTable(
                name: "link_attempts");

            migrationBuilder.DropTable(
                name: "link_events");

            migrationBuilder.DropTable(
                name: "metadata_snapshots");

            migrationBuilder.DropTable(
                name: "nodes");

            migrationBuilder.DropTable(
                name: "pending_revocations");

            migrationBuilder.DropTable(
                name: "replays");

            migrationBuilder.DropTable(
                name: "settings");

            migrationBuilder.DropTable(
                name: "sign_ins");

            migrationBuilder.DropTable(
                name: "sources");

            migrationBuilder.DropTable(
                name: "status_events");

            migrationBuilder.DropTable(
                name: "subscription_wishes");

            migrationBuilder.DropTable(
                name: "supporters");

            migrationBuilder.DropTable(
                name: "sweep_rounds");

            migrationBuilder.DropTable(
                name: "user_claims");

            migrationBuilder.DropTable(
                name: "user_logins");

            migrationBuilder.DropTable(
                name: "user_passkeys");

            migrationBuilder.DropTable(
                name: "user_tokens");

            migrationBuilder.DropTable(
                name: "viewer_samples");

            migrationBuilder.DropTable(
                name: "users");

            migrationBuilder.DropTable(
                name: "streamers");

            migrationBuilder.DropTable(
                name: "broadcasts");

            migrationBuilder.DropSequence(
                name: "changes");

            migrationBuilder.DropSequence(
                name: "event_changes");

            migrationBuilder.DropSequence(
                name: "event_ids");
        }
    }
}
