using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Accounts;

/// <summary>Makes the first Admin, once, however many ask at the same time.</summary>
public sealed class FirstAdmin(IDbContextFactory<KickMonitorDb> databases, NpgsqlDataSource source, People people)
{
    public async Task<bool> IsMissingAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return !await db.Users.AnyAsync(u => u.Role == Role.Admin, ct);
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
