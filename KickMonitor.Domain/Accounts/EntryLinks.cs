using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KickMonitor.Domain.Accounts;

/// <summary>A link by which a person chooses a password, once. Only its SHA-256 is kept.</summary>
public sealed class EntryLink
{
    /// <summary>For people who have never been here.</summary>
    public static readonly TimeSpan InvitationLife = TimeSpan.FromDays(7);
    public static readonly TimeSpan ResetLife = TimeSpan.FromDays(1);

    public Guid Id { get; init; }

    public Guid UserId { get; init; }

    public required byte[] Hash { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    internal static void Map(ModelBuilder builder) => builder.Entity<EntryLink>(e =>
    {
        e.ToTable("entry_links");
        e.HasIndex(l => l.Hash).IsUnique();
        e.HasOne<User>().WithMany().HasForeignKey(l => l.UserId);
    });
}

public abstract record SpendLink
{
    public sealed record Done(User User) : SpendLink;

    /// <summary>Used, too old, replaced by a newer one, or never made.</summary>
    public sealed record Gone : SpendLink;

    public sealed record Refused(string Reason) : SpendLink;
}

/// <summary>Helps people in, and back in: one-time links and temporary passwords.</summary>
public sealed class EntryLinks(IServiceScopeFactory scopes, IDbContextFactory<KickMonitorDb> databases, Sessions sessions, Audit audit, Bus bus, TimeProvider time)
{
    /// <summary>Where the page is that takes a link's code.</summary>
    public const string Path = "/welcome?code=";

    /// <summary>Makes a link; one that the person had before stops working.</summary>
    /// <returns>The code, which nobody can read again; null if there is no such person.</returns>
    public async Task<string?> CreateAsync(Guid userId, CancellationToken ct)
    {
        string code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);

        // Of two who make one at the same moment the second comes after the first, whose link it replaces.
        await LockAsync(db, userId, ct);
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, ct) is not { } user)
        {
            return null;
        }

        var expires = now + (user.PasswordHash is null ? EntryLink.InvitationLife : EntryLink.ResetLife);
        await db.Set<EntryLink>().Where(l => l.UserId == userId || l.ExpiresAt < now).ExecuteDeleteAsync(ct);
        db.Add(new EntryLink { Id = Guid.CreateVersion7(now), UserId = userId, Hash = HashOf(code), CreatedAt = now, ExpiresAt = expires });
        await db.SaveChangesAsync(ct);
        await audit.WriteAsync(db, AuditEntry.OfUser("user.link_made", user, after: new { expires }), ct);
        await transaction.CommitAsync(ct);
        return code;
    }

    /// <returns>Whose link it is; null if it is good for nothing.</returns>
    public async Task<User?> FindAsync(string? code, CancellationToken ct)
    {
        if (code is not { Length: > 0 and <= 100 })
        {
            return null;
        }

        byte[] hash = HashOf(code);
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(ct);
        return await (from l in db.Set<EntryLink>() join u in db.Users on l.UserId equals u.Id where l.Hash == hash && l.ExpiresAt > now && u.DisabledAt == null select u)
            .AsNoTracking().SingleOrDefaultAsync(ct);
    }

    /// <summary>Sets the password that the person chose by a link. The link is used up, and whoever was signed in as them is out.</summary>
    public async Task<SpendLink> SpendAsync(string? code, string password, CancellationToken ct)
    {
        if (await FindAsync(code, ct) is not { } person)
        {
            return new SpendLink.Gone();
        }

        byte[] hash = HashOf(code!);
        return await ChangePasswordAsync(
            person.Id, password, mustChange: false, "user.password_set",
            async db => await db.Set<EntryLink>().Where(l => l.Hash == hash).ExecuteDeleteAsync(ct) == 1, ct);
    }

    /// <summary>Sets the password that the person chose who gave the old one. A link that somebody made for them is good no longer.</summary>
    /// <param name="db">The context of <paramref name="users"/>.</param>
    public async Task<IdentityResult> ChangeOwnAsync(KickMonitorDb db, UserManager<User> users, User user, string old, string chosen, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await LockAsync(db, user.Id, ct);
        var result = await users.ChangePasswordAsync(user, old, chosen);
        if (result.Succeeded)
        {
            await EndAsync(db, user.Id, ct);
            await audit.WriteAsync(db, AuditEntry.OfUser("user.password_set", user), ct);
            await transaction.CommitAsync(ct);
            await bus.PublishAsync(Rights.Topic, ct);
        }

        return result;
    }

    /// <summary>Gives a person a password that opens nothing but the page where they choose their own.</summary>
    /// <returns>The password; null if there is no such person.</returns>
    public async Task<string?> SetTemporaryPasswordAsync(Guid userId, CancellationToken ct)
    {
        string password = GeneratedPassword.Next();
        return await ChangePasswordAsync(userId, password, mustChange: true, "user.password_reset", _ => Task.FromResult(true), ct) is SpendLink.Done ? password : null;
    }

    /// <summary>Takes away the second step of somebody who lost it.</summary>
    /// <returns>False if they have none.</returns>
    public async Task<bool> EndSecondStepAsync(Guid userId, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<KickMonitorDb>();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await LockAsync(db, userId, ct);
        if (await users.FindByIdAsync(userId.ToString()) is not { TwoFactorEnabled: true } user)
        {
            return false;
        }

        await users.SetTwoFactorEnabledAsync(user, false);
        await users.ResetAuthenticatorKeyAsync(user);
        await audit.WriteAsync(db, AuditEntry.OfUser("user.second_step_ended", user), ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Rights.Topic, ct);
        return true;
    }

    /// <summary>Ends every session, API token, passkey and link of a person, as when somebody else got hold of the account.</summary>
    public async Task SignOutEverywhereAsync(User user, CancellationToken ct)
    {
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await LockAsync(db, user.Id, ct);

            // Who has proved to be the person, and is still about to make something of it, is too late.
            var (security, concurrency) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString());
            await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, security).SetProperty(u => u.ConcurrencyStamp, concurrency), ct);
            await audit.WriteAsync(db, AuditEntry.OfUser("user.signed_out", user, after: await EndKeysAsync(db, user.Id, ct)), ct);
            await transaction.CommitAsync(ct);
        }

        await ShutOutAsync(user.Id, ct);
    }

    /// <returns>How many there were to end.</returns>
    internal static Task<int> EndAsync(KickMonitorDb db, Guid userId, CancellationToken ct) => db.Set<EntryLink>().Where(l => l.UserId == userId).ExecuteDeleteAsync(ct);

    private static Task<int> LockAsync(KickMonitorDb db, Guid userId, CancellationToken ct) => db.Database.ExecuteSqlAsync($"SELECT FROM users WHERE id = {userId} FOR UPDATE", ct);

    private async Task<SpendLink> ChangePasswordAsync(Guid userId, string password, bool mustChange, string verb, Func<KickMonitorDb, Task<bool>> isAllowed, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<KickMonitorDb>();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await LockAsync(db, userId, ct);
        if (await users.FindByIdAsync(userId.ToString()) is not { } user || !await isAllowed(db))
        {
            return new SpendLink.Gone();
        }

        foreach (var rule in users.PasswordValidators)
        {
            if (await rule.ValidateAsync(users, user, password) is { Succeeded: false } refused)
            {
                return new SpendLink.Refused(string.Join(' ', refused.Errors.Select(e => e.Description)));
            }
        }

        user.PasswordHash = users.PasswordHasher.HashPassword(user, password);
        user.MustChangePassword = mustChange;
        user.SecurityStamp = Guid.NewGuid().ToString("N");
        if (!(await users.UpdateAsync(user)).Succeeded)
        {
            return new SpendLink.Refused("Somebody else changed the account at the same moment. Try again.");
        }

        // Whoever needs another password may have lost the old one to somebody, and with it all that it could make.
        object? ended = await EndKeysAsync(db, userId, ct);
        await Guesses.ForgiveAllAsync(db, userId, ct);
        await audit.WriteAsync(db, AuditEntry.OfUser(verb, user, after: ended), ct);
        await transaction.CommitAsync(ct);
        await ShutOutAsync(userId, ct);
        return new SpendLink.Done(user);
    }

    /// <summary>On every node, whoever is in as the person, by cookie or by token.</summary>
    private async Task ShutOutAsync(Guid userId, CancellationToken ct)
    {
        await sessions.EndOthersAsync(userId, keep: null, ct);
        await bus.PublishAsync(Rights.Topic, ct);
        await bus.PublishAsync(ApiTokens.Topic, ct);
    }

    /// <summary>Ends what opens the account without its password.</summary>
    /// <returns>What there was to end, for the audit log.</returns>
    private async Task<object?> EndKeysAsync(KickMonitorDb db, Guid userId, CancellationToken ct)
    {
        int tokens = await ApiTokens.RevokeAllAsync(db, userId, time.GetUtcNow(), ct);
        int passkeys = await db.Set<IdentityUserPasskey<Guid>>().Where(p => p.UserId == userId).ExecuteDeleteAsync(ct);
        int links = await EndAsync(db, userId, ct);
        return tokens + passkeys + links > 0 ? new { tokensEnded = tokens, passkeysEnded = passkeys, linksEnded = links } : null;
    }

    private static byte[] HashOf(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
