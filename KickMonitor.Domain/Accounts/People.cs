using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Accounts;

public abstract record CreateUser
{
    /// <param name="GeneratedPassword">The password, if none was given.</param>
    public sealed record Created(User User, string? GeneratedPassword) : CreateUser;

    public sealed record AlreadyThere(string Email) : CreateUser;

    public sealed record Refused(string Reason) : CreateUser;
}

public enum ChangeUser
{
    Done,
    NoSuchUser,

    /// <summary>Nobody would be left to administer the place.</summary>
    LastAdmin,
}

/// <summary>The people who can sign in, and what they may see.</summary>
public sealed class People(IServiceScopeFactory scopes, IDbContextFactory<KickMonitorDb> databases, Bus bus, TimeProvider time)
{
    public async Task<List<User>> ListAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Users.AsNoTracking().OrderBy(u => u.NormalizedEmail).ToListAsync(ct);
    }

    public async Task<User?> FindAsync(string email, CancellationToken ct)
    {
        string wanted = email.Trim().ToUpperInvariant();
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.NormalizedEmail == wanted, ct);
    }

    public async Task<User?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
    }

    /// <param name="password">Null: one is generated and returned.</param>
    public async Task<CreateUser> CreateAsync(string email, Role role, string? password, CancellationToken ct)
    {
        email = email.Trim();
        if (email.Length > User.EmailLength || !IsEmail(email))
        {
            return new CreateUser.Refused("That is no e-mail address.");
        }

        string? generated = password is null ? GeneratedPassword.Next() : null;
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = new User { UserName = email, Email = email, EmailConfirmed = true, Role = role, CreatedAt = time.GetUtcNow(), LockoutEnabled = true };
        IdentityResult result;
        try
        {
            result = await users.CreateAsync(user, password ?? generated!);
        }
        catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "23505" })
        {
            return new CreateUser.AlreadyThere(email);
        }

        if (!result.Succeeded)
        {
            return result.Errors.Any(e => e.Code is "DuplicateUserName" or "DuplicateEmail")
                ? new CreateUser.AlreadyThere(email)
                : new CreateUser.Refused(string.Join(' ', result.Errors.Select(e => e.Description)));
        }

        await bus.PublishAsync(Rights.Topic, ct);
        return new CreateUser.Created(user, generated);
    }

    public Task<ChangeUser> SetRoleAsync(Guid id, Role role, CancellationToken ct) => ChangeAsync(id, u => u.Role = role, ct);

    public Task<ChangeUser> DisableAsync(Guid id, CancellationToken ct) => ChangeAsync(id, u => u.DisabledAt ??= time.GetUtcNow(), ct);

    public Task<ChangeUser> EnableAsync(Guid id, CancellationToken ct) => ChangeAsync(id, u => u.DisabledAt = null, ct);

    public Task<ChangeUser> SetDisplayNameAsync(Guid id, string? name, CancellationToken ct) => ChangeAsync(id, u => u.DisplayName = name, ct);

    /// <returns>False if there is no such person or streamer.</returns>
    public async Task<bool> AssignAsync(Guid userId, long broadcasterUserId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        // Not SingleAsync: it would put the statement into a subquery, where PostgreSQL lets nobody insert.
        var known = await db.Database.SqlQuery<int>(
            $"""
            WITH pair AS (
                SELECT u.id AS user_id, s.broadcaster_user_id FROM users u, streamers s
                WHERE u.id = {userId} AND s.broadcaster_user_id = {broadcasterUserId} AND s.removed_at IS NULL),
            made AS (
                INSERT INTO assignments (user_id, broadcaster_user_id, assigned_at) SELECT user_id, broadcaster_user_id, {time.GetUtcNow()} FROM pair
                ON CONFLICT DO NOTHING)
            SELECT count(*)::int AS "Value" FROM pair
            """).ToListAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return known[0] > 0;
    }

    /// <returns>False if it was not assigned.</returns>
    public async Task<bool> UnassignAsync(Guid userId, long broadcasterUserId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        int gone = await db.Assignments.Where(a => a.UserId == userId && a.BroadcasterUserId == broadcasterUserId).ExecuteDeleteAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return gone > 0;
    }

    public async Task SignedInAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        await db.Users.Where(u => u.Id == id).ExecuteUpdateAsync(set => set.SetProperty(u => u.LastSignInAt, now), ct);
    }

    /// <summary>Ends an account, its tokens and its assignments.</summary>
    public async Task<ChangeUser> DeleteAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Locks.LastAdmin})", ct);
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct) is not { } user)
        {
            return ChangeUser.NoSuchUser;
        }

        if (user is { Role: Role.Admin, IsDisabled: false } && !await HasOtherAdminAsync(db, id, ct))
        {
            return ChangeUser.LastAdmin;
        }

        await db.Users.Where(u => u.Id == id).ExecuteDeleteAsync(ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return ChangeUser.Done;
    }

    /// <summary>Changes a person in one go; the last Admin stays one.</summary>
    public async Task<ChangeUser> ChangeAsync(Guid id, Action<User> change, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);

        // Two Admins who demote each other at the same moment take turns here, and the second finds nobody left.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Locks.LastAdmin})", ct);
        var user = await db.Users.SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
        {
            return ChangeUser.NoSuchUser;
        }

        bool wasAdmin = user is { Role: Role.Admin, IsDisabled: false };
        var (role, disabled) = (user.Role, user.DisabledAt);
        change(user);
        bool isAdmin = user is { Role: Role.Admin, IsDisabled: false };
        if (wasAdmin && !isAdmin && !await HasOtherAdminAsync(db, id, ct))
        {
            return ChangeUser.LastAdmin;
        }

        if (user.Role != role || user.DisabledAt != disabled)
        {
            user.SecurityStamp = Guid.NewGuid().ToString("N");
        }

        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return ChangeUser.Done;
    }

    private static Task<bool> HasOtherAdminAsync(KickMonitorDb db, Guid id, CancellationToken ct) =>
        db.Users.AnyAsync(u => u.Id != id && u.Role == Role.Admin && u.DisabledAt == null, ct);

    private static bool IsEmail(string text) =>
        System.Net.Mail.MailAddress.TryCreate(text, out var address) && address.Address == text && !text.Any(char.IsControl);
}
