using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Backup;

public sealed class Backing_up(Postgres postgres) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kickmonitor-backup-").FullName;
    private Scenario _scenario = null!;
    private IServiceProvider _node = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, "all.dump");

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync(postgres);
        _node = Node(_scenario);
    }

    public async ValueTask DisposeAsync()
    {
        await _scenario.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task In_a_new_database_people_sign_in_tokens_work_and_what_is_sealed_opens()
    {
        var user = ((CreateUser.Created)await _node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, "a long enough password", Ct)).User;
        var (token, _) = await _node.GetRequiredService<ApiTokens>().CreateAsync(user.Id, "deck", Ct, [TokenScope.Read]);
        byte[] box = _node.GetRequiredService<TokenSeal>().Seal("the access token", "kick", "row", "use");
        await _node.GetRequiredService<SettingStore>().SetAsync("Twitch:ClientSecret", "very secret", null, Ct);
        (await _node.GetRequiredService<KeyCheck>().PassesAsync(Ct)).ShouldBeTrue();

        var made = await _node.GetRequiredService<Backups>().WriteAsync(File, overwrite: false, Ct);
        var elsewhere = await NewAsync();
        var there = Node(elsewhere);
        var restored = await there.GetRequiredService<Restoration>().RunAsync(File, overwrite: false, Ct);

        (restored.IsKeyRight, restored.Pending.Count).ShouldBe((true, 0));
        (await _scenario.ScalarAsync<string>("SELECT verb || ' ' || subject FROM audit ORDER BY id DESC LIMIT 1")).ShouldBe($"database.backed_up {File}");
        (await elsewhere.ScalarAsync<string>("SELECT verb || ' ' || subject FROM audit ORDER BY id DESC LIMIT 1")).ShouldBe($"database.restored {File}");
        made.KeyFingerprint.ShouldNotBeNull();
        System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await there.GetRequiredService<KeyCheck>().PassesAsync(Ct)).ShouldBeTrue();
        await using (var scope = there.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            (await users.CheckPasswordAsync((await users.FindByEmailAsync("ana@example.com"))!, "a long enough password")).ShouldBeTrue();
        }

        (await there.GetRequiredService<ApiTokens>().VerifyAsync(token, Ct)).ShouldNotBeNull();
        there.GetRequiredService<TokenSeal>().Open(box, "kick", "row", "use").ShouldBe("the access token");
        await there.GetRequiredService<SettingStore>().ReadAsync(Ct);
        there.GetRequiredService<TwitchOptions>().ClientSecret.ShouldBe("very secret");

        // With another key nothing is opened, and the program says so instead of going on.
        var stranger = Node(elsewhere, MasterKey.Load(Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData([7])), "/nowhere"));
        (await stranger.GetRequiredService<KeyCheck>().PassesAsync(Ct)).ShouldBeFalse();
        stranger.GetRequiredService<TokenSeal>().Open(box, "kick", "row", "use").ShouldBeNull();
        (await stranger.GetRequiredService<Rehearsal>().RunAsync(File, Ct)).IsReadable.ShouldBe(false);
    }

    [Fact]
    public async Task A_database_with_something_in_it_is_replaced_only_by_force_and_comes_back_if_the_backup_is_spoilt()
    {
        await _node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, "a long enough password", Ct);
        await _node.GetRequiredService<Backups>().WriteAsync(File, overwrite: false, Ct);
        var elsewhere = new Scenario(postgres, await postgres.CreateDatabaseAsync(isEmpty: false), null, new TestClock());
        var there = Node(elsewhere);
        await there.GetRequiredService<People>().CreateAsync("ben@example.com", Role.Admin, "a long enough password", Ct);
        var restoration = there.GetRequiredService<Restoration>();

        (await Should.ThrowAsync<BackupException>(() => restoration.RunAsync(File, overwrite: false, Ct))).Hint.ShouldNotBeNull().ShouldContain("--force");

        // Cut short, as by a disk that was full when it was copied.
        string spoilt = Path.Combine(_folder, "spoilt.dump");
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(File, Ct);
        await System.IO.File.WriteAllBytesAsync(spoilt, bytes[..^(bytes.Length / 4)], Ct);
        await Should.ThrowAsync<BackupException>(() => restoration.RunAsync(spoilt, overwrite: true, Ct));
        NpgsqlConnection.ClearAllPools();
        (await elsewhere.ScalarAsync<string>("SELECT email FROM users")).ShouldBe("ben@example.com");

        await restoration.RunAsync(File, overwrite: true, Ct);
        (await elsewhere.ScalarAsync<string>("SELECT email FROM users")).ShouldBe("ana@example.com");
        (await elsewhere.ScalarAsync<long>("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'kickmonitor%'")).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_no_backup_of_ours_or_newer_than_this_version_changes_nothing()
    {
        string text = Path.Combine(_folder, "text.dump");
        await System.IO.File.WriteAllTextAsync(text, "not a backup", Ct);
        var elsewhere = await NewAsync();
        var restoration = Node(elsewhere).GetRequiredService<Restoration>();
        await Should.ThrowAsync<BackupException>(() => restoration.RunAsync(text, overwrite: true, Ct));
        await Should.ThrowAsync<BackupException>(() => restoration.RunAsync(Path.Combine(_folder, "missing"), overwrite: true, Ct));

        await _scenario.QueryAsOwnerAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('99990101000000_Future', '99')""");
        try
        {
            await _node.GetRequiredService<Backups>().WriteAsync(File, overwrite: false, Ct);
        }
        finally
        {
            await _scenario.QueryAsOwnerAsync("""DELETE FROM "__EFMigrationsHistory" WHERE "MigrationId" LIKE '9999%'""");
        }

        (await Should.ThrowAsync<BackupException>(() => restoration.RunAsync(File, overwrite: true, Ct))).Message.ShouldContain("newer version");
        (await elsewhere.ScalarAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBe(0);
    }

    [Fact]
    public async Task The_row_of_backups_is_tried_and_bounded_and_touches_no_other_file()
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder, "holiday.dump"), "mine", Ct);
        var backups = _node.GetRequiredService<Backups>();
        for (int day = 0; day < 4; day++)
        {
            (await backups.RunAsync(Ct)).ShouldContain("restored on trial");
            _scenario.Clock.Advance(TimeSpan.FromDays(1));
        }

        Directory.GetFiles(_folder, "kickmonitor-*.dump").Length.ShouldBe(2);
        System.IO.File.Exists(Path.Combine(_folder, "holiday.dump")).ShouldBeTrue();
        var list = await backups.ListAsync(10, Ct);
        list.ShouldAllBe(b => b.Problem == null && b.RehearsedAt != null && b.RehearsalProblem == null);
        list.Count(b => b.RemovedAt is not null).ShouldBe(2);
        (await _scenario.ScalarAsync<long>("SELECT count(*) FROM pg_database WHERE datname LIKE 'kickmonitor_rehearsal_' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '_%'")).ShouldBe(0);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/./")]
    public async Task However_the_folder_is_written_the_row_is_bounded(string ending)
    {
        var backups = Node(_scenario, folder: _folder + ending, rehearses: false).GetRequiredService<Backups>();
        for (int day = 0; day < 3; day++)
        {
            await backups.RunAsync(Ct);
            _scenario.Clock.Advance(TimeSpan.FromDays(1));
        }

        Directory.GetFiles(_folder).Length.ShouldBe(2);
    }

    [Fact]
    public async Task The_last_that_was_proven_stays_whatever_comes_after_it()
    {
        await _node.GetRequiredService<Backups>().RunAsync(Ct);
        string proven = Directory.GetFiles(_folder).ShouldHaveSingleItem();
        var careless = Node(_scenario, rehearses: false).GetRequiredService<Backups>();
        for (int day = 0; day < 3; day++)
        {
            _scenario.Clock.Advance(TimeSpan.FromDays(1));
            await careless.RunAsync(Ct);
        }

        Directory.GetFiles(_folder).Length.ShouldBe(3);
        System.IO.File.Exists(proven).ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_killed_node_left_behind_goes_with_the_next_one()
    {
        uint oid = await _scenario.ScalarAsync<uint>("SELECT oid FROM pg_database WHERE datname = current_database()");
        await _scenario.QueryAsOwnerAsync($"CREATE DATABASE kickmonitor_rehearsal_{oid}_left");
        await _scenario.QueryAsOwnerAsync($"CREATE DATABASE kickmonitor_rehearsal_{oid}0_left");
        string[] drafts = ["kickmonitor-20200101-000000.dump.old.part", "kickmonitor-20200101-000000.dump.new.part"];
        Array.ForEach(drafts, d => System.IO.File.WriteAllText(Path.Combine(_folder, d), "half"));
        System.IO.File.SetLastWriteTimeUtc(Path.Combine(_folder, drafts[0]), _scenario.Clock.GetUtcNow().UtcDateTime.AddDays(-2));
        System.IO.File.SetLastWriteTimeUtc(Path.Combine(_folder, drafts[1]), _scenario.Clock.GetUtcNow().UtcDateTime);
        try
        {
            await _node.GetRequiredService<Backups>().RunAsync(Ct);

            (await _scenario.QueryAsync($"SELECT datname::text FROM pg_database WHERE datname LIKE 'kickmonitor_rehearsal_{oid}%'")).ShouldBe([[$"kickmonitor_rehearsal_{oid}0_left"]], "that of another database is its own");
            Directory.GetFiles(_folder, "*.part").Select(Path.GetFileName).ShouldBe([drafts[1]]);
        }
        finally
        {
            await _scenario.QueryAsOwnerAsync($"DROP DATABASE kickmonitor_rehearsal_{oid}0_left");
        }
    }

    [Fact]
    public async Task One_that_fails_in_a_way_nobody_thought_of_is_told_too_and_leaves_no_file()
    {
        var backups = _node.GetRequiredService<Backups>();
        await using (await _scenario.BreakAsync("BEFORE INSERT ON audit"))
        {
            await Should.ThrowAsync<PostgresException>(() => backups.RunAsync(Ct));
        }

        (await backups.ListAsync(1, Ct)).ShouldHaveSingleItem().Problem.ShouldNotBeNull().ShouldContain("gone");
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_restoration_that_was_killed_half_way_is_put_back_before_the_next_one()
    {
        await _node.GetRequiredService<People>().CreateAsync("ana@example.com", Role.Admin, "a long enough password", Ct);
        await _node.GetRequiredService<Backups>().WriteAsync(File, overwrite: false, Ct);
        var elsewhere = new Scenario(postgres, await postgres.CreateDatabaseAsync(isEmpty: false), null, new TestClock());
        var there = Node(elsewhere);
        await there.GetRequiredService<People>().CreateAsync("ben@example.com", Role.Admin, "a long enough password", Ct);
        await elsewhere.QueryAsOwnerAsync("ALTER SCHEMA public RENAME TO kickmonitor_before_restore; CREATE SCHEMA public");
        NpgsqlConnection.ClearAllPools();
        await Should.ThrowAsync<RestorationCutOffException>(() => there.GetRequiredService<Migrator>().MigrateAsync(Ct));

        await Should.ThrowAsync<BackupException>(() => there.GetRequiredService<Restoration>().RunAsync(File, overwrite: false, Ct));

        NpgsqlConnection.ClearAllPools();
        (await elsewhere.ScalarAsync<string>("SELECT email FROM users")).ShouldBe("ben@example.com");
    }

    [Fact]
    public async Task A_backup_that_cannot_be_written_leaves_nothing_and_says_why()
    {
        await System.IO.File.WriteAllTextAsync(File, "precious", Ct);
        var backups = _node.GetRequiredService<Backups>();

        await Should.ThrowAsync<BackupException>(() => backups.WriteAsync(File, overwrite: false, Ct));
        await Should.ThrowAsync<BackupException>(() => backups.WriteAsync("/proc/nowhere/all.dump", overwrite: false, Ct));

        (await System.IO.File.ReadAllTextAsync(File, Ct)).ShouldBe("precious");
        Directory.GetFiles(_folder).ShouldHaveSingleItem();
    }

    private async Task<Scenario> NewAsync() => new(postgres, await postgres.CreateDatabaseAsync(isEmpty: true), null, new TestClock());

    private IServiceProvider Node(Scenario scenario, MasterKey? key = null, string? folder = null, bool rehearses = true) => scenario.AddNode(
        new Dictionary<string, string?> { ["Backup:Directory"] = folder ?? _folder, ["Backup:Keep"] = "2", ["Backup:Rehearse"] = rehearses ? "true" : "false" }, key: key, also: services => services.AddSingleton<KeyCheck>().AddBackups(_folder));
}
