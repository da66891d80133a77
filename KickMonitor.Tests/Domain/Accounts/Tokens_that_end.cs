using KickMonitor.Domain.Accounts;
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
}
