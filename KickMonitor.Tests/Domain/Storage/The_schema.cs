using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Tests.Domain.Storage;

public sealed class The_schema(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_migrations_say_what_the_model_says()
    {
        await using var scenario = await Scenario.StartAsync(postgres);
        await using var db = await scenario.AddNode().GetRequiredService<IDbContextFactory<KickMonitorDb>>().CreateDbContextAsync(Ct);

        db.Database.HasPendingModelChanges().ShouldBeFalse();
        (await db.Database.GetPendingMigrationsAsync(Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nodes_that_migrate_an_empty_database_at_once_take_turns()
    {
        string database = await postgres.CreateDatabaseAsync(isEmpty: true);
        await using var one = Migrating(database);
        await using var two = Migrating(database);

        var applied = await Task.WhenAll(
            one.GetRequiredService<Migrator>().MigrateAsync(Ct),
            two.GetRequiredService<Migrator>().MigrateAsync(Ct));

        applied.Count(a => a.Count > 0).ShouldBe(1);
        applied.Count(a => a.Count == 0).ShouldBe(1);
        (await one.GetRequiredService<Migrator>().InspectAsync(Ct)).Pending.ShouldBeEmpty();
    }

    private static ServiceProvider Migrating(string database) =>
        new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddStorage(new DatabaseAddress(database)).BuildServiceProvider();
}
