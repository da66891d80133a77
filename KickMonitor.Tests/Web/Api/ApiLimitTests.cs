using System.Net;
using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Api;

namespace KickMonitor.Tests.Web.Api;

public sealed class ApiLimitTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public void Two_hundred_at_once_pass_and_then_each_waits_at_least_a_second()
    {
        using var limit = new ApiLimit();
        var program = Program(Guid.NewGuid(), Guid.NewGuid());

        var waits = Enumerable.Range(0, 400).Select(_ => limit.SecondsToWait(program)).ToList();

        waits.Take(200).ShouldAllBe(w => w == null);
        waits[^1].ShouldNotBeNull().ShouldBeInRange(1, 5);
    }

    [Fact]
    public void Two_tokens_of_one_person_and_their_cookie_have_budgets_of_their_own()
    {
        var person = Guid.NewGuid();

        ApiLimit.KeyOf(Program(person, Guid.NewGuid())).ShouldNotBe(ApiLimit.KeyOf(Program(person, Guid.NewGuid())));
        ApiLimit.KeyOf(Program(person, token: null)).ShouldBe(ApiLimit.KeyOf(Program(person, token: null)));
        ApiLimit.KeyOf(Program(person, token: null)).ShouldNotBe(ApiLimit.KeyOf(Program(person, Guid.NewGuid())));
        ApiLimit.KeyOf(new ClaimsPrincipal()).ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_when_to_come_back_and_others_go_on()
    {
        var (greedy, modest) = (await host.AddPersonAsync(Role.Viewer), await host.AddPersonAsync(Role.Viewer));
        using var client = host.As(greedy);
        HttpResponseMessage? refused = null;

        await Parallel.ForEachAsync(Enumerable.Range(0, 3000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, ct) =>
        {
            if (refused is null && await client.GetAsync("/api/v1/streamers", ct) is { StatusCode: HttpStatusCode.TooManyRequests } answer)
            {
                refused = answer;
            }
        });

        await refused.ShouldNotBeNull().ShouldBeProblemAsync(429);
        refused.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        using var other = host.As(modest);
        (await other.GetAsync("/api/v1/streamers")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static ClaimsPrincipal Program(Guid person, Guid? token)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, person.ToString())], "test");
        if (token is not null)
        {
            identity.AddClaim(new Claim(TokenSignIn.TokenIdClaim, token.ToString()!));
        }

        return new ClaimsPrincipal(identity);
    }
}
