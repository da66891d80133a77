using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Linking;

/// <param name="Attempts">Of the one that was tried most.</param>
/// <param name="NextAt">When the next one is told again.</param>
/// <param name="ExpiresAt">When the first one is given up.</param>
public sealed record WaitingRevocations(string Provider, int Count, int Attempts, DateTimeOffset NextAt, DateTimeOffset ExpiresAt);

/// <summary>Tells providers about tokens that are used no longer, until they have heard or the time is up.</summary>
public sealed partial class Revocations(IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenSeal seal, TimeProvider time, ILogger<Revocations> logger)
{
    private const string Use = "revocation";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    /// <summary>Longer than it takes to learn whose new tokens are and to store them, however slow everybody is.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    /// <summary>Tells whatever is due.</summary>
    public Task RunAsync(CancellationToken ct) => RunAsync(null, ct);

    /// <param name="only">These and no others, so that whoever waits for their own does not wait for everybody's; null: all.</param>
    internal async Task RunAsync(IReadOnlyCollection<Guid>? only, CancellationToken ct)
    {
        var (isForAll, ids) = (only is null, only?.ToArray() ?? []);
        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        int late = await db.PendingRevocations.Where(r => r.ExpiresAt <= now).ExecuteDeleteAsync(ct);
        if (late > 0)
        {
            GivenUp(late);
        }

        // Taken for the next minutes at once, so that two nodes do not tell the same thing; telling twice would do no harm.
        var due = await db.PendingRevocations.FromSql(
            $"""
            WITH due AS MATERIALIZED (
                SELECT id FROM pending_revocations WHERE next_at <= {now} AND ({isForAll} OR id = ANY ({ids})) ORDER BY next_at LIMIT 20 FOR UPDATE SKIP LOCKED)
            UPDATE pending_revocations p SET next_at = {now} + least({FirstPause} * power(2, least(p.attempts, 20)), {LongestPause}), attempts = p.attempts + 1
            FROM due WHERE p.id = due.id RETURNING p.*
            """).AsNoTracking().ToListAsync(ct);
        foreach (var revocation in due)
        {
            if (await IsToldAsync(revocation, ct))
            {
                await db.PendingRevocations.Where(r => r.Id == revocation.Id).ExecuteDeleteAsync(ct);
            }
            else
            {
                NotTold(revocation.Provider, revocation.Attempts, revocation.NextAt);
            }
        }
    }

    /// <summary>What providers have yet to hear, by provider.</summary>
    public async Task<List<WaitingRevocations>> WaitingAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        // Without a try they are held for a link that is just being made.
        return await db.PendingRevocations.Where(r => r.Attempts > 0).GroupBy(r => r.Provider).OrderBy(g => g.Key)
            .Select(g => new WaitingRevocations(g.Key, g.Count(), g.Max(r => r.Attempts), g.Min(r => r.NextAt), g.Min(r => r.ExpiresAt))).ToListAsync(ct);
    }

    /// <summary>What cannot be told now, because a key or the provider's credentials are missing here, waits like what was not heard.</summary>
    private async Task<bool> IsToldAsync(PendingRevocation revocation, CancellationToken ct)
    {
        try
        {
            return providers.Find(revocation.Provider) is { IsConfigured: true } provider
                && Open(seal, revocation) is { } token
                && await provider.RevokeAsync(token, revocation.IsRefreshToken, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One that nobody foresaw keeps none of the others from being told.
            Unforeseen(e, revocation.Provider);
            return false;
        }
    }

    /// <summary>
    /// Writes new tokens down as ones to revoke, before anything else is done with them: whatever fails from here on, and be it this
    /// node, the provider is told. Whoever keeps the tokens takes them off with <see cref="KeepAsync"/>.
    /// </summary>
    internal async Task<List<Guid>> HoldAsync(string provider, TokenPair tokens)
    {
        var held = Of(provider, tokens.Refresh, tokens.Access, time.GetUtcNow(), Grace);
        await using var db = await databases.CreateDbContextAsync();
        db.PendingRevocations.AddRange(held);
        await db.SaveChangesAsync();
        return held.ConvertAll(r => r.Id);
    }

    /// <summary>Gives back at once what is written down nowhere; it is the only try.</summary>
    internal static async Task TellAsync(Provider provider, TokenPair tokens)
    {
        if (tokens.Refresh is { } refresh)
        {
            await provider.RevokeAsync(refresh, isRefreshToken: true, CancellationToken.None);
        }

        await provider.RevokeAsync(tokens.Access, isRefreshToken: false, CancellationToken.None);
    }

    /// <returns>False if it is too late: they are being revoked.</returns>
    internal static async Task<bool> KeepAsync(KickMonitorDb db, List<Guid> held) =>
        await db.PendingRevocations.Where(r => held.Contains(r.Id) && r.Attempts == 0).ExecuteDeleteAsync() == held.Count;

    /// <summary>Nobody wants what was held: the provider is told now.</summary>
    internal async Task DropAsync(List<Guid> held)
    {
        var now = time.GetUtcNow();
        await using (var db = await databases.CreateDbContextAsync())
        {
            await db.PendingRevocations.Where(r => held.Contains(r.Id) && r.Attempts == 0).ExecuteUpdateAsync(set => set.SetProperty(r => r.NextAt, now));
        }

        await RunAsync(held, CancellationToken.None);
    }

    internal List<PendingRevocation> Of(AccountLink link, DateTimeOffset now) => Of(link.Provider, seal.RefreshOf(link), seal.AccessOf(link), now, TimeSpan.Zero);

    internal List<PendingRevocation> Of(string provider, TokenPair tokens, DateTimeOffset now) => Of(provider, tokens.Refresh, tokens.Access, now, TimeSpan.Zero);

    /// <summary>What a link held before new tokens took the place.</summary>
    internal List<PendingRevocation> Replaced(AccountLink link, TokenPair by, DateTimeOffset now) =>
        Of(link.Provider, Other(seal.RefreshOf(link), by.Refresh), Other(seal.AccessOf(link), by.Access), now, TimeSpan.Zero);

    internal static string? Open(TokenSeal seal, PendingRevocation revocation) => seal.Open(revocation.Token, revocation.Provider, revocation.Id.ToString(), Use);

    internal static byte[] Seal(TokenSeal seal, PendingRevocation revocation, string token) => seal.Seal(token, revocation.Provider, revocation.Id.ToString(), Use);

    private static string? Other(string? old, string? fresh) => old == fresh ? null : old;

    private List<PendingRevocation> Of(string provider, string? refresh, string? access, DateTimeOffset now, TimeSpan wait) =>
        [.. new[] { Of(provider, refresh, isRefreshToken: true, now, wait), Of(provider, access, isRefreshToken: false, now, wait) }.OfType<PendingRevocation>()];

    private PendingRevocation? Of(string provider, string? token, bool isRefreshToken, DateTimeOffset now, TimeSpan wait)
    {
        var id = Guid.CreateVersion7(now);
        return token is null ? null : new PendingRevocation
        {
            Id = id,
            Provider = provider,
            IsRefreshToken = isRefreshToken,
            Token = seal.Seal(token, provider, id.ToString(), Use),
            NextAt = now + wait,
            ExpiresAt = now + PendingRevocation.Lifetime,
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A revocation at {Provider} failed")]
    private partial void Unforeseen(Exception exception, string provider);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Provider} did not take a revocation (try {Attempt}); it is told again at {Next}")]
    private partial void NotTold(string provider, int attempt, DateTimeOffset next);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} revocations were not taken for a week and are given up; the tokens are forgotten here")]
    private partial void GivenUp(int count);
}
