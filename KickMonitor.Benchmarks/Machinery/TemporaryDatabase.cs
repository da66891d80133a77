using System.Globalization;
using KickMonitor.Domain.Storage.Embedded;
using Npgsql;

namespace KickMonitor.Benchmarks.Machinery;

/// <summary>The product's own embedded PostgreSQL in a folder of its own, for as long as a benchmark runs.</summary>
internal sealed class TemporaryDatabase : IAsyncDisposable
{
    private readonly EmbeddedPostgres _server;

    private TemporaryDatabase(string folder, EmbeddedPostgres server, int processId) =>
        (Folder, _server, ProcessId, Source) = (folder, server, processId, NpgsqlDataSource.Create(server.Address.Owner!));

    public string Folder { get; }

    public string ConnectionString => _server.Address.Owner!;

    public int ProcessId { get; }

    public NpgsqlDataSource Source { get; }

    public static async Task<TemporaryDatabase> StartAsync(CancellationToken ct)
    {
        string folder = Directory.CreateTempSubdirectory("kickmonitor-benchmark-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var server = await EmbeddedPostgres.StartAsync(folder, share: false, ct);
        string pid = File.ReadLines(Path.Combine(folder, "postgres", "data", "postmaster.pid")).First();
        return new TemporaryDatabase(folder, server, int.Parse(pid, CultureInfo.InvariantCulture));
    }

    /// <summary>Another, empty database in the same cluster.</summary>
    public async Task<string> CreateAsync(string name, CancellationToken ct)
    {
        await using var command = Source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync(ct);
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    public async Task<T> ScalarAsync<T>(string sql, CancellationToken ct)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    public async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
