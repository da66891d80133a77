using KickMonitor.Domain.Storage;
using Npgsql;

namespace KickMonitor.Domain.Accounts;

/// <summary>Makes the first Admin, once, however many ask at the same time.</summary>
public sealed class FirstAdmin(NpgsqlDataSource source, People people)
{
    public async Task<bool> IsMissingAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("SELECT NOT EXISTS (SELECT FROM users WHERE role = $1)");
        command.Parameters.AddWithValue(SnakeCase<Role>.Of(Role.Admin));
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <returns>Null if there is an Admin already.</returns>
    public async Task<CreateUser?> CreateAsync(string email, string? password, CancellationToken ct)
    {
        await using var turn = await source.OpenConnectionAsync(ct);
        await using var transaction = await turn.BeginTransactionAsync(ct);
        await using (var wait = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Locks.LastAdmin})", turn, transaction))
        {
            await wait.ExecuteNonQueryAsync(ct);
        }

        return await IsMissingAsync(ct) ? await people.CreateAsync(email, Role.Admin, password, ct) : null;
    }
}
