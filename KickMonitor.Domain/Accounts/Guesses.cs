using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace KickMonitor.Domain.Accounts;

/// <summary>How often somebody guessed at an account's password or code lately, by the door at which they stood.</summary>
public sealed class GuessCount
{
    public Guid UserId { get; init; }

    public required string Door { get; init; }

    public int Count { get; init; }

    /// <summary>Then nothing is held against anybody any more.</summary>
    public DateTimeOffset Until { get; init; }

    internal static void Map(ModelBuilder builder) => builder.Entity<GuessCount>(e =>
    {
        e.ToTable("guesses");
        e.HasKey(g => new { g.UserId, g.Door });
        e.HasOne<User>().WithMany().HasForeignKey(g => g.UserId);
    });
}

/// <summary>
/// Bounds guessing at an account. A guess is counted in the database before it is looked at, so that any number of guesses at the
/// same moment, at any number of nodes, are no more than the allowed ones. Strangers share one door; a browser that the person has
/// used before has its own, and so has a session: whoever guesses from afar locks themselves out, and not the owner.
/// </summary>
public sealed class Guesses(NpgsqlDataSource source, TimeProvider time)
{
    public const int Most = 10;
    public const string Strangers = "";
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(15);

    public static string Browser(Guid id) => $"browser {id}";

    public static string Session(Guid? id) => $"session {id}";

    /// <returns>False while the door rests: then there is nothing to look at.</returns>
    public async Task<bool> TakeAsync(Guid userId, string door, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        var now = time.GetUtcNow();
        await using var command = source.CreateCommand(
            $"""
            INSERT INTO guesses AS g (user_id, door, count, until) SELECT id, $2, 1, $4 FROM users WHERE id = $1
            ON CONFLICT (user_id, door) DO UPDATE SET count = CASE WHEN g.until <= $3 THEN 1 ELSE g.count + 1 END, until = excluded.until
            WHERE g.until <= $3 OR g.count < {Most}
            """);
        command.Parameters.AddWithValue(userId);
        command.Parameters.AddWithValue(door);
        command.Parameters.AddWithValue(now);
        command.Parameters.AddWithValue(now + Rest);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>The guess was right, but says nothing yet about the ones before: a second step is to come.</summary>
    public async Task GiveBackAsync(Guid userId, string door, CancellationToken ct)
    {
        await using var command = source.CreateCommand("UPDATE guesses SET count = count - 1 WHERE user_id = $1 AND door = $2 AND count > 0");
        command.Parameters.AddWithValue(userId);
        command.Parameters.AddWithValue(door);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Whoever stood at this door was the person.</summary>
    public async Task ForgiveAsync(Guid userId, string door, CancellationToken ct)
    {
        await using var command = source.CreateCommand("DELETE FROM guesses WHERE user_id = $1 AND (door = $2 OR until <= $3)");
        command.Parameters.AddWithValue(userId);
        command.Parameters.AddWithValue(door);
        command.Parameters.AddWithValue(time.GetUtcNow());
        await command.ExecuteNonQueryAsync(ct);
    }

    internal static Task ForgiveAllAsync(KickMonitorDb db, Guid userId, CancellationToken ct) =>
        db.Set<GuessCount>().Where(g => g.UserId == userId).ExecuteDeleteAsync(ct);
}
