using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Accounts;

public sealed class Who_may_do_what(Postgres postgres) : MergeStory(postgres)
{
    private const string Password = "correct horse battery";

    private People People => Node.GetRequiredService<People>();

    private Assignments Assignments => Node.GetRequiredService<Assignments>();

    private ApiTokens Tokens => Node.GetRequiredService<ApiTokens>();

    [Fact]
    public async Task The_last_Admin_stays_one()
    {
        var ada = await CreateAsync("ada@example.org", Role.Admin);
        (await People.SetRoleAsync(ada.Id, Role.Viewer, Ct)).ShouldBe(ChangeUser.LastAdmin);
        (await People.DisableAsync(ada.Id, Ct)).ShouldBe(ChangeUser.LastAdmin);

        var bo = await CreateAsync("bo@example.org", Role.Admin);
        (await People.DisableAsync(bo.Id, Ct)).ShouldBe(ChangeUser.Done);
        (await People.SetRoleAsync(ada.Id, Role.User, Ct)).ShouldBe(ChangeUser.LastAdmin);
        (await People.FindAsync(ada.Id, Ct))!.Role.ShouldBe(Role.Admin);
        (await People.SetRoleAsync(Guid.NewGuid(), Role.User, Ct)).ShouldBe(ChangeUser.NoSuchUser);
    }

    [Fact]
    public async Task The_last_Admin_can_neither_be_deleted_nor_leave_nor_be_locked_out_for_good()
    {
        var ada = await CreateAsync("ada@example.org", Role.Admin);
        (await People.DeleteAsync(ada.Id, _ => Task.CompletedTask, Ct)).ShouldBe(ChangeUser.LastAdmin);
        (await Node.GetRequiredService<KickMonitor.Domain.Linking.Departure>().LeaveAsync(ada.Id, Ct)).ShouldBe(ChangeUser.LastAdmin);

        // Whoever guesses at the password shuts them out for minutes; a link or the shell still lets them in.
        await using (var scope = Node.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<User>>();
            var user = (await users.FindByIdAsync(ada.Id.ToString()))!;
            for (int i = 0; i < 12; i++)
            {
                await users.AccessFailedAsync(user);
            }

            user.LockoutEnd.ShouldNotBeNull();
        }

        (await People.FindAsync(ada.Id, Ct)).ShouldNotBeNull().IsDisabled.ShouldBeFalse();
        string code = (await Node.GetRequiredService<EntryLinks>().CreateAsync(ada.Id, Ct)).ShouldNotBeNull();
        (await Node.GetRequiredService<EntryLinks>().SpendAsync(code, "a password of my own", Ct)).ShouldBeOfType<SpendLink.Done>();

        // One that is disabled does not count.
        var bo = await CreateAsync("bo@example.org", Role.Admin);
        await People.DisableAsync(bo.Id, Ct);
        (await People.DeleteAsync(ada.Id, _ => Task.CompletedTask, Ct)).ShouldBe(ChangeUser.LastAdmin);
        await People.EnableAsync(bo.Id, Ct);
        (await People.DeleteAsync(ada.Id, _ => Task.CompletedTask, Ct)).ShouldBe(ChangeUser.Done);
    }

    [Fact]
    public async Task Two_Admins_who_demote_each_other_at_once_leave_one()
    {
        var second = Scenario.AddNode().GetRequiredService<People>();
        for (int round = 0; round < 5; round++)
        {
            var ada = await CreateAsync($"ada{round}@example.org", Role.Admin);
            var bo = await CreateAsync($"bo{round}@example.org", Role.Admin);
            await Scenario.QueryAsync("UPDATE users SET role = 'viewer' WHERE id <> $1 AND id <> $2", ada.Id, bo.Id);

            var outcomes = await Task.WhenAll(
                Task.Run(() => People.SetRoleAsync(bo.Id, Role.Viewer, Ct)),
                Task.Run(() => second.DisableAsync(ada.Id, Ct)));

            outcomes.Order().ShouldBe([ChangeUser.Done, ChangeUser.LastAdmin]);
        }
    }

    [Fact]
    public async Task The_first_Admin_is_made_once_however_many_ask()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            Task.Run(() => Scenario.AddNode().GetRequiredService<FirstAdmin>().CreateAsync($"admin{i}@example.org", Password, Ct))));

        outcomes.OfType<CreateUser.Created>().ShouldHaveSingleItem();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM users")).ShouldBe(1);
    }

    [Fact]
    public async Task A_second_person_with_the_same_address_is_refused_also_at_once()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            Task.Run(() => People.CreateAsync(i % 2 == 0 ? "ada@example.org" : "ADA@example.org", Role.Viewer, Password, Ct))));

        outcomes.OfType<CreateUser.Created>().ShouldHaveSingleItem();
        outcomes.OfType<CreateUser.AlreadyThere>().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("aaaaaaaaaaaaaaa")]
    [InlineData("ada@example.org")]
    public async Task Weak_passwords_are_refused_with_a_reason(string password) =>
        (await People.CreateAsync("ada@example.org", Role.Viewer, password, Ct)).ShouldBeOfType<CreateUser.Refused>().Reason.ShouldNotBeNullOrWhiteSpace();

    [Fact]
    public async Task Passwords_of_endless_length_are_refused_and_words_are_enough()
    {
        (await People.CreateAsync("ada@example.org", Role.Viewer, new string('x', 200) + string.Concat(Enumerable.Range(0, 60)), Ct)).ShouldBeOfType<CreateUser.Refused>();
        (await People.CreateAsync("ada@example.org", Role.Viewer, "pájaros en el tejado", Ct)).ShouldBeOfType<CreateUser.Created>();
        (await People.CreateAsync("bo@example.org", Role.Viewer, null, Ct)).ShouldBeOfType<CreateUser.Created>().GeneratedPassword!.Length.ShouldBe(23);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("ada@")]
    [InlineData("Ada <ada@example.org>")]
    [InlineData("a\nda@example.org")]
    public async Task What_is_no_address_is_refused(string email) =>
        (await People.CreateAsync(email, Role.Viewer, Password, Ct)).ShouldBeOfType<CreateUser.Refused>();

    [Fact]
    public async Task A_token_is_stored_as_a_hash_and_stops_working_when_revoked()
    {
        var ada = await CreateAsync("ada@example.org", Role.User);
        var bo = await CreateAsync("bo@example.org", Role.User);
        var (text, token) = await Tokens.CreateAsync(ada.Id, "laptop", Ct);

        text.ShouldStartWith("km_");
        (await Tokens.VerifyAsync(text, Ct))!.UserId.ShouldBe(ada.Id);
        (await Tokens.VerifyAsync(text + "x", Ct)).ShouldBeNull();
        (await Scenario.ScalarAsync<string>("SELECT api_tokens::text FROM api_tokens")).ShouldNotContain(text[10..]);
        (await Scenario.QueryAsync("SELECT last_used_at FROM api_tokens"))[0][0].ShouldNotBeNull();

        (await Tokens.RevokeAsync(token.Id, bo.Id, Ct)).ShouldBeFalse();
        (await Tokens.RevokeAsync(token.Id, ada.Id, Ct)).ShouldBeTrue();
        (await Tokens.VerifyAsync(text, Ct)).ShouldBeNull();
        (await Tokens.ListAsync(ada.Id, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_chose_a_new_password_on_one_node_is_known_on_another_that_has_not_heard_of_it()
    {
        var ada = await CreateAsync("ada@example.org", Role.Viewer);

        // No bus runs there, so it hears of nothing.
        var there = Scenario.AddNode().GetRequiredService<Rights>();
        await there.StartAsync(Ct);
        string old = there.Of(ada.Id)!.SecurityStamp!;
        string fresh = await RestampAsync(ada);

        var asking = Enumerable.Range(0, 10).Select(_ => there.OfAsync(ada.Id, fresh, Ct).AsTask()).ToList();

        (await Task.WhenAll(asking)).ShouldAllBe(r => r != null && r.SecurityStamp == fresh);
        (await there.OfAsync(ada.Id, old, Ct)).ShouldBeNull("the cookie from before is good no longer");
    }

    [Fact]
    public async Task A_stamp_that_is_nobodys_costs_one_look_in_a_while_however_often_it_comes()
    {
        var ada = await CreateAsync("ada@example.org", Role.Viewer);
        var there = Scenario.AddNode().GetRequiredService<Rights>();
        await there.StartAsync(Ct);
        string first = there.Of(ada.Id)!.SecurityStamp!;
        (await there.OfAsync(ada.Id, "made up", Ct)).ShouldBeNull();
        string fresh = await RestampAsync(ada);

        for (int i = 0; i < 5; i++)
        {
            (await there.OfAsync(ada.Id, "made up", Ct)).ShouldBeNull();
            there.Of(ada.Id)!.SecurityStamp.ShouldBe(first, "nothing was read");
        }

        Scenario.Clock.Advance(5);
        (await there.OfAsync(ada.Id, "made up", Ct)).ShouldBeNull();
        there.Of(ada.Id)!.SecurityStamp.ShouldBe(fresh);
    }

    [Fact]
    public async Task A_change_of_rights_reaches_every_node()
    {
        var ada = await CreateAsync("ada@example.org", Role.Viewer);
        var there = Scenario.AddNode();
        await using var bus = new Running(there.GetRequiredService<Bus>());
        var rights = there.GetRequiredService<Rights>();
        await rights.StartAsync(Ct);
        rights.Of(ada.Id)!.MaySee(Lana).ShouldBeFalse();

        (await Assignments.AssignAsync(ada.Id, Lana, Ct)).ShouldBeTrue();
        await Eventually.ShouldAsync(() => rights.Of(ada.Id)!.MaySee(Lana), "she may see");
        string? stamp = rights.Of(ada.Id)!.SecurityStamp;

        await People.DisableAsync(ada.Id, Ct);
        await Eventually.ShouldAsync(() => !rights.Of(ada.Id)!.MaySee(Lana), "she may no longer");
        rights.Of(ada.Id)!.SecurityStamp.ShouldNotBe(stamp);
        rights.Of(Guid.NewGuid()).ShouldBeNull();
    }

    [Fact]
    public async Task Only_what_is_there_can_be_assigned()
    {
        var ada = await CreateAsync("ada@example.org", Role.Viewer);

        (await Assignments.AssignAsync(ada.Id, 999, Ct)).ShouldBeFalse();
        (await Assignments.AssignAsync(Guid.NewGuid(), Lana, Ct)).ShouldBeFalse();
        (await Assignments.AssignAsync(ada.Id, Lana, Ct)).ShouldBeTrue();
        (await Assignments.AssignAsync(ada.Id, Lana, Ct)).ShouldBeTrue();
        (await Assignments.UnassignAsync(ada.Id, Lana, Ct)).ShouldBeTrue();
        (await Assignments.UnassignAsync(ada.Id, Lana, Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_audit_log_tells_what_somebody_could_do_before()
    {
        var ada = await CreateAsync("ada@example.org", Role.User);
        await WatchAsync(Miro, "miro");
        await Assignments.AssignAsync([ada.Id], [Lana], new Grant(ManagesEvents: true), Ct);

        await Assignments.AssignAsync([ada.Id], [Lana, Miro], new Grant(ManagesChat: true), Ct);
        await Assignments.UnassignAsync([ada.Id], [Miro], Ct);

        (await Scenario.QueryAsync("SELECT verb, before->'streamers'->>0, before->>'managesEvents', before->>'managesChat', after->'streamers'->>0 FROM audit WHERE verb LIKE 'user.%assigned' ORDER BY id DESC, 5")).ShouldBe(
            [
                ["user.unassigned", "miro", "false", "true", null],
                .. new object?[][] { ["user.assigned", "lana", "true", "false", "lana"], ["user.assigned", null, null, null, "miro"] },
                ["user.assigned", null, null, null, "lana"],
            ], ignoreOrder: true);
    }

    [Theory]
    [InlineData("o'brien@example.org")]
    [InlineData("ada+kick@example.org")]
    [InlineData("r&d@example.org")]
    public async Task Every_address_that_mail_can_go_to_can_be_let_in(string email)
    {
        (await People.CreateAsync(email, Role.Viewer, Password, Ct)).ShouldBeOfType<CreateUser.Created>();

        (await People.FindAsync(email.ToUpperInvariant(), Ct)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public async Task A_name_that_cannot_be_shown_is_refused(string name) =>
        (await People.InviteAsync("ada@example.org", Role.Viewer, name, Ct)).ShouldBe(new CreateUser.Refused(User.BadName));

    [Fact]
    public async Task An_Admin_who_changes_somebody_while_they_choose_a_password_comes_after_them()
    {
        var ada = await CreateAsync("ada@example.org", Role.Viewer);
        await using var theirs = new Npgsql.NpgsqlConnection(Scenario.Database);
        await theirs.OpenAsync(Ct);
        await using var transaction = await theirs.BeginTransactionAsync(Ct);
        await using (var choose = new Npgsql.NpgsqlCommand("UPDATE users SET concurrency_stamp = 'chosen' WHERE id = $1", theirs) { Parameters = { new() { Value = ada.Id } } })
        {
            await choose.ExecuteNonQueryAsync(Ct);
        }

        var change = Task.Run(() => People.SetRoleAsync(ada.Id, Role.User, Ct));
        await Eventually.ShouldAsync(async () => await Scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1, "the change waits");
        await transaction.CommitAsync(Ct);

        (await change).ShouldBe(ChangeUser.Done);
        (await People.FindAsync(ada.Id, Ct))!.Role.ShouldBe(Role.User);
    }

    /// <summary>On the other node; the notice goes out and is heard by nobody.</summary>
    private async Task<string> RestampAsync(User person)
    {
        await using var scope = Node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByIdAsync(person.Id.ToString()))!;
        (await Node.GetRequiredService<EntryLinks>().ChangeOwnAsync(scope.ServiceProvider.GetRequiredService<KickMonitorDb>(), users, user, Password, "another long password", Ct)).Succeeded.ShouldBeTrue();
        return user.SecurityStamp!;
    }

    private async Task<User> CreateAsync(string email, Role role) =>
        (await People.CreateAsync(email, role, Password, Ct)).ShouldBeOfType<CreateUser.Created>().User;
}
