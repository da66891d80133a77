using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>Refuses a node whose master key is not the one that the database was begun with.</summary>
public sealed class KeyCheck(NpgsqlDataSource source, MasterKey masterKey, TimeProvider time)
{
    internal const string Key = "master-key.fingerprint";

    /// <returns>False if the database belongs to another master key.</returns>
    public async Task<bool> PassesAsync(CancellationToken ct)
    {
        // Two statements: the second one sees what another node began while the first one waited for it.
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new("INSERT INTO settings (key, value, changed_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING")
        {
            Parameters = { new() { Value = Key }, new() { Value = masterKey.Fingerprint }, new() { Value = time.GetUtcNow() } },
        });
        batch.BatchCommands.Add(new("SELECT EXISTS (SELECT FROM settings WHERE key = $1 AND value = $2)")
        {
            Parameters = { new() { Value = Key }, new() { Value = masterKey.Fingerprint } },
        });
        return (bool)(await batch.ExecuteScalarAsync(ct))!;
    }
}
