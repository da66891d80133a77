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

    /// <summary>Somebody else has changed the person since they were read.</summary>
    Stale,
}

/// <summary>The people who can sign in. Who changes one is written to the audit log in the same transaction.</summary>
public sealed class People(IServiceScopeFactory scopes, IDbContextFactory<KickMonitorDb> databases, Audit audit, Bus bus, TimeProvider time)
{
    /// <summary>What the audit log calls the changes that come between somebody who looked at a person and their change.</summary>
    public static readonly string[] Verbs =
    [
        "user.changed", "user.role_changed", "user.disabled", "user.enabled", "user.password_set", "user.password_reset", "user.second_step_begun", "user.second_step_ended",
        "user.recovery_codes_made", "user.passkey_added", "user.passkey_removed", "user.signed_out",
    ];

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

    /// <param name="password">Null: one is generated and returned, and has to be changed at the first sign-in.</param>
    public Task<CreateUser> CreateAsync(string email, Role role, string? password, CancellationToken ct, string? displayName = null) =>
        CreateAsync(email, role, displayName, password ?? GeneratedPassword.Next(), isGenerated: password is null, ct);

    /// <summary>Creates somebody who chooses a password by a one-time link; without the link they cannot come in.</summary>
    public Task<CreateUser> InviteAsync(string email, Role role, string? displayName, CancellationToken ct) =>
        CreateAsync(email, role, displayName, password: null, isGenerated: false, ct);

    public Task<ChangeUser> SetRoleAsync(Guid id, Role role, CancellationToken ct) => ChangeAsync(id, u => u.Role = role, ct);

    public Task<ChangeUser> DisableAsync(Guid id, CancellationToken ct) => ChangeAsync(id, u => u.DisabledAt ??= time.GetUtcNow(), ct);

    public Task<ChangeUser> EnableAsync(Guid id, CancellationToken ct) => ChangeAsync(id, u => u.DisabledAt = null, ct);

    public Task<ChangeUser> SetDisplayNameAsync(Guid id, string? name, CancellationToken ct) => ChangeAsync(id, u => u.DisplayName = name, ct);

    public async Task SignedInAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        await db.Users.Where(u => u.Id == id).ExecuteUpdateAsync(set => set.SetProperty(u => u.LastSignInAt, now), ct);
    }

    /// <summary>Ends an account with everything that is its own. What others wrote down about it stays, without the name.</summary>
    /// <param name="before">What belongs to it elsewhere, in the same transaction.</param>
    /// <param name="wait">For whatever is busy with what belongs to it, at the transaction's start: nobody else waits meanwhile.</param>
    /// <param name="isAsSeen">Whether the concurrency stamp is the one that was seen; null: it does not matter.</param>
    public async Task<ChangeUser> DeleteAsync(Guid id, Func<KickMonitorDb, Task> before, CancellationToken ct, Func<KickMonitorDb, Task>? wait = null, Func<string?, bool>? isAsSeen = null)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await (wait?.Invoke(db) ?? Task.CompletedTask);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Locks.LastAdmin})", ct);

        // Whoever is about to write something of theirs comes first, and is seen below, or comes too late.
        await db.Database.ExecuteSqlAsync($"SELECT FROM users WHERE id = {id} FOR UPDATE", ct);
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct) is not { } user)
        {
            return ChangeUser.NoSuchUser;
        }

        if (isAsSeen?.Invoke(user.ConcurrencyStamp) == false)
        {
            return ChangeUser.Stale;
        }

        if (user is { Role: Role.Admin, IsDisabled: false } && !await HasOtherAdminAsync(db, id, ct))
        {
            return ChangeUser.LastAdmin;
        }

        await before(db);
        await audit.WriteAsync(db, AuditEntry.OfUser("user.deleted", user, before: new { user.Role }), ct);
        await db.Users.Where(u => u.Id == id).ExecuteDeleteAsync(ct);
        await Audit.ForgetAsync(db, user, ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return ChangeUser.Done;
    }

    /// <summary>Changes a person in one go; the last Admin stays one.</summary>
    /// <param name="isAsSeen">Whether the concurrency stamp is the one that the change was decided by; null: it does not matter.</param>
    public async Task<ChangeUser> ChangeAsync(Guid id, Action<User> change, CancellationToken ct, Func<string?, bool>? isAsSeen = null)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);

        // Two Admins who demote each other at the same moment take turns here, and the second finds nobody left. Whoever chooses a
        // password meanwhile comes first, and is seen.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Locks.LastAdmin})", ct);
        await db.Database.ExecuteSqlAsync($"SELECT FROM users WHERE id = {id} FOR UPDATE", ct);
        var user = await db.Users.SingleOrDefaultAsync(u => u.Id == id, ct);
        if (user is null)
        {
            return ChangeUser.NoSuchUser;
        }

        if (isAsSeen?.Invoke(user.ConcurrencyStamp) == false)
        {
            return ChangeUser.Stale;
        }

        bool wasAdmin = user is { Role: Role.Admin, IsDisabled: false };
        var before = Traits.Of(user);
        change(user);
        var after = Traits.Of(user);
        bool isAdmin = user is { Role: Role.Admin, IsDisabled: false };
        if (wasAdmin && !isAdmin && !await HasOtherAdminAsync(db, id, ct))
        {
            return ChangeUser.LastAdmin;
        }

        if (before == after)
        {
            return ChangeUser.Done;
        }

        if (before.Role != after.Role || before.Disabled != after.Disabled)
        {
            user.SecurityStamp = Guid.NewGuid().ToString("N");
        }

        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        await db.SaveChangesAsync(ct);
        if (after.Disabled || (after.Role == Role.Admin && before.Role != Role.Admin))
        {
            // Also a link that somebody made who may make none for Admins.
            await EntryLinks.EndAsync(db, id, ct);
        }

        await audit.WriteAsync(db, AuditEntry.OfUser(VerbOf(before, after), user, before, after), ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return ChangeUser.Done;
    }

    private async Task<CreateUser> CreateAsync(string email, Role role, string? displayName, string? password, bool isGenerated, CancellationToken ct)
    {
        email = email.Trim();
        if (!User.IsAddress(email))
        {
            return new CreateUser.Refused("That is no e-mail address.");
        }

        if (!User.IsName(displayName))
        {
            return new CreateUser.Refused(User.BadName);
        }

        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<KickMonitorDb>();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = new User
        {
            UserName = email,
            Email = email,
            EmailConfirmed = true,
            DisplayName = displayName,
            Role = role,
            CreatedAt = time.GetUtcNow(),
            LockoutEnabled = true,
            MustChangePassword = isGenerated,
        };
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        IdentityResult result;
        try
        {
            result = password is null ? await users.CreateAsync(user) : await users.CreateAsync(user, password);
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

        await audit.WriteAsync(db, AuditEntry.OfUser(password is null ? "user.invited" : "user.created", user, after: Traits.Of(user)), ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return new CreateUser.Created(user, isGenerated ? password : null);
    }

    private static string VerbOf(Traits before, Traits after) =>
        before with { Role = after.Role } == after ? "user.role_changed"
        : before with { Disabled = after.Disabled } == after ? after.Disabled ? "user.disabled" : "user.enabled"
        : "user.changed";

    /// <summary>Somebody who was invited and has not come yet cannot administer anything.</summary>
    private static Task<bool> HasOtherAdminAsync(KickMonitorDb db, Guid id, CancellationToken ct) =>
        db.Users.AnyAsync(u => u.Id != id && u.Role == Role.Admin && u.DisabledAt == null && u.PasswordHash != null, ct);

    /// <summary>What the audit log compares.</summary>
    private sealed record Traits(Role Role, bool Disabled, string? DisplayName, string? TimeZone, string? Language)
    {
        public static Traits Of(User user) => new(user.Role, user.IsDisabled, user.DisplayName, user.TimeZone, user.Language);
    }
}
