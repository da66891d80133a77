using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Accounts;

public sealed class Helping_people_in(Postgres postgres) : MergeStory(postgres)
{
    private const string Chosen = "a password of my own";

    private People People => Node.GetRequiredService<People>();

    private EntryLinks Links => Node.GetRequiredService<EntryLinks>();

    private Assignments Assignments => Node.GetRequiredService<Assignments>();

    [Fact]
    public async Task Who_is_invited_chooses_a_password_once()
    {
        var ada = await InviteAsync("ada@example.org");
        ada.PasswordHash.ShouldBeNull();
        string code = (await Links.CreateAsync(ada.Id, Ct))!;

        (await Links.FindAsync(code, Ct))!.Id.ShouldBe(ada.Id);
        (await Links.SpendAsync(code, "short", Ct)).ShouldBeOfType<SpendLink.Refused>();
        (await Links.SpendAsync(code, Chosen, Ct)).ShouldBeOfType<SpendLink.Done>();

        (await IsPasswordAsync(ada.Id, Chosen)).ShouldBeTrue();
        (await Links.SpendAsync(code, "another password", Ct)).ShouldBeOfType<SpendLink.Gone>();
        (await IsPasswordAsync(ada.Id, Chosen)).ShouldBeTrue();
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM entry_links")).ShouldBe(0);
    }

    [Fact]
    public async Task Of_two_who_bring_the_same_link_at_once_one_gets_in()
    {
        var ada = await InviteAsync("ada@example.org");
        string code = (await Links.CreateAsync(ada.Id, Ct))!;
        var there = Scenario.AddNode().GetRequiredService<EntryLinks>();

        var outcomes = await Task.WhenAll(Task.Run(() => Links.SpendAsync(code, Chosen, Ct)), Task.Run(() => there.SpendAsync(code, "what a thief would choose", Ct)));

        outcomes.OfType<SpendLink.Done>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_link_ends_when_it_is_old_replaced_or_its_owner_is_shut_out()
    {
        var ada = await InviteAsync("ada@example.org");
        string first = (await Links.CreateAsync(ada.Id, Ct))!;
        string second = (await Links.CreateAsync(ada.Id, Ct))!;
        (await Links.FindAsync(first, Ct)).ShouldBeNull();

        Scenario.Clock.Advance(EntryLink.InvitationLife - TimeSpan.FromMinutes(1));
        (await Links.FindAsync(second, Ct)).ShouldNotBeNull();
        (await Scenario.ScalarAsync<string>("SELECT entry_links::text FROM entry_links")).ShouldNotContain(second);
        Scenario.Clock.Advance(TimeSpan.FromMinutes(2));
        (await Links.FindAsync(second, Ct)).ShouldBeNull();

        string third = (await Links.CreateAsync(ada.Id, Ct))!;
        await People.DisableAsync(ada.Id, Ct);
        (await Links.SpendAsync(third, Chosen, Ct)).ShouldBeOfType<SpendLink.Gone>();
        await People.EnableAsync(ada.Id, Ct);
        (await Links.SpendAsync(third, Chosen, Ct)).ShouldBeOfType<SpendLink.Gone>("whoever shut them out did not mean that link");
    }

    [Fact]
    public async Task A_link_that_was_made_for_somebody_with_less_power_opens_no_Admins_account()
    {
        var ada = await InviteAsync("ada@example.org");
        string link = (await Links.CreateAsync(ada.Id, Ct))!;
        (await People.SetRoleAsync(ada.Id, Role.Viewer, Ct)).ShouldBe(ChangeUser.Done);
        (await Links.FindAsync(link, Ct)).ShouldNotBeNull();

        (await People.SetRoleAsync(ada.Id, Role.Admin, Ct)).ShouldBe(ChangeUser.Done);

        (await Links.FindAsync(link, Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_links_that_are_made_at_once_one_is_good()
    {
        var ada = await InviteAsync("ada@example.org");
        var there = Scenario.AddNode().GetRequiredService<EntryLinks>();
        await using var slow = await Scenario.BreakAsync("BEFORE INSERT ON entry_links", "PERFORM pg_sleep(0.2)");

        var codes = await Task.WhenAll(new[] { Links, there, Links, there }.Select(links => Task.Run(() => links.CreateAsync(ada.Id, Ct))));

        var good = await Task.WhenAll(codes.Select(code => Links.FindAsync(code, Ct)));
        good.OfType<User>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Whoever_changes_their_own_password_ends_the_link_that_was_made_for_another()
    {
        var ada = ((CreateUser.Created)await People.CreateAsync("ada@example.org", Role.User, Chosen, Ct)).User;
        string code = (await Links.CreateAsync(ada.Id, Ct))!;

        (await ChangeOwnAsync(ada.Id, Chosen, "short")).Succeeded.ShouldBeFalse();
        (await Links.FindAsync(code, Ct)).ShouldNotBeNull("nothing was changed");
        (await ChangeOwnAsync(ada.Id, Chosen, "another password of my own")).Succeeded.ShouldBeTrue();

        (await Links.SpendAsync(code, "what the thief chooses", Ct)).ShouldBeOfType<SpendLink.Gone>();
        (await IsPasswordAsync(ada.Id, "another password of my own")).ShouldBeTrue();
        (await ReadAuditAsync("user.password_set")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_temporary_password_signs_everybody_out_and_has_to_be_changed()
    {
        var ada = ((CreateUser.Created)await People.CreateAsync("ada@example.org", Role.User, Chosen, Ct)).User;
        var sessions = Node.GetRequiredService<Sessions>();
        var session = await sessions.BeginAsync(ada.Id, "192.0.2.1", "Browser", Ct);
        (await sessions.LivesAsync(session, Ct)).ShouldBeTrue();

        string password = (await Links.SetTemporaryPasswordAsync(ada.Id, Ct))!;

        (await IsPasswordAsync(ada.Id, password)).ShouldBeTrue();
        (await IsPasswordAsync(ada.Id, Chosen)).ShouldBeFalse();
        (await sessions.LivesAsync(session, Ct)).ShouldBeFalse();
        (await RightsAsync(ada.Id)).MustChangePassword.ShouldBeTrue();
        (await ReadAuditAsync("user.password_reset")).ShouldHaveSingleItem().After.ShouldBeNull();
    }

    [Fact]
    public async Task Who_comes_too_late_overwrites_nothing_and_is_told_who_was_first()
    {
        var ada = await InviteAsync("ada@example.org");
        Actor.Current = new Actor(null, "first@example.org", "browser");
        (await People.ChangeAsync(ada.Id, u => u.DisplayName = "Ada", Ct, stamp => stamp == ada.ConcurrencyStamp)).ShouldBe(ChangeUser.Done);

        Actor.Current = new Actor(null, "second@example.org", "browser");
        (await People.ChangeAsync(ada.Id, u => u.DisplayName = "Somebody", Ct, stamp => stamp == ada.ConcurrencyStamp)).ShouldBe(ChangeUser.Stale);

        (await People.FindAsync(ada.Id, Ct))!.DisplayName.ShouldBe("Ada");
        (await Node.GetRequiredService<Audit>().ChangedMeanwhileAsync(ada.Id.ToString(), People.Verbs, Ct)).ShouldContain("first@example.org");
    }

    [Fact]
    public async Task Many_are_given_many_and_Viewers_manage_nothing_whatever_they_are_given()
    {
        var viewer = await InviteAsync("viewer@example.org");
        var user = await InviteAsync("user@example.org", Role.User);

        (await Assignments.AssignAsync([viewer.Id, user.Id, Guid.NewGuid()], [Lana, 999], new Grant(ManagesEvents: true), Ct)).ShouldBe(2);

        (await RightsAsync(viewer.Id)).MaySee(Lana).ShouldBeTrue();
        (await RightsAsync(viewer.Id)).MayManageEvents(Lana).ShouldBeFalse();
        (await RightsAsync(user.Id)).MayManageEvents(Lana).ShouldBeTrue();
        (await RightsAsync(user.Id)).MayManageChat(Lana).ShouldBeFalse();

        // Watching alone, as linking an account gives it, takes nothing away.
        await Assignments.AssignAsync(user.Id, Lana, Ct);
        (await RightsAsync(user.Id)).MayManageEvents(Lana).ShouldBeTrue();
        await Assignments.AssignAsync([user.Id], [Lana], new Grant(ManagesChat: true), Ct);
        (await RightsAsync(user.Id)).MayManageEvents(Lana).ShouldBeFalse();
        (await ReadAuditAsync("user.assigned")).Count.ShouldBe(3);
        (await Assignments.OfStreamerAsync(Lana, Ct)).Select(a => a.Email).ShouldBe(["user@example.org", "viewer@example.org"]);
    }

    [Fact]
    public async Task Of_two_who_change_the_same_right_the_second_overwrites_nothing()
    {
        var user = await InviteAsync("user@example.org", Role.User);
        var seen = new Grant();
        await Assignments.AssignAsync([user.Id], [Lana], seen, Ct);

        (await Assignments.AssignAsync(user.Id, Lana, seen with { ManagesEvents = true }, had => had == seen, Ct)).ShouldBe(ChangeAssignment.Done);
        (await Assignments.AssignAsync(user.Id, Lana, seen with { ManagesChat = true }, had => had == seen, Ct)).ShouldBe(ChangeAssignment.Stale);

        var rights = await RightsAsync(user.Id);
        (rights.MayManageEvents(Lana), rights.MayManageChat(Lana)).ShouldBe((true, false));
        var told = (await ReadAuditAsync("user.assigned"))[0];
        (told.Before, told.After).ShouldBe(("{\"streamers\": [\"lana\"], \"managesChat\": false, \"managesEvents\": false}", "{\"streamers\": [\"lana\"], \"managesChat\": false, \"managesEvents\": true}"));
        await Assignments.UnassignAsync([user.Id], [Lana], Ct);
        (await Assignments.AssignAsync(user.Id, Lana, new Grant(), had => had == new Grant(true), Ct)).ShouldBe(ChangeAssignment.Stale);
    }

    [Fact]
    public async Task Who_is_given_a_group_sees_whoever_is_in_it_at_the_moment()
    {
        var viewer = await InviteAsync("viewer@example.org");
        var groups = Node.GetRequiredService<Groups>();
        await groups.SaveAsync(owner: null, "team", isPublic: false, [Lana], Ct);
        long team = groups.Find(null, "team")!.Id;

        (await Assignments.AssignGroupAsync([viewer.Id], team, new Grant(), Ct)).ShouldBe(1);
        (await RightsAsync(viewer.Id)).MaySee(Lana).ShouldBeTrue();

        await groups.SetMembersAsync(team, [Lana], areMembers: false, Ct);
        (await RightsAsync(viewer.Id)).MaySee(Lana).ShouldBeFalse();
        await groups.SetMembersAsync(team, [Lana], areMembers: true, Ct);
        (await Assignments.UnassignGroupAsync([viewer.Id], team, Ct)).ShouldBe(1);
        (await RightsAsync(viewer.Id)).MaySee(Lana).ShouldBeFalse();

        // Somebody's own group is nobody's to give.
        await groups.SaveAsync(viewer.Id, "mine", isPublic: false, [Lana], Ct);
        (await Assignments.AssignGroupAsync([viewer.Id], groups.Find(viewer.Id, "mine")!.Id, new Grant(), Ct)).ShouldBe(0);
    }

    [Fact]
    public async Task Who_only_looks_changes_nothing_by_any_door()
    {
        var ada = await InviteAsync("ada@example.org");
        Actor.Current = new Actor(ada.Id, "ada@example.org", "browser") { IsReadOnly = true };

        await ShouldBeRefusedAsync(() => People.SetRoleAsync(ada.Id, Role.Admin, Ct));
        await ShouldBeRefusedAsync(() => People.CreateAsync("bo@example.org", Role.Viewer, Chosen, Ct));
        await ShouldBeRefusedAsync(() => Assignments.AssignAsync(ada.Id, Lana, Ct));
        await ShouldBeRefusedAsync(() => Node.GetRequiredService<ApiTokens>().CreateAsync(ada.Id, "token", Ct));
        await ShouldBeRefusedAsync(() => Node.GetRequiredService<StreamerDirectory>().PauseAsync(Lana, Ct));
        await ShouldBeRefusedAsync(() => Links.SetTemporaryPasswordAsync(ada.Id, Ct));
        await ShouldBeRefusedAsync(() => new Favourites(Node.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<KickMonitorDb>>(), TimeProvider.System).MarkAsync(ada.Id, Lana, isFavourite: true, Ct));

        // Looking goes on, and so does everybody else's work on the same connections.
        (await People.FindAsync(ada.Id, Ct))!.Role.ShouldBe(Role.Viewer);
        Actor.Current = Actor.System;
        (await People.SetRoleAsync(ada.Id, Role.User, Ct)).ShouldBe(ChangeUser.Done);
        (await Scenario.ScalarAsync<long>("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM assignments) + (SELECT count(*) FROM api_tokens) + (SELECT count(*) FROM favourites)")).ShouldBe(1);
    }

    [Fact]
    public async Task Lists_are_searched_sorted_and_cut_into_pages()
    {
        foreach (string name in new[] { "carla", "ana", "bea" })
        {
            await InviteAsync($"{name}@example.org");
        }

        var list = Node.GetRequiredService<PeopleList>();
        var (rows, total) = await list.ReadAsync(new PeopleQuery(Skip: 1, Limit: 1), Ct);
        (rows.Single().Email, rows.Single().IsInvited, total).ShouldBe(("bea@example.org", true, 3));
        (await list.ReadAsync(new PeopleQuery(Search: "AN"), Ct)).Rows.Single().Email.ShouldBe("ana@example.org");
        (await list.ReadAsync(new PeopleQuery(Search: "%"), Ct)).Rows.ShouldBeEmpty();
        (await list.ReadAsync(new PeopleQuery(Role: Role.Admin), Ct)).Rows.ShouldBeEmpty();
    }

    private static async Task ShouldBeRefusedAsync(Func<Task> change)
    {
        var refusal = await Should.ThrowAsync<Exception>(change);
        (refusal is ReadOnlyException || refusal.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction }).ShouldBeTrue(refusal.ToString());
    }

    private async Task<User> InviteAsync(string email, Role role = Role.Viewer) =>
        (await People.InviteAsync(email, role, displayName: null, Ct)).ShouldBeOfType<CreateUser.Created>().User;

    private async Task<IdentityResult> ChangeOwnAsync(Guid id, string old, string chosen)
    {
        await using var scope = Node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        return await Links.ChangeOwnAsync(scope.ServiceProvider.GetRequiredService<KickMonitorDb>(), users, (await users.FindByIdAsync(id.ToString()))!, old, chosen, Ct);
    }

    private async Task<bool> IsPasswordAsync(Guid id, string password)
    {
        await using var scope = Node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        return await users.CheckPasswordAsync((await users.FindByIdAsync(id.ToString()))!, password);
    }

    private async Task<UserRights> RightsAsync(Guid id)
    {
        var rights = Node.GetRequiredService<Rights>();
        await rights.ReadAsync(Ct);
        return rights.Of(id)!;
    }

    private async Task<List<AuditRow>> ReadAuditAsync(string verb)
    {
        var rows = new List<AuditRow>();
        await foreach (var row in Node.GetRequiredService<Audit>().ReadAsync(new AuditQuery(Verb: verb), Ct))
        {
            rows.Add(row);
        }

        return rows;
    }
}
