using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Linking;

/// <summary>Tells providers about the tokens of ended links, until they have heard or the time is up.</summary>
public sealed partial class Revocations(IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenSeal seal, TimeProvider time, ILogger<Revocations> logger)
{
    private const string Use = "revocation";
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        await db.PendingRevocations.Where(r => r.ExpiresAt <= now).ExecuteDeleteAsync(ct);

        // Taken for the next minutes at once, so that two nodes do not tell the same thing; telling twice would do no harm.
        var next = now + Pause;
        var due = await db.PendingRevocations.FromSql(
            $"""
            UPDATE pending_revocations SET next_at = {next}, attempts = attempts + 1
            WHERE id IN (SELECT id FROM pending_revocations WHERE next_at <= {now} ORDER BY next_at LIMIT 20 FOR UPDATE SKIP LOCKED) RETURNING *
            """).AsNoTracking().ToListAsync(ct);
        foreach (var revocation in due)
        {
            string? token = seal.Open(revocation.Token, revocation.Provider, revocation.Id.ToString(), Use);
            bool isTold = token is null || providers.Find(revocation.Provider) is not { IsConfigured: true } provider
                || await provider.RevokeAsync(token, revocation.IsRefreshToken, ct);
            if (isTold)
            {
                await db.PendingRevocations.Where(r => r.Id == revocation.Id).ExecuteDeleteAsync(ct);
            }
            else
            {
                NotTold(revocation.Provider, revocation.Attempts);
            }
        }
    }

    internal IEnumerable<PendingRevocation> Of(AccountLink link, DateTimeOffset now) =>
        new[] { Of(link, seal.RefreshOf(link), isRefreshToken: true, now), Of(link, seal.AccessOf(link), isRefreshToken: false, now) }.OfType<PendingRevocation>();

    private PendingRevocation? Of(AccountLink link, string? token, bool isRefreshToken, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return token is null ? null : new PendingRevocation
        {
            Id = id,
            Provider = link.Provider,
            IsRefreshToken = isRefreshToken,
            Token = seal.Seal(token, link.Provider, id.ToString(), Use),
            NextAt = now,
            ExpiresAt = now + PendingRevocation.Lifetime,
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Provider} did not take a revocation (try {Attempt}); it is told again in five minutes")]
    private partial void NotTold(string provider, int attempt);
}
