using System.Text.RegularExpressions;
using KickMonitor.Domain.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Accounts;

public sealed class Sessions_that_are_over(Postgres postgres)
{
    private const int Many = 20;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_repeats_an_old_cookie_makes_nobody_read_all_the_others()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        var log = new SpokenLog();
        var (node, elsewhere) = (scenario.AddNode(log: log), scenario.AddNode());
        var owner = ((CreateUser.Created)await node.GetRequiredService<People>().CreateAsync("ann@example.com", Role.User, "a long enough password", Ct)).User.Id;
        var sessions = node.GetRequiredService<Sessions>();
        var over = await sessions.BeginAsync(owner, null, null, Ct);
        await sessions.EndAsync(over, owner, Ct);
        int before = Readings(log);

        for (int i = 0; i < Many; i++)
        {
            (await sessions.LivesAsync(over, Ct)).ShouldBeFalse();
        }

        Readings(log).ShouldBe(before);
        (await sessions.LivesAsync(await elsewhere.GetRequiredService<Sessions>().BeginAsync(owner, null, null, Ct), Ct)).ShouldBeTrue("one that has just begun elsewhere is looked for");
        Readings(log).ShouldBe(before + 1);
    }

    private static int Readings(SpokenLog log) => Regex.Count(log.Text, @"Executed DbCommand[^\n]*\n\s*SELECT \w+\.id\s+FROM sign_ins", RegexOptions.None, TimeSpan.FromSeconds(10));
}
