using System.Diagnostics;
using System.Globalization;
using KickMonitor.Domain.Storage.Embedded;
using Npgsql;

namespace KickMonitor.Tests.Domain.Storage;

public sealed class The_embedded_server : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "kickmonitor-embedded-" + Guid.NewGuid().ToString("N")[..8]);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (File.Exists(Path.Combine(_directory, "postgres.location")))
        {
            Directory.Delete(File.ReadAllText(Path.Combine(_directory, "postgres.location")), recursive: true);
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task What_was_stored_survives_stops_crashes_and_a_second_start()
    {
        Directory.CreateDirectory(_directory);
        await using (var first = await EmbeddedPostgres.StartAsync(_directory, share: false, Ct))
        {
            await RunAsync(first, "CREATE TABLE facts (n int)");
            await RunAsync(first, "INSERT INTO facts VALUES (1)");

            (await Should.ThrowAsync<EmbeddedPostgresException>(() => EmbeddedPostgres.StartAsync(_directory, share: false, Ct))).Message.ShouldContain(_directory);
            await using var guest = await EmbeddedPostgres.StartAsync(_directory, share: true, Ct);
            await RunAsync(guest, "INSERT INTO facts VALUES (2)");
        }

        await using (var second = await EmbeddedPostgres.StartAsync(_directory, share: false, Ct))
        {
            (await RunAsync(second, "SELECT count(*) FROM facts")).ShouldBe(2L);
            await RunAsync(second, "INSERT INTO facts VALUES (3)");
            int killed = ServerId();
            using (var server = Process.GetProcessById(killed))
            {
                server.Kill();
            }

            await Eventually.ShouldAsync(() => File.Exists(PidFile) && ServerId() != killed, "the server is started again");
            await Eventually.ShouldAsync(async () => await TryAsync(second) is 3L, "the server has recovered");
        }

        await using var third = await EmbeddedPostgres.StartAsync(_directory, share: false, Ct);
        (await RunAsync(third, "SELECT count(*) FROM facts")).ShouldBe(3L);
        File.GetUnixFileMode(Path.Combine(_directory, "postgres.password")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_folder_that_the_servers_account_cannot_reach_is_no_obstacle()
    {
        Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        await using (var first = await EmbeddedPostgres.StartAsync(_directory, share: false, Ct))
        {
            await RunAsync(first, "CREATE TABLE facts AS SELECT 1");
        }

        await using var again = await EmbeddedPostgres.StartAsync(_directory, share: false, Ct);
        (await RunAsync(again, "SELECT count(*) FROM facts")).ShouldBe(1L);
    }

    private string PidFile => Path.Combine(_directory, "postgres", "data", "postmaster.pid");

    private int ServerId() => int.TryParse(File.ReadLines(PidFile).FirstOrDefault(), CultureInfo.InvariantCulture, out int id) ? id : 0;

    private static async Task<object?> TryAsync(EmbeddedPostgres server)
    {
        try
        {
            return await RunAsync(server, "SELECT count(*) FROM facts");
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    private static async Task<object?> RunAsync(EmbeddedPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.Address.Owner + ";Pooling=false");
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct);
    }
}
