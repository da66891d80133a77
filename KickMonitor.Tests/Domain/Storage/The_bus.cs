using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Tests.Domain.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Storage;

public sealed class The_bus(Postgres postgres) : MergeStory(postgres)
{
    [Fact]
    public async Task A_notice_reaches_every_node_but_not_other_topics()
    {
        var other = Scenario.AddNode();
        int here = 0, there = 0, elsewhere = 0;
        var bus = Node.GetRequiredService<Bus>();
        using var a = bus.Subscribe("news", _ => Count(ref here));
        using var b = other.GetRequiredService<Bus>().Subscribe("news", _ => Count(ref there));
        await using var running = new Running(bus);
        await using var running2 = new Running(other.GetRequiredService<Bus>());
        await Eventually.ShouldAsync(() => here > 0 && there > 0, "both listen");
        using var c = bus.Subscribe("weather", _ => Count(ref elsewhere));
        (here, there) = (0, 0);

        await bus.PublishAsync("news", Ct);

        await Eventually.ShouldAsync(() => here > 0 && there > 0, "both were told");
        elsewhere.ShouldBe(0);

        static Task Count(ref int counter)
        {
            Interlocked.Increment(ref counter);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_listener_that_is_cut_off_comes_back_and_has_missed_nothing()
    {
        var bus = Node.GetRequiredService<Bus>();
        await using var running = new Running(bus);
        var board = Node.GetRequiredService<LiveBoard>();
        await board.StartAsync(Ct);
        await Eventually.ShouldAsync(() => bus.IsConnected, "the bus listens");

        await Scenario.QueryAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()");
        await Scenario.AddNode().GetRequiredService<Merge>().ApplyAsync([Live(10, viewers: 3)], null, Ct);

        await Eventually.ShouldAsync(
            () =>
            {
                Scenario.Clock.Advance(1);
                return bus.IsConnected && board.Snapshot.Find(Lana)!.IsLive;
            },
            "the board caught up");
    }

    [Fact]
    public async Task A_subscriber_that_fails_is_called_again_without_another_notice()
    {
        var bus = Node.GetRequiredService<Bus>();
        bus.Heartbeat = TimeSpan.FromHours(1);
        await using var running = new Running(bus);
        await Eventually.ShouldAsync(() => bus.IsConnected, "the bus listens");
        int calls = 0;
        using var subscription = bus.Subscribe("news", _ => Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("No database.") : Task.CompletedTask);

        bus.Signal("news");
        await Eventually.ShouldAsync(() => calls == 1, "the first call");
        await Eventually.ShouldAsync(
            () =>
            {
                Scenario.Clock.Advance(1);
                return calls > 1;
            },
            "the second call");
    }
}
