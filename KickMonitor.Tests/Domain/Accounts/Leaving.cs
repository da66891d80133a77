using KickMonitor.Domain.Accounts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Accounts;

public sealed class Leaving(Postgres postgres)
{
    /// <summary>Everything that is a person's own. What is added here belongs into "Download my data" too, unless it only opens something.</summary>
    private static readonly string[] Theirs =
    [
        "account_links", "api_tokens", "assignments", "entry_links", "favourites", "group_assignments", "guesses", "link_attempts", "sign_ins", "streamer_groups", "user_claims", "user_logins", "user_passkeys", "user_pictures", "user_tokens",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_a_persons_own_goes_with_them()
    {
        await using var scenario = await Scenario.StartAsync(postgres);

        var tables = await scenario.QueryAsync("SELECT conrelid::regclass::text, confdeltype::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'users'::regclass ORDER BY 1");

        tables.Where(t => (string)t[1]! != "c").Select(t => t[0]).ShouldBeEmpty("a person could not be deleted, or would leave something behind");
        tables.Select(t => (string)t[0]!).ShouldBe(Theirs, ignoreOrder: true, "a new table of people's: is it in the download of their data?");
    }

    [Fact]
    public async Task An_account_is_deleted_whole_or_not_at_all()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var people = scenario.AddNode().GetRequiredService<People>();
        var ann = ((CreateUser.Created)await people.CreateAsync("ann@example.com", Role.User, "a long enough password", Ct)).User;

        await Should.ThrowAsync<TimeoutException>(() => people.DeleteAsync(ann.Id, async db =>
        {
            await db.Users.Where(u => u.Id == ann.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.DisplayName, "half gone"));
            throw new TimeoutException();
        }, Ct));

        (await people.FindAsync(ann.Id, Ct)).ShouldNotBeNull().DisplayName.ShouldBeNull();
        (await scenario.ScalarAsync<long>("SELECT count(*) FROM audit WHERE verb = 'user.deleted'")).ShouldBe(0);
    }

    [Fact]
    public async Task The_last_Admin_who_can_come_in_stays_whoever_else_is_called_one()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var people = node.GetRequiredService<People>();
        var boss = ((CreateUser.Created)await people.CreateAsync("boss@example.com", Role.Admin, "a long enough password", Ct)).User;
        var invited = ((CreateUser.Created)await people.InviteAsync("invited@example.com", Role.Admin, null, Ct)).User;
        var disabled = ((CreateUser.Created)await people.CreateAsync("disabled@example.com", Role.Admin, "a long enough password", Ct)).User;
        await people.DisableAsync(disabled.Id, Ct);

        (await node.GetRequiredService<KickMonitor.Domain.Linking.Departure>().LeaveAsync(boss.Id, Ct)).ShouldBe(ChangeUser.LastAdmin);
        (await people.SetRoleAsync(boss.Id, Role.User, Ct)).ShouldBe(ChangeUser.LastAdmin);

        var links = node.GetRequiredService<EntryLinks>();
        (await links.SpendAsync(await links.CreateAsync(invited.Id, Ct), "another long password", Ct)).ShouldBeOfType<SpendLink.Done>();
        (await node.GetRequiredService<KickMonitor.Domain.Linking.Departure>().LeaveAsync(boss.Id, Ct)).ShouldBe(ChangeUser.Done);
    }
}
