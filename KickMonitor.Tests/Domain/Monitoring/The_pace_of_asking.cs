using KickMonitor.Domain.Kick;
using KickMonitor.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Monitoring;

public sealed class The_pace_of_asking(Postgres postgres) : SweepStory(postgres)
{
    protected override Dictionary<string, string?> Settings => With(("Monitor:RequestsPerSecond", "1"));

    [Fact]
    public async Task A_429_halves_the_rate_and_it_recovers_in_time()
    {
        await WatchLiveAsync();
        var budget = Node.GetRequiredService<RequestBudget>();
        Faults.Add(FaultKind.TooManyRequests, EndpointGroup.Livestreams, count: 1);
        Scenario.Clock.Advance(15);
        await SweepAsync();
        budget.Rate.ShouldBe(0.5);

        await SweepForAsync(30 * 5);

        budget.Rate.ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_asked_before_the_time_that_Kick_names()
    {
        await WatchLiveAsync();
        Faults.Add(FaultKind.TooManyRequests, EndpointGroup.Livestreams, count: 1, retryAfter: "120");
        Scenario.Clock.Advance(15);
        await SweepAsync();
        var refused = Scenario.Clock.GetUtcNow();
        Requests.Clear();

        await SweepForAsync(180);

        var first = Requests.Recent[0].At;
        first.ShouldBeGreaterThanOrEqualTo(refused.AddSeconds(119));
        first.ShouldBeLessThan(refused.AddSeconds(150));
    }

    [Fact]
    public async Task A_pause_of_years_is_ten_minutes()
    {
        await WatchLiveAsync();
        Faults.Add(FaultKind.TooManyRequests, EndpointGroup.Livestreams, count: 1, retryAfter: "315360000");
        Scenario.Clock.Advance(15);
        await SweepAsync();
        Requests.Clear();

        await SweepForAsync(590);
        Requests.Total.ShouldBe(0);
        await SweepForAsync(45);
        Requests.Total.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Calls_keep_to_the_rate()
    {
        await WatchManyAsync(500);
        await SweepAsync();

        var times = Requests.Recent.Where(r => r.Path != TokenCall).Select(r => r.At).ToList();
        times.Count.ShouldBeGreaterThan(5);
        times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds).ShouldAllBe(gap => gap > 0.9);
    }

    [Fact]
    public async Task What_can_wait_lets_a_whole_round_pass()
    {
        await WatchManyAsync(500);
        var sweep = Sweep.RunAsync(Ct);
        var list = Node.GetRequiredService<KickSubscriptions>().ListAsync(Ct);

        await Scenario.RunAsync(sweep);
        list.IsCompleted.ShouldBeFalse();
        await Scenario.RunAsync(list);

        Requests.Recent.OrderBy(r => r.At).Last().Path.ShouldBe("/public/v1/events/subscriptions");
    }

    [Fact]
    public async Task What_can_wait_is_not_shut_out_by_rounds_without_an_end()
    {
        var budget = Node.GetRequiredService<RequestBudget>();
        await budget.EnterAsync(CallPriority.Usual, TimeSpan.Zero, Ct);
        var spare = budget.EnterAsync(CallPriority.Spare, TimeSpan.Zero, Ct).AsTask();
        int others = 0;
        for (; !spare.IsCompleted && others < 100; others++)
        {
            await Scenario.RunAsync(budget.EnterAsync(CallPriority.Usual, TimeSpan.Zero, Ct).AsTask());
        }

        others.ShouldBeInRange(28, 40);
    }

    [Fact]
    public async Task A_hidden_limit_is_found_and_kept_to()
    {
        Faults.RateLimit.PerMinute = 20;
        await WatchManyAsync(300, live: 100);
        await SweepForAsync(300, step: 500);
        Requests.Clear();

        await SweepForAsync(300, step: 500);

        int refused = Requests.Recent.Count(r => r.Status == 429);
        refused.ShouldBeLessThan(Requests.Recent.Count / 4);
        (await Scenario.ScalarAsync<long>("SELECT count(*) FROM streamers WHERE status = 'live'")).ShouldBe(100);
    }
}
