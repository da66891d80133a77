using System.Diagnostics;
using KickMonitor.Benchmarks.Machinery;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Benchmarks;

/// <summary>What Admins' lists ask the database for, and how long their pages take, among 10,000 people, 5,000 streamers and 205,000 assignments.</summary>
internal static class Lists
{
    private const int Rounds = 21;
    private const int Goal = 100;

    public static async Task RunAsync(Report report, CancellationToken ct)
    {
        await using var database = await TemporaryDatabase.StartAsync(ct);
        string connection = await database.CreateAsync("lists", ct);
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddStorage(new DatabaseAddress(connection)).AddSingleton<Audit>()
            .AddSingleton<PeopleList>().AddSingleton<Assignments>().AddSingleton<Rights>().BuildServiceProvider();
        await services.GetRequiredService<Migrator>().MigrateAsync(ct);
        var source = services.GetRequiredService<NpgsqlDataSource>();
        await SeedAsync(source, ct);

        var people = services.GetRequiredService<PeopleList>();
        await MeasureAsync(report, "people, the first page", () => people.ReadAsync(new PeopleQuery(), ct));
        await MeasureAsync(report, "people, the last page", () => people.ReadAsync(new PeopleQuery(Skip: 9_950), ct));
        await MeasureAsync(report, "people, part of an address", () => people.ReadAsync(new PeopleQuery(Search: "person77"), ct));
        await MeasureAsync(report, "people, by last sign-in", () => people.ReadAsync(new PeopleQuery(Order: PeopleOrder.LastSignIn), ct));
        var assignments = services.GetRequiredService<Assignments>();
        var everything = await BusiestAsync(source, ct);
        await MeasureAsync(report, "one person's 5,000 streamers", () => assignments.OfUserAsync(everything, ct));
        await MeasureAsync(report, "one streamer's 40 people", () => assignments.OfStreamerAsync(7, ct));
        var audit = services.GetRequiredService<Audit>();
        await MeasureAsync(report, "audit, the first page of 100,000", () => ReadAsync(audit, new AuditQuery(), ct));
        await MeasureAsync(report, "audit, part of a name that is rare", () => ReadAsync(audit, new AuditQuery(Subject: "subject 777"), ct));
        var rights = services.GetRequiredService<Rights>();
        await MeasureAsync(report, "everybody's rights, read anew", () => rights.ReadAsync(ct), goal: 1000);
        await ListPages.RunAsync(report, connection, database.Folder, ct);
    }

    private static async Task MeasureAsync(Report report, string name, Func<Task> ask, double goal = Goal)
    {
        var times = new List<double>();
        for (int i = 0; i <= Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await ask();
            if (i > 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        report.Add(name, Median.Of(times), "ms", goal);
    }

    private static async Task ReadAsync(Audit audit, AuditQuery query, CancellationToken ct)
    {
        await foreach (var _ in audit.ReadAsync(query, ct))
        {
        }
    }

    private static async Task<Guid> BusiestAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT user_id FROM assignments GROUP BY user_id ORDER BY count(*) DESC LIMIT 1");
        return (Guid)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task SeedAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        Report.Say("seeding…");
        await using var command = source.CreateCommand(
            """
            INSERT INTO users (id, user_name, normalized_user_name, email, normalized_email, email_confirmed, password_hash, security_stamp, concurrency_stamp, phone_number_confirmed,
                two_factor_enabled, lockout_enabled, access_failed_count, display_name, role, created_at, last_sign_in_at, must_change_password)
            SELECT gen_random_uuid(), e, upper(e), e, upper(e), true, 'x', 'x', 'x', false, i % 3 = 0, true, 0, 'Person ' || i, CASE WHEN i % 50 = 0 THEN 'admin' ELSE 'viewer' END,
                now() - i * interval '1 hour', now() - i * interval '1 minute', false
            FROM (SELECT i, 'person' || i || '@example.com' AS e FROM generate_series(1, 10000) i) x;
            INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
            SELECT i, 'streamer' || i, now(), 'Streamer ' || i, now(), 'offline', now(), 'ok', i FROM generate_series(1, 5000) i;
            INSERT INTO checks (broadcaster_user_id, next_check_at, next_detail_at, next_profile_at, checked_at, checked_by, version)
            SELECT i, now() + interval '1 day', now() + interval '1 day', now() + interval '1 day', now(), 'poll', i FROM generate_series(1, 5000) i;
            SELECT setval('changes', 10000);
            INSERT INTO assignments (user_id, broadcaster_user_id, assigned_at)
            SELECT u.id, 1 + (u.n * 20 + k) % 5000, now() FROM (SELECT id, row_number() OVER () AS n FROM users) u, generate_series(1, 20) k;
            INSERT INTO assignments (user_id, broadcaster_user_id, assigned_at)
            SELECT (SELECT id FROM users WHERE email = 'person1@example.com'), i, now() FROM generate_series(1, 5000) i ON CONFLICT DO NOTHING;
            INSERT INTO audit (at, actor, via, verb, subject_id, subject, before, after)
            SELECT now() - i * interval '1 minute', 'person' || i % 40 || '@example.com', 'browser', 'streamer.paused', i::text, 'subject ' || i, '{"paused":false}', '{"paused":true}' FROM generate_series(1, 100000) i;
            ANALYZE;
            """);
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync(ct);
    }
}
