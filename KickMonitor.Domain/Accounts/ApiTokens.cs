using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace KickMonitor.Domain.Accounts;

/// <summary>Personal keys to the API: shown once, kept as a hash, with the rights of their owner at the moment of use.</summary>
public sealed class ApiTokens(IDbContextFactory<KickMonitorDb> databases, Audit audit, Bus bus, TimeProvider time)
{
    /// <summary>Says that some were revoked.</summary>
    public const string Topic = "tokens";

    public const string Start = "km_";
    private const int PrefixLength = 9;
    private static readonly TimeSpan UseWrittenEvery = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _used = new();

    /// <param name="scopes">What it may be used for; null: whatever its owner may do.</param>
    /// <param name="expiresAt">Null: never.</param>
    /// <returns>The token's text, which nobody can read again, and its record.</returns>
    public async Task<(string Text, ApiToken Token)> CreateAsync(
        Guid userId, string name, CancellationToken ct, IReadOnlyCollection<TokenScope>? scopes = null, DateTimeOffset? expiresAt = null)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        return await AddAsync(db, transaction, userId, name, scopes, expiresAt, ct);
    }

    /// <summary>For somebody who has just proved who they are.</summary>
    /// <param name="proven">As they were then.</param>
    /// <returns>Null if they were shut out since: what they make must not outlive that.</returns>
    public async Task<(string Text, ApiToken Token)?> CreateOwnAsync(User proven, string name, IReadOnlyCollection<TokenScope> scopes, DateTimeOffset? expiresAt, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var stamps = await db.Database.SqlQuery<string?>($"SELECT security_stamp AS \"Value\" FROM users WHERE id = {proven.Id} FOR SHARE").ToListAsync(ct);
        return stamps is [var stamp] && stamp == proven.SecurityStamp ? await AddAsync(db, transaction, proven.Id, name, scopes, expiresAt, ct) : null;
    }

    /// <summary>The valid token with this text; its use is noted.</summary>
    public async Task<ApiToken?> VerifyAsync(string text, CancellationToken ct)
    {
        if (!text.StartsWith(Start, StringComparison.Ordinal) || text.Length > 100)
        {
            return null;
        }

        byte[] hash = HashOf(text);
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(ct);
        var token = await db.ApiTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Hash == hash && t.RevokedAt == null && (t.ExpiresAt == null || t.ExpiresAt > now), ct);
        if (token is null)
        {
            return null;
        }

        if (!_used.TryGetValue(token.Id, out var written) || now - written >= UseWrittenEvery)
        {
            _used[token.Id] = now;
            await db.ApiTokens.Where(t => t.Id == token.Id).ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsedAt, now), ct);
        }

        return token;
    }

    /// <summary>Those that nobody has revoked; some may have expired.</summary>
    /// <param name="userId">Whose; null: everybody's.</param>
    public async Task<List<(ApiToken Token, string Email)>> ListAsync(Guid? userId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var rows = await (from t in db.ApiTokens.AsNoTracking()
                          join u in db.Users on t.UserId equals u.Id
                          where (userId == null || t.UserId == userId) && t.RevokedAt == null
                          orderby t.CreatedAt
                          select new { Token = t, u.Email }).ToListAsync(ct);
        return rows.ConvertAll(r => (r.Token, r.Email ?? string.Empty));
    }

    /// <param name="owner">Only if it is this person's; null: whosever.</param>
    /// <returns>False if there is no such token.</returns>
    public async Task<bool> RevokeAsync(Guid id, Guid? owner, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await db.ApiTokens.SingleOrDefaultAsync(t => t.Id == id && (owner == null || t.UserId == owner) && t.RevokedAt == null, ct) is not { } token)
        {
            return false;
        }

        token.RevokedAt = now;
        await db.SaveChangesAsync(ct);
        await audit.WriteAsync(db, Entry("token.revoked", token), ct);
        await transaction.CommitAsync(ct);
        await bus.PublishAsync(Topic, ct);
        return true;
    }

    /// <returns>How many there were to end.</returns>
    internal static Task<int> RevokeAllAsync(KickMonitorDb db, Guid owner, DateTimeOffset now, CancellationToken ct) =>
        db.ApiTokens.Where(t => t.UserId == owner && t.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(t => t.RevokedAt, now), ct);

    /// <returns>Those of the tokens that are neither revoked nor expired.</returns>
    public async Task<HashSet<Guid>> StillValidAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.ApiTokens.Where(t => ids.Contains(t.Id) && t.RevokedAt == null && (t.ExpiresAt == null || t.ExpiresAt > now)).Select(t => t.Id).ToHashSetAsync(ct);
    }

    private async Task<(string Text, ApiToken Token)> AddAsync(
        KickMonitorDb db, IDbContextTransaction transaction, Guid userId, string name, IReadOnlyCollection<TokenScope>? scopes, DateTimeOffset? expiresAt, CancellationToken ct)
    {
        string text = Start + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 43);
        var token = new ApiToken
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            UserId = userId,
            Name = name.Length <= ApiToken.NameLength ? name : name[..ApiToken.NameLength],
            Hash = HashOf(text),
            Prefix = text[..PrefixLength],
            CreatedAt = time.GetUtcNow(),
            ExpiresAt = expiresAt,
            Scopes = scopes is null ? null : string.Join(' ', scopes.Distinct().Order().Select(TokenScopes.NameOf)),
        };
        db.ApiTokens.Add(token);
        await db.SaveChangesAsync(ct);
        await audit.WriteAsync(db, Entry("token.created", token), ct);
        await transaction.CommitAsync(ct);
        return (text, token);
    }

    private static AuditEntry Entry(string verb, ApiToken token) => new(verb, token.Id.ToString(), token.Name, After: new { token.Prefix, owner = token.UserId, token.Scopes, token.ExpiresAt });

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
