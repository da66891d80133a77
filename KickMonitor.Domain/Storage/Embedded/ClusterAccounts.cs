using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace KickMonitor.Domain.Storage.Embedded;

/// <summary>The two accounts of the embedded cluster, each with a password in the data directory that its owner alone may read.</summary>
internal sealed class ClusterAccounts(string dataDirectory, string socket)
{
    public const string Owner = "kickmonitor";
    private const string Server = "kickmonitor_server";
    private readonly string _ownersPassword = Path.Combine(dataDirectory, "postgres.password");
    private readonly string _serversPassword = Path.Combine(dataDirectory, "postgres.server.password");

    public bool AreThere => new FileInfo(_serversPassword) is { Exists: true, Length: > 0 };

    public string OwnersAddress => AddressOf(Owner, _ownersPassword);

    public DatabaseAddress Address => new(AddressOf(Server, _serversPassword), OwnersAddress);

    /// <returns>The file with the password for the new cluster.</returns>
    public async Task<string> MakeOwnerAsync(CancellationToken ct)
    {
        await WriteAsync(NewPassword(), _ownersPassword, ct);
        File.Delete(_serversPassword);
        return _ownersPassword;
    }

    /// <summary>Makes the account that serves, once.</summary>
    public async Task AdmitServerAsync(CancellationToken ct)
    {
        if (AreThere)
        {
            return;
        }

        string password = NewPassword();
        await using (var connection = new NpgsqlConnection(OwnersAddress + ";Pooling=false"))
        {
            await connection.OpenAsync(ct);

            // It is there already if the file was lost, or the last start was cut off before it was written.
            await using var make = new NpgsqlCommand(
                $"""
                DO $$ BEGIN CREATE ROLE {Server}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
                ALTER ROLE {Server} LOGIN PASSWORD '{password}'
                """, connection);
            await make.ExecuteNonQueryAsync(ct);
        }

        await WriteAsync(password, _serversPassword, ct);
    }

    private static string NewPassword() => Convert.ToHexString(RandomNumberGenerator.GetBytes(24));

    private static async Task WriteAsync(string password, string file, CancellationToken ct)
    {
        // Whoever waits for it must not read half of it.
        string draft = file + ".new";
        await using (var stream = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(password), ct);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, file, overwrite: true);
    }

    private string AddressOf(string user, string passwordFile) => new NpgsqlConnectionStringBuilder
    {
        Host = socket,
        Username = user,
        Password = File.Exists(passwordFile) ? File.ReadAllText(passwordFile).Trim() : string.Empty,
        Database = "postgres",
    }.ConnectionString;
}
