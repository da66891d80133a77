using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Retention;
using KickMonitor.Domain.Streamers;
using KickMonitor.Tests.Domain.Linking;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace KickMonitor.Tests.Domain.Accounts;

/// <summary>Whoever views the place as somebody else comes through every door that changes something, and each is shut.</summary>
public sealed class Looking_as_somebody_else(Postgres postgres) : LinkingStory(postgres)
{
    private static readonly Guid Nobody = Guid.NewGuid();

    /// <summary>What an event handler of a page, an endpoint or the hub can ask of the product.</summary>
    private static readonly (string Door, Func<IServiceProvider, Seen, Task> Act)[] Doors =
    [
        ("a name", (n, s) => n.GetRequiredService<People>().SetDisplayNameAsync(s.User, "other", Ct)),
        ("a role", (n, s) => n.GetRequiredService<People>().SetRoleAsync(s.User, Role.Admin, Ct)),
        ("disabling", (n, s) => n.GetRequiredService<People>().DisableAsync(s.User, Ct)),
        ("a new person", (n, _) => n.GetRequiredService<People>().CreateAsync("new@example.com", Role.User, "a long enough password", Ct)),
        ("an invitation", (n, _) => n.GetRequiredService<People>().InviteAsync("new@example.com", Role.User, null, Ct)),
        ("leaving", (n, s) => n.GetRequiredService<Departure>().LeaveAsync(s.User, Ct)),
        ("an entry link", (n, s) => n.GetRequiredService<EntryLinks>().CreateAsync(s.User, Ct)),
        ("a temporary password", (n, s) => n.GetRequiredService<EntryLinks>().SetTemporaryPasswordAsync(s.User, Ct)),
        ("the end of a second step", (n, s) => n.GetRequiredService<EntryLinks>().EndSecondStepAsync(s.User, Ct)),
        ("signing out everywhere", async (n, s) => await n.GetRequiredService<EntryLinks>().SignOutEverywhereAsync((await n.GetRequiredService<People>().FindAsync(s.User, Ct))!, Ct)),
        ("a session's end", (n, s) => n.GetRequiredService<Sessions>().EndAsync(s.Session, s.User, Ct)),
        ("other sessions' end", (n, s) => n.GetRequiredService<Sessions>().EndOthersAsync(s.User, null, Ct)),
        ("a password", (n, s) => AsUserAsync(n, s, (users, user) => users.ChangePasswordAsync(user, "a long enough password", "another long password"))),
        ("a second step", (n, s) => AsUserAsync(n, s, (users, user) => users.ResetAuthenticatorKeyAsync(user))),
        ("recovery codes", (n, s) => AsUserAsync(n, s, (users, user) => users.GenerateNewTwoFactorRecoveryCodesAsync(user, 3))),
        ("a guess at the password", (n, s) => n.GetRequiredService<Guesses>().TakeAsync(s.User, Guesses.Strangers, Ct)),
        ("a code", (n, s) => n.GetRequiredService<Totp>().SpendAsync(s.User, "JBSWY3DPEHPK3PXP", Totp.CodeAt("JBSWY3DPEHPK3PXP", n.GetRequiredService<TimeProvider>().GetUtcNow()), Ct)),
        ("a picture", (n, s) => n.GetRequiredService<UserPictures>().KeepAsync(s.User, "image/png", [1], Ct)),
        ("a token", (n, s) => n.GetRequiredService<ApiTokens>().CreateAsync(s.User, "token", Ct)),
        ("a token's end", (n, s) => n.GetRequiredService<ApiTokens>().RevokeAsync(s.Token, null, Ct)),
        ("an assignment", (n, s) => n.GetRequiredService<Assignments>().AssignAsync(s.Other, s.Channel, Ct)),
        ("an assignment's end", (n, s) => n.GetRequiredService<Assignments>().UnassignAsync(s.User, s.Channel, Ct)),
        ("a group's assignment", (n, s) => n.GetRequiredService<Assignments>().AssignGroupAsync([s.User], s.Group, new Grant(), Ct)),
        ("a group", (n, s) => n.GetRequiredService<Groups>().SaveAsync(s.User, "mine", isPublic: false, [s.Channel], Ct)),
        ("a group's member", (n, s) => n.GetRequiredService<Groups>().SetMembersAsync(s.Group, [s.Channel], areMembers: false, Ct)),
        ("a group's name", (n, s) => n.GetRequiredService<Groups>().ReviseAsync(s.Group, Ct, "other")),
        ("a tag", (n, s) => n.GetRequiredService<Tags>().PutAsync("tag", [s.Channel], Ct)),
        ("a group's end", (n, s) => n.GetRequiredService<Groups>().RemoveAsync(s.Group, Ct)),
        ("a favourite", (n, s) => ActivatorUtilities.CreateInstance<Favourites>(n).MarkAsync(s.User, s.Channel, isFavourite: true, Ct)),
        ("a streamer", (n, _) => n.GetRequiredService<StreamerIntake>().AddAsync("miro-mast", Ct)),
        ("a streamer's pause", (n, s) => n.GetRequiredService<StreamerDirectory>().PauseAsync(s.Channel, Ct)),
        ("a streamer's end", (n, s) => n.GetRequiredService<StreamerDirectory>().RemoveAsync(s.Channel, Ct)),
        ("a streamer's erasure", (n, s) => n.GetRequiredService<StreamerDirectory>().EraseAsync(s.Channel, Ct)),
        ("notes", (n, s) => n.GetRequiredService<StreamerDirectory>().ReviseAsync(s.Channel, "notes", null, Ct)),
        ("tags", (n, s) => n.GetRequiredService<StreamerDirectory>().TagAsync(s.Channel, ["tag"], Ct)),
        ("erasing somebody", (n, _) => n.GetRequiredService<Erasure>().EraseAsync(new KickWho(1, null), Ct)),
        ("retention", (n, _) => n.GetRequiredService<KickMonitor.Domain.Retention.Retention>().RunAsync(Ct)),
        ("a backup", (n, _) => n.GetRequiredService<Backups>().RunAsync(Ct)),
        ("a setting", (n, _) => n.GetRequiredService<SettingStore>().SetAsync("Monitor:Interval", "33", null, Ct)),
        ("a flag", (n, _) => n.GetRequiredService<Flags>().SetAsync(n.GetRequiredService<Flags>().All[0].Definition.Name, true, 100, [], null, Ct)),
        ("subscriptions", (n, _) => n.GetRequiredService<SubscriptionKeeper>().ReconcileAsync(isAskedFor: false, Ct)),
        ("a link's start", (n, s) => n.GetRequiredService<LinkFlow>().StartAsync(n.GetRequiredService<Providers>().Find("kick")!, s.User, "secret", Callback, "/", Ct)),
        ("a link's check", (n, s) => n.GetRequiredService<Links>().CheckAsync(s.Link, Ct)),
        ("a link's end", (n, s) => n.GetRequiredService<Links>().UnlinkAsync(s.Link, null, null, Ct)),
        ("a link's move", (n, s) => n.GetRequiredService<Links>().MoveAsync(s.Link, s.Other, Nobody, Ct)),
        ("a link's round", (n, _) => n.GetRequiredService<LinkKeeper>().RunAsync(Ct)),
        ("an entry in the audit log", (n, _) => n.GetRequiredService<Audit>().WriteAsync(new AuditEntry("user.seen", "x", "x"), Ct)),
    ];

    [Fact]
    public async Task Every_door_is_shut_and_nothing_in_the_database_has_moved()
    {
        var node = Scenario.AddNode(key: KickMonitor.Domain.Storage.MasterKey.Load(null, Keys), also: s => s.AddRetention().AddBackups(Keys));
        var seen = await SettleAsync(node);
        string before = await EverythingAsync();
        long asked = Requests.Total;
        Actor.Current = new Actor(seen.User, "lana@example.com", "browser") { IsReadOnly = true };

        var open = new List<string>();
        foreach (var (door, act) in Doors)
        {
            try
            {
                await Scenario.RunAsync(Answered(act(node, seen)));
                open.Add(door);
            }
            catch (Exception e) when (IsRefusal(e))
            {
            }
            catch (Exception e)
            {
                open.Add($"{door}: {e}");
            }
        }

        Actor.Current = Actor.System;
        open.ShouldBeEmpty();
        (await EverythingAsync()).ShouldBe(before);
        Requests.Total.ShouldBe(asked, "nor was anything asked of Kick");
    }

    [Fact]
    public async Task Looking_goes_on()
    {
        var seen = await SettleAsync(Node);
        Actor.Current = new Actor(seen.User, "lana@example.com", "browser") { IsReadOnly = true };

        (await Node.GetRequiredService<People>().FindAsync(seen.User, Ct)).ShouldNotBeNull();
        (await Links.OfAsync(seen.User, Ct)).ShouldHaveSingleItem();
        (await Node.GetRequiredService<Sessions>().RecentAsync(seen.User, 5, Ct)).ShouldNotBeEmpty();
    }

    private static async Task<bool> Answered(Task task)
    {
        await task;
        return true;
    }

    private static bool IsRefusal(Exception e) => e is ReadOnlyException || e.GetBaseException() is ReadOnlyException or PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };

    private static async Task AsUserAsync<T>(IServiceProvider node, Seen seen, Func<UserManager<User>, User, Task<T>> act)
    {
        await using var scope = node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        await act(users, (await users.FindByIdAsync(seen.User.ToString()))!);
    }

    private async Task<Seen> SettleAsync(IServiceProvider node)
    {
        var (user, other) = (await AddPersonAsync(), await AddPersonAsync("other"));
        await node.GetRequiredService<People>().CreateAsync("boss@example.com", Role.Admin, "a long enough password", Ct);
        var link = await LinkedAsync(user, Streamer());
        await AsUserAsync(node, new Seen(user, other, default, default, default, default, default), (users, u) => users.SetTwoFactorEnabledAsync(u, true));
        var session = await node.GetRequiredService<Sessions>().BeginAsync(user, "192.0.2.1", "a browser", Ct);
        var (_, token) = await node.GetRequiredService<ApiTokens>().CreateAsync(user, "token", Ct);
        var groups = node.GetRequiredService<Groups>();
        await groups.SaveAsync(null, "team", isPublic: false, [Streamer()], Ct);
        return new Seen(user, other, Streamer(), link.Id, session, token.Id, groups.Find(null, "team")!.Id);
    }

    private async Task<string> EverythingAsync()
    {
        var all = new System.Text.StringBuilder();
        foreach (object?[] table in await Scenario.QueryAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        {
            all.Append(table[0]).Append('\n').AppendJoin('\n', (await Scenario.QueryAsync($"SELECT t::text FROM \"{table[0]}\" t ORDER BY 1")).Select(r => r[0])).Append('\n');
        }

        return all.ToString();
    }

    private sealed record Seen(Guid User, Guid Other, long Channel, Guid Link, Guid Session, Guid Token, long Group);
}
