using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Accounts;

public sealed class Tokens_that_end(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_good_until_its_last_moment_and_no_longer()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var owner = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ann@example.com", Role.User, null, Ct)).User.Id;
        var tokens = node.GetRequiredService<ApiTokens>();
        var (text, token) = await tokens.CreateAsync(owner, "for a day", Ct, [TokenScope.Read], scenario.Clock.GetUtcNow().AddDays(1));

        scenario.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        (await tokens.VerifyAsync(text, Ct)).ShouldNotBeNull().AllowedScopes.ShouldBe([TokenScope.Read]);
        (await tokens.StillValidAsync([token.Id], Ct)).ShouldContain(token.Id);

        scenario.Clock.Advance(1);
        (await tokens.VerifyAsync(text, Ct)).ShouldBeNull();
        (await tokens.StillValidAsync([token.Id], Ct)).ShouldBeEmpty("whoever listens with it is dropped");
    }

    [Theory]
    [InlineData("a temporary password")]
    [InlineData("a link for another password")]
    [InlineData("signing out everywhere")]
    public async Task Whatever_helps_against_a_thief_ends_the_tokens_passkeys_and_links_too(string help)
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var people = node.GetRequiredService<People>();
        var owner = ((CreateUser.Created)await people.CreateAsync("ann@example.com", Role.User, "a long enough password", Ct)).User;
        var tokens = node.GetRequiredService<ApiTokens>();
        var links = node.GetRequiredService<EntryLinks>();
        await using (var scope = node.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            var passkey = new UserPasskeyInfo([1, 2, 3], [4, 5, 6], scenario.Clock.GetUtcNow(), 0, null, true, false, false, [7], [8]) { Name = "the thief's" };
            (await users.AddOrUpdatePasskeyAsync((await users.FindByIdAsync(owner.Id.ToString()))!, passkey)).Succeeded.ShouldBeTrue();
        }

        string text = (await tokens.CreateAsync(owner.Id, "the thief's", Ct)).Text;
        (await tokens.VerifyAsync(text, Ct)).ShouldNotBeNull();

        string leaked = (await links.CreateAsync(owner.Id, Ct))!;
        switch (help)
        {
            case "a temporary password":
                await links.SetTemporaryPasswordAsync(owner.Id, Ct);
                break;
            case "a link for another password":
                string code = (await links.CreateAsync(owner.Id, Ct))!;
                (await tokens.VerifyAsync(text, Ct)).ShouldNotBeNull("Making the link alone shuts nobody out.");
                (await links.SpendAsync(code, "another long password", Ct)).ShouldBeOfType<SpendLink.Done>();
                break;
            default:
                await links.SignOutEverywhereAsync(owner, Ct);
                break;
        }

        (await tokens.VerifyAsync(text, Ct)).ShouldBeNull();
        (await links.SpendAsync(leaked, "what the thief chooses", Ct)).ShouldBeOfType<SpendLink.Gone>();
        (await scenario.ScalarAsync<long>("SELECT count(*) FROM audit WHERE after->>'tokensEnded' = '1' AND after->>'passkeysEnded' = '1'")).ShouldBe(1);
        (await scenario.ScalarAsync<long>("SELECT count(*) FROM user_passkeys")).ShouldBe(0);
    }

    /// <summary>The thief gave the password, or used the passkey, a moment before it was taken away, and is not done yet.</summary>
    [Theory]
    [InlineData("a temporary password")]
    [InlineData("signing out everywhere")]
    public async Task Nothing_that_a_thief_was_about_to_make_outlives_the_help(string help)
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var node = scenario.AddNode();
        var owner = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ann@example.com", Role.User, "a long enough password", Ct)).User;
        var links = node.GetRequiredService<EntryLinks>();
        await using var scope = node.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var seen = (await users.FindByIdAsync(owner.Id.ToString()))!;
        await using var busy = new Npgsql.NpgsqlConnection(scenario.Database);
        await busy.OpenAsync(Ct);
        Task helping, making;
        await using (var transaction = await busy.BeginTransactionAsync(Ct))
        {
            // The help is under way, and cannot end yet.
            await using var hold = new Npgsql.NpgsqlCommand("LOCK TABLE entry_links IN EXCLUSIVE MODE", busy, transaction);
            await hold.ExecuteNonQueryAsync(Ct);
            helping = help == "signing out everywhere" ? links.SignOutEverywhereAsync(owner, Ct) : links.SetTemporaryPasswordAsync(owner.Id, Ct);
            await WaitingAsync(1);
            making = node.GetRequiredService<ApiTokens>().CreateOwnAsync(seen, "the thief's", [TokenScope.Read], null, Ct);
            await WaitingAsync(2);
            await transaction.CommitAsync(Ct);
        }

        await helping;
        await making;
        var passkey = new UserPasskeyInfo([1, 2, 3], [4, 5, 6], scenario.Clock.GetUtcNow(), 0, null, true, false, false, [7], [8]) { Name = "the thief's" };
        (await users.KeepAsync(scope.ServiceProvider.GetRequiredService<KickMonitorDb>(), seen, passkey, Ct)).ShouldBeFalse();

        (await scenario.ScalarAsync<long>("SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL")).ShouldBe(0);
        (await scenario.ScalarAsync<long>("SELECT count(*) FROM user_passkeys")).ShouldBe(0);

        Task WaitingAsync(int most) => Eventually.ShouldAsync(
            async () => await scenario.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == most, "they wait");
    }

    [Fact]
    public void A_token_opens_what_its_owners_role_opens_whatever_it_says_of_itself()
    {
        TokenScopes.OpenTo(Role.Admin).ShouldBe(TokenScopes.All);
        foreach (var role in new[] { Role.User, Role.Viewer })
        {
            TokenScopes.OpenTo(role).ShouldBe([TokenScope.Read, TokenScope.Users]);
        }
    }
}
