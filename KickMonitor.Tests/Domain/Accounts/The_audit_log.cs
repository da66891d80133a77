using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Accounts;

public sealed class The_audit_log(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("UPDATE audit SET actor = 'somebody else'")]
    [InlineData("DELETE FROM audit")]
    [InlineData("TRUNCATE audit")]
    [InlineData("DROP TABLE audit")]
    [InlineData("ALTER TABLE audit DISABLE TRIGGER ALL")]
    [InlineData("ALTER TABLE audit RENAME TO forgotten")]
    [InlineData("ALTER TABLE audit ENABLE ROW LEVEL SECURITY")]
    [InlineData("CREATE RULE silent AS ON INSERT TO audit DO INSTEAD NOTHING")]
    [InlineData("DROP TRIGGER append_only ON audit")]
    [InlineData("DROP FUNCTION refuse_to_forget CASCADE")]
    [InlineData("CREATE OR REPLACE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$")]
    [InlineData("CREATE OR REPLACE FUNCTION without_the_gone(entry audit) RETURNS audit LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN entry; END $$")]
    [InlineData("DROP SCHEMA public CASCADE")]
    [InlineData("ALTER SCHEMA public RENAME TO forgotten")]
    [InlineData("SET session_replication_role = replica")]
    [InlineData("CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() + make_interval(days => 1000)'; SET search_path = public, pg_catalog; DELETE FROM audit")]
    [InlineData("CREATE FUNCTION same(audit, audit) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR = (LEFTARG = audit, RIGHTARG = audit, FUNCTION = same); UPDATE audit SET at = '2000-01-01'")]
    [InlineData("CREATE FUNCTION public.own(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE q; END'")]
    [InlineData("CREATE TABLE public.planted (n int)")]
    [InlineData("CREATE SCHEMA planted")]
    [InlineData("ALTER TABLE users RENAME TO others")]
    [InlineData("CREATE TRIGGER planted BEFORE UPDATE ON nodes FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()")]
    [InlineData("ALTER TABLE nodes ADD CHECK (name <> '')")]
    public async Task Nobody_alters_or_deletes_what_it_says(string sql)
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var audit = Log(scenario);
        await audit.WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        await scenario.QueryAsOwnerAsync("ALTER TABLE audit DISABLE TRIGGER ALL; UPDATE audit SET at = now(); ALTER TABLE audit ENABLE TRIGGER ALL");

        var refused = await Should.ThrowAsync<PostgresException>(() => scenario.QueryAsync(sql));

        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (await ReadAsync(audit)).Single().Subject.ShouldBe("lana");
    }

    [Theory]
    [InlineData("actor = pseudonym(actor_id)")]
    [InlineData("address = NULL")]
    [InlineData("subject = pseudonym(subject_id::uuid)")]
    [InlineData("before = before - 'displayName'")]
    public async Task Nobody_blots_out_the_name_of_somebody_who_is_here(string change)
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var ana = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, null, Ct)).User;
        Actor.Current = new Actor(ana.Id, "ana@example.com", "browser", "192.0.2.7");
        await node.GetRequiredService<Audit>().WriteAsync(AuditEntry.OfUser("user.changed", ana, new { displayName = "Ana" }, new { displayName = "Anna" }), Ct);

        var refused = await Should.ThrowAsync<PostgresException>(() => scenario.QueryAsync($"UPDATE audit SET {change} WHERE verb = 'user.changed'"));

        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Fact]
    public async Task Nobody_is_made_to_look_gone_by_a_table_of_that_name()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var ana = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, null, Ct)).User;
        Actor.Current = new Actor(ana.Id, "ana@example.com", "browser", "192.0.2.7");
        await node.GetRequiredService<Audit>().WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);

        var refused = await Should.ThrowAsync<PostgresException>(() => scenario.QueryAsync(
            "CREATE TEMP TABLE users (id uuid); UPDATE audit SET actor = pseudonym(actor_id), address = NULL WHERE verb = 'streamer.paused'"));

        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Theory]
    [InlineData("CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() + make_interval(days => 1000)'", "DELETE FROM audit", "DROP FUNCTION public.now()")]
    [InlineData("CREATE FUNCTION same(audit, audit) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR = (LEFTARG = audit, RIGHTARG = audit, FUNCTION = same)", "UPDATE audit SET at = '2000-01-01'", "DROP FUNCTION same CASCADE")]
    public async Task The_guard_is_not_deceived_by_what_looks_like_what_it_uses(string plant, string sql, string clear)
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        await Log(scenario).WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        await scenario.QueryAsOwnerAsync(plant);
        try
        {
            (await Should.ThrowAsync<PostgresException>(() => scenario.QueryAsync($"SET search_path = public, pg_catalog; {sql}"))).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }
        finally
        {
            await scenario.QueryAsOwnerAsync(clear);
        }
    }

    [Fact]
    public async Task Nobody_is_made_to_look_gone_by_being_away_for_a_moment()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var ana = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, null, Ct)).User;
        Actor.Current = new Actor(ana.Id, "ana@example.com", "browser", "192.0.2.7");
        await node.GetRequiredService<Audit>().WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);

        var refused = await Should.ThrowAsync<PostgresException>(() => scenario.QueryAsync(
            "DELETE FROM users; UPDATE audit SET actor = pseudonym(actor_id), address = NULL WHERE verb = 'streamer.paused'"));

        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Fact]
    public async Task Is_out_of_reach_of_the_account_that_serves_and_within_that_of_one_that_owns_the_schema_too()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        (await scenario.AddNode().GetRequiredService<SchemaOwner>().IsAuditInReachAsync(Ct)).ShouldBeFalse();

        await using var alone = new Scenario(postgres, await postgres.CreateDatabaseAsync(isEmpty: true), null, new TestClock());
        var node = alone.AddNode();
        await node.GetRequiredService<Migrator>().MigrateAsync(Ct);
        (await node.GetRequiredService<SchemaOwner>().IsAuditInReachAsync(Ct)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_past_every_retention_may_leave()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var audit = Log(scenario);
        await audit.WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        await scenario.QueryAsOwnerAsync("ALTER TABLE audit DISABLE TRIGGER ALL; UPDATE audit SET at = now() - interval '91 days'; ALTER TABLE audit ENABLE TRIGGER ALL");

        await scenario.QueryAsync("DELETE FROM audit");

        (await ReadAsync(audit)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_that_is_rolled_back_was_never_made()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var audit = node.GetRequiredService<Audit>();
        await using (var db = await node.GetRequiredService<IDbContextFactory<KickMonitorDb>>().CreateDbContextAsync(Ct))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(Ct);
            await audit.WriteAsync(db, new AuditEntry("streamer.paused", "7", "lana"), Ct);
        }

        (await ReadAsync(audit)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_entry_says_who_did_it_and_from_where()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var ana = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, null, Ct)).User;
        var session = await node.GetRequiredService<Sessions>().BeginAsync(ana.Id, "192.0.2.7", "Browser", Ct);
        var audit = node.GetRequiredService<Audit>();
        Actor.Current = new Actor(ana.Id, Name: null, "browser", Session: session);

        await audit.WriteAsync(new AuditEntry("streamer.paused", "7", "lana", new { paused = false }, new { paused = true }), Ct);

        var entry = (await ReadAsync(audit)).First();
        (entry.ActorId, entry.Actor, entry.Via, entry.Address).ShouldBe((ana.Id, "ana@example.com", "browser", "192.0.2.7"));
        (entry.Verb, entry.Before, entry.After).ShouldBe(("streamer.paused", """{"paused": false}""", """{"paused": true}"""));
    }

    [Fact]
    public async Task It_holds_no_secrets_and_takes_any_text()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var audit = Log(scenario);

        await audit.WriteAsync(new AuditEntry("user.created", "1", "\0<script>" + new string('x', 5000), After: new { password = "hunter2", inner = new[] { new { clientSecret = "hunter3" } }, name = "a\0b" }), Ct);

        var entry = (await ReadAsync(audit)).Single();
        entry.After!.ShouldNotContain("hunter");
        entry.Subject.ShouldStartWith("<script>xxx");
        entry.Subject.Length.ShouldBeLessThanOrEqualTo(AuditRow.NameLength);
    }

    [Fact]
    public async Task It_is_searched_by_person_verb_subject_and_time()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var audit = Log(scenario);
        Actor.Current = new Actor(null, "ana_@example.com", "browser");
        await audit.WriteAsync(new AuditEntry("streamer.paused", "7", "lana"), Ct);
        scenario.Clock.Advance(TimeSpan.FromHours(1));
        Actor.Current = new Actor(null, "anab@example.com", "cli");
        await audit.WriteAsync(new AuditEntry("streamer.removed", "8", "100%"), Ct);
        await audit.WriteAsync(new AuditEntry("user.disabled", "x", "lana@example.com"), Ct);

        (await ReadAsync(audit, new AuditQuery(Person: "ANA_"))).Single().Verb.ShouldBe("streamer.paused");
        (await ReadAsync(audit, new AuditQuery(Verb: "streamer"))).Count.ShouldBe(2);
        (await ReadAsync(audit, new AuditQuery(Verb: "streamer.removed"))).Single().Subject.ShouldBe("100%");
        (await ReadAsync(audit, new AuditQuery(Subject: "lana"))).Count.ShouldBe(2);
        (await ReadAsync(audit, new AuditQuery(Subject: "7"))).Single().Subject.ShouldBe("lana");
        (await ReadAsync(audit, new AuditQuery(From: scenario.Clock.GetUtcNow()))).Count.ShouldBe(2);
        (await ReadAsync(audit, new AuditQuery(To: scenario.Clock.GetUtcNow()))).Count.ShouldBe(1);
        var newest = (await ReadAsync(audit, new AuditQuery(Limit: 1))).Single();
        (await ReadAsync(audit, new AuditQuery(Before: newest.Id))).Select(e => e.Verb).ShouldBe(["streamer.removed", "streamer.paused"]);
    }

    private static Audit Log(Scenario scenario) => scenario.AddNode().GetRequiredService<Audit>();

    private static async Task<List<AuditRow>> ReadAsync(Audit audit, AuditQuery? query = null)
    {
        var rows = new List<AuditRow>();
        await foreach (var row in audit.ReadAsync(query ?? new AuditQuery(), Ct))
        {
            rows.Add(row);
        }

        return rows;
    }
}
