using System.Collections.Concurrent;
using System.Text;
using Npgsql;

namespace KickMonitor.Tests.Web.Webhooks;

public sealed class FloodTests(Postgres postgres)
{
    private const int Senders = 16;
    private const int Each = 40;

    [Fact]
    public async Task What_got_its_200_is_there_once_with_its_effect_once_though_the_database_dies_under_it()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var host = await WebhookHost.StartAsync(await postgres.CreateDatabaseAsync(isEmpty: false));
        await ExecuteAsync(host,
            """
            INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
            SELECT b, 's' || b, now(), 's' || b, now(), 'unknown', now(), 'ok', nextval('changes') FROM generate_series(1, 8) b
            """);
        var statuses = new ConcurrentDictionary<int, int>();
        using var over = new CancellationTokenSource();
        var nemesis = KillAsync(host, over.Token);
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async sender =>
        {
            for (int i = 0; i < Each; i++)
            {
                string id = $"flood-{sender}-{i}";
                byte[] body = Encoding.UTF8.GetBytes($$$"""{"broadcaster":{"user_id":{{{1 + (i % 8)}}} },"follower":{"user_id":{{{(sender * 1000) + i}}},"username":"f"} }""");
                string timestamp = WebhookHost.Now();
                for (int status = 0; status != 200;)
                {
                    using var answer = await host.SendAsync(id, "channel.followed", body, timestamp: timestamp);
                    status = (int)answer.StatusCode;
                    statuses.AddOrUpdate(status, 1, (_, n) => n + 1);
                    await Task.Delay(status == 200 ? 10 : 50, ct);
                }
            }
        }));
        await over.CancelAsync();
        await nemesis;

        statuses.Keys.ShouldBeSubsetOf([200, 503]);
        (await host.CountAsync()).ShouldBe(Senders * Each);
        await Eventually.ShouldAsync(async () => await host.CountAsync("state <> 'done'") == 0, "all are handled", seconds: 60);
        (await ScalarAsync(host, "SELECT sum(followers)::bigint FROM channel_tallies")).ShouldBe(Senders * Each);
        (await host.CountAsync("duplicate_of IS NOT NULL")).ShouldBe(0);
    }

    private static async Task KillAsync(WebhookHost host, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await Task.Delay(150, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ExecuteAsync(host, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kickmonitor'");
        }
    }

    private static async Task ExecuteAsync(WebhookHost host, string sql) => await ScalarAsync(host, sql);

    private static async Task<object?> ScalarAsync(WebhookHost host, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(host.Database) { Pooling = false, ApplicationName = "nemesis" }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
