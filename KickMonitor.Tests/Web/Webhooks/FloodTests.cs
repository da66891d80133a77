using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Storage.Embedded;
using KickMonitor.Sandbox;
using KickMonitor.Tests.Browser;
using Npgsql;

namespace KickMonitor.Tests.Web.Webhooks;

/// <summary>Deliveries pour in while what takes them is killed. Like Kick at its best, the senders repeat what got no 200.</summary>
public sealed class FloodTests(Postgres postgres)
{
    private const int Senders = 12;
    private const int Channels = 8;
    internal const string Watch =
        """
        INSERT INTO streamers (broadcaster_user_id, slug, slug_since, display_name, added_at, status, since, viewer_quality, version)
        SELECT b, 's' || b, now(), 's' || b, now(), 'unknown', now(), 'ok', nextval('changes') FROM generate_series(1, 8) b
        """;

    [Fact]
    public async Task Connections_that_are_cut_again_and_again_lose_and_double_nothing()
    {
        await using var host = await WebhookHost.StartAsync(await postgres.CreateDatabaseAsync(isEmpty: false));
        await ScalarAsync(host.Database, Watch);
        var flood = new Flooding(host.Key, () => host.Address);
        for (int i = 0; i < 12; i++)
        {
            await flood.GoOnAsync(60);
            await ScalarAsync(host.Database, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kickmonitor'");
        }

        await flood.EndAsync();
        flood.Statuses.Keys.ShouldBeSubsetOf([200, 503]);
        await ShouldBeThereOnceAsync(host.Database, flood);
    }

    [Fact]
    public Task Kills_of_the_server_and_of_PostgreSQL_lose_and_double_nothing() => FloodAsync(async (server, database, folder, flood) =>
    {
        await flood.GoOnAsync(100);
        for (int i = 0; i < 3; i++)
        {
            server.Kill();
            await server.StartAgainAsync();
            await flood.GoOnAsync(150);
            await KillDatabaseAsync(folder, database);
            await flood.GoOnAsync(150);
            await KillBackendAsync(database);
            await flood.GoOnAsync(150);
        }

        server.Kill();
        await KillDatabaseAsync(folder, database);
        await server.StartAgainAsync();
        await flood.EndAsync();
    });

    [Fact]
    public Task What_got_its_200_and_was_not_handled_when_all_was_killed_is_handled_once_afterwards() => FloodAsync(async (server, database, folder, flood) =>
    {
        // Somebody else holds all lanes, so that nothing is handled between the 200 and the kill.
        await using (var holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString))
        {
            await holder.OpenAsync();
            await using var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({Locks.EventLane}, lane) FROM generate_series(0, 7) lane", holder);
            await hold.ExecuteNonQueryAsync();
            long handled = (long)(await ScalarAsync(database, "SELECT count(*) FROM events WHERE change IS NOT NULL"))!;
            await flood.GoOnAsync(200);
            await flood.EndAsync();
            server.Kill();
            await KillDatabaseAsync(folder, database);
            (await ScalarAsync(database, "SELECT count(*) FROM events WHERE change IS NULL AND state = 'pending'")).ShouldBe(flood.Acknowledged - handled);
        }

        await server.StartAgainAsync();
    });

    /// <summary>Begins a flood on a server and a database that can be killed, and looks at the end whether all is there once.</summary>
    private static async Task FloodAsync(Func<RunningServer, string, string, Flooding, Task> act)
    {
        string folder = Directory.CreateTempSubdirectory("km-flood-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        using var key = RSA.Create(2048);
        try
        {
            // With its files synced, as an installed one has them.
            await using var database = await EmbeddedPostgres.StartAsync(folder, share: false, CancellationToken.None);
            await using var server = await RunningServer.StartAsync(
                database.Address.Owner!, new SandboxOptions { Streamers = 0 }, new Dictionary<string, string> { ["KICK_PUBLIC_KEY"] = key.ExportSubjectPublicKeyInfoPem() });
            await ScalarAsync(database.Address.Owner!, Watch);
            var flood = new Flooding(key, () => server.Address);
            await act(server, database.Address.Owner!, folder, flood);
            await ShouldBeThereOnceAsync(database.Address.Owner!, flood);
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            string location = Path.Combine(folder, "postgres.location");
            if (File.Exists(location))
            {
                Directory.Delete((await File.ReadAllTextAsync(location)).Trim(), recursive: true);
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ShouldBeThereOnceAsync(string database, Flooding flood)
    {
        (await ScalarAsync(database, "SELECT count(*) FROM events")).ShouldBe(flood.Acknowledged);
        await Eventually.ShouldAsync(async () => (long)(await ScalarAsync(database, "SELECT count(*) FROM events WHERE state <> 'done'"))! == 0, "all are handled", seconds: 60);
        (await ScalarAsync(database, "SELECT sum(followers)::bigint FROM channel_tallies")).ShouldBe(flood.Follows);
        (await ScalarAsync(database, "SELECT sum(kicks)::bigint FROM channel_tallies")).ShouldBe(flood.Acknowledged - flood.Follows);
        (await ScalarAsync(database, "SELECT count(*) FROM supporters")).ShouldBe(flood.Acknowledged - flood.Follows);
        (await ScalarAsync(database, "SELECT count(*) FROM action_ledger WHERE effect = 'tallies'")).ShouldBe(flood.Acknowledged);
        (await ScalarAsync(database, "SELECT count(*) FROM events WHERE duplicate_of IS NOT NULL")).ShouldBe(0L);
    }

    /// <summary>The whole server, at once; the one who started it starts it again.</summary>
    private static async Task KillDatabaseAsync(string folder, string connectionString)
    {
        string location = Path.Combine(folder, "postgres.location");
        string home = File.Exists(location) ? (await File.ReadAllTextAsync(location)).Trim() : Path.Combine(folder, "postgres");
        using (var server = Process.GetProcessById(int.Parse(File.ReadLines(Path.Combine(home, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture)))
        {
            server.Kill();
        }

        await Eventually.ShouldAsync(async () => await AnswersAsync(connectionString), "PostgreSQL is back");
    }

    /// <summary>One of its processes; PostgreSQL then throws all others out and recovers as after a crash.</summary>
    private static async Task KillBackendAsync(string connectionString)
    {
        int victim = (int)(await ScalarAsync(connectionString, "SELECT pid FROM pg_stat_activity WHERE application_name = 'kickmonitor' AND backend_type = 'client backend' ORDER BY pid LIMIT 1"))!;
        using (var backend = Process.GetProcessById(victim))
        {
            backend.Kill();
        }

        await Eventually.ShouldAsync(async () => await AnswersAsync(connectionString), "PostgreSQL has recovered");
    }

    private static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            return await ScalarAsync(connectionString, "SELECT 1") is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "nemesis" }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>A dozen senders who never stop until they are told to, and never give a message up.</summary>
    private sealed class Flooding
    {
        private readonly RSA _key;
        private readonly Func<Uri> _address;
        private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
        private readonly CancellationTokenSource _over = new();
        private readonly Task _all;
        private int _number;
        private long _acknowledged;
        private long _follows;

        public Flooding(RSA key, Func<Uri> address)
        {
            (_key, _address) = (key, address);
            _all = Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAsync)));
        }

        public ConcurrentDictionary<int, int> Statuses { get; } = new();

        public long Acknowledged => Interlocked.Read(ref _acknowledged);

        public long Follows => Interlocked.Read(ref _follows);

        /// <summary>Waits until so many more got their 200.</summary>
        public Task GoOnAsync(int more)
        {
            long wanted = Acknowledged + more;
            return Eventually.ShouldAsync(() => Acknowledged >= wanted, "deliveries get their 200");
        }

        public async Task EndAsync()
        {
            await _over.CancelAsync();
            await _all;
            _http.Dispose();
            _over.Dispose();
        }

        private async Task SendAsync()
        {
            while (!_over.IsCancellationRequested)
            {
                int number = Interlocked.Increment(ref _number);
                bool isFollow = number % 2 == 0;
                string timestamp = WebhookHost.Now();
                byte[] body = Encoding.UTF8.GetBytes(isFollow
                    ? $$"""{"broadcaster":{"user_id":{{1 + (number % Channels)}}},"follower":{"user_id":{{number}},"username":"f"} }"""
                    : $$"""{"broadcaster":{"user_id":{{1 + (number % Channels)}}},"sender":{"user_id":{{number}},"username":"k"},"gift":{"amount":1},"created_at":"{{timestamp}}"}""");
                while (!await AttemptAsync($"flood-{number}", isFollow ? "channel.followed" : "kicks.gifted", timestamp, body))
                {
                    await Task.Delay(50);
                }

                Interlocked.Add(ref _follows, isFollow ? 1 : 0);
                Interlocked.Increment(ref _acknowledged);
                await Task.Delay(5);
            }
        }

        private async Task<bool> AttemptAsync(string id, string type, string timestamp, byte[] body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address(), "/webhooks/kick")) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("Kick-Event-Message-Id", id);
            request.Headers.Add("Kick-Event-Message-Timestamp", timestamp);
            request.Headers.Add("Kick-Event-Type", type);
            request.Headers.Add("Kick-Event-Signature", Convert.ToBase64String(_key.SignData(WebhookHost.Signed(id, timestamp, body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
            try
            {
                using var answer = await _http.SendAsync(request);
                Statuses.AddOrUpdate((int)answer.StatusCode, 1, (_, n) => n + 1);
                return (int)answer.StatusCode == 200;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                return false;
            }
        }
    }
}
