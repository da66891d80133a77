using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace KickMonitor.Domain.Linking;

/// <param name="Refreshed">Links whose tokens were renewed, or tried to be.</param>
public sealed record LinkRound(int Refreshed, int Checked, int Claimed);

/// <summary>Keeps links alive whether they are used or not. Nodes may run it at the same time.</summary>
public sealed class LinkKeeper(IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenVault vault, Links links, ChannelClaims claims, Revocations revocations, TimeProvider time)
{
    private const int Most = 200;
    private const int AtOnce = 4;
    private static readonly TimeSpan AttemptsKept = TimeSpan.FromHours(1);

    public async Task<LinkRound> RunAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        List<AccountLink> living;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            var attempts = now - AttemptsKept;
            await db.LinkAttempts.Where(a => a.ExpiresAt <= attempts).ExecuteDeleteAsync(ct);
            living = await db.AccountLinks.AsNoTracking().Where(l => l.State != LinkState.SignInAgain).OrderBy(l => l.RefreshAt).ToListAsync(ct);
        }

        var due = living.Where(l => l.RefreshAt <= now).Take(Most).ToList();
        await EachAsync(due, link => vault.RefreshDueAsync(link.Id, ct), ct);

        var unasked = living.Except(due).Where(l => CheckEvery(l) is var every && every > TimeSpan.Zero && l.CheckedAt + every <= now).Take(Most).ToList();
        await EachAsync(unasked, link => links.CheckAsync(link.Id, ct), ct);

        var unclaimed = living.Where(l => l.ClaimedAt is null && providers.Find(l.Provider) is { IsChannel: true }).Take(Most).ToList();
        foreach (var link in unclaimed)
        {
            if (!await claims.ClaimAsync(providers.Find(link.Provider)!, link.Id, ct))
            {
                break;
            }
        }

        await claims.ForsakeAsync(ct);
        await revocations.RunAsync(ct);
        return new LinkRound(due.Count, unasked.Count, unclaimed.Count);
    }

    private TimeSpan CheckEvery(AccountLink link) => providers.Find(link.Provider)?.CheckEvery ?? TimeSpan.Zero;

    private static Task EachAsync<T>(List<AccountLink> some, Func<AccountLink, Task<T>> act, CancellationToken ct) =>
        Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (link, _) => await act(link));
}
