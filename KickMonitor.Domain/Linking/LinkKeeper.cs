using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Linking;

/// <param name="Refreshed">Links whose tokens were renewed, or tried to be.</param>
public sealed record LinkRound(int Refreshed, int Checked, int Claimed);

/// <summary>Keeps links alive whether they are used or not. Nodes may run it at the same time.</summary>
public sealed partial class LinkKeeper(
    IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenVault vault, Links links, ChannelClaims claims, Revocations revocations, TimeProvider time, ILogger<LinkKeeper> logger)
{
    private const int Most = 200;
    private const int AtOnce = 4;
    private static readonly TimeSpan AttemptsKept = TimeSpan.FromHours(1);

    public async Task<LinkRound> RunAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        List<AccountLink> living, unread;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            var attempts = now - AttemptsKept;
            await db.LinkAttempts.Where(a => a.ExpiresAt <= attempts).ExecuteDeleteAsync(ct);
            unread = await db.AccountLinks.AsNoTracking().Where(l => l.State == LinkState.SignInAgain && l.RefreshToken != null).Take(Most).ToListAsync(ct);
            living = await db.AccountLinks.AsNoTracking().Where(l => l.State != LinkState.SignInAgain).OrderBy(l => l.RefreshAt).ToListAsync(ct);
        }

        foreach (var link in unread)
        {
            await TryAsync(link, () => vault.ReviveAsync(link, ct), ct);
        }

        var due = living.Where(l => l.RefreshAt <= now).Take(Most).ToList();
        await EachAsync(due, link => RefreshAsync(link, ct), link => vault.PostponeAsync(link.Id, "the refresh failed here"), ct);

        var unasked = living.Except(due).Where(l => CheckEvery(l) is var every && every > TimeSpan.Zero && l.CheckedAt + every <= now).Take(Most).ToList();
        await EachAsync(unasked, link => links.CheckAsync(link.Id, ct), link => links.CheckedAsync(link.Id, ct), ct);

        var unclaimed = living.Where(l => l.ClaimedAt is null && providers.Find(l.Provider) is { IsChannel: true }).Take(Most).ToList();
        foreach (var link in unclaimed)
        {
            bool canAsk = true;
            await TryAsync(link, async () => canAsk = await claims.ClaimAsync(providers.Find(link.Provider)!, link.Id, ct), ct);
            if (!canAsk)
            {
                break;
            }
        }

        await claims.ForsakeAsync(ct);
        await revocations.RunAsync(ct);
        return new LinkRound(due.Count, unasked.Count, unclaimed.Count);
    }

    private async Task RefreshAsync(AccountLink link, CancellationToken ct)
    {
        // With the first refresh of a day the account's name and picture are looked at too.
        if (await vault.RefreshDueAsync(link.Id, ct) is UserToken.Ready ready && ready.Link.RefreshedAt.UtcDateTime.Date != link.RefreshedAt.UtcDateTime.Date)
        {
            await TryAsync(link, () => links.LookAsync(ready, ct), ct);
        }
    }

    private TimeSpan CheckEvery(AccountLink link) => providers.Find(link.Provider)?.CheckEvery ?? TimeSpan.Zero;

    private Task EachAsync(List<AccountLink> some, Func<AccountLink, Task> act, Func<AccountLink, Task> postpone, CancellationToken ct) =>
        Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (link, _) =>
        {
            if (!await TryAsync(link, () => act(link), ct))
            {
                await TryAsync(link, () => postpone(link), ct);
            }
        });

    /// <summary>Whatever is wrong with one link, the others are kept alive, and what comes after them is done.</summary>
    private async Task<bool> TryAsync(AccountLink link, Func<Task> act, CancellationToken ct)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // What it says may quote a token.
            Failed(link.Provider, link.Id, e.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Something is wrong with {Provider} link {LinkId} ({Reason}); it is left for later")]
    private partial void Failed(string provider, Guid linkId, string reason);
}
