using System.Collections.Concurrent;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Linking;

/// <summary>
/// New tokens that the database did not take. The provider soon forgets the ones that they replaced, so this node tries, until it
/// can, to store them, or to give them back if their link is over.
/// </summary>
public sealed partial class TokensInHand(
    IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenSeal seal, Revocations revocations, TimeProvider time, ILogger<TokensInHand> logger) : IDisposable
{
    /// <summary>Each holds a connection while the provider thinks.</summary>
    private const int MostAtOnce = 2;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<Guid, InHand> _all = new();
    private readonly ConcurrentDictionary<Guid, Lazy<Task<bool>>> _settling = new();
    private readonly SemaphoreSlim _atOnce = new(MostAtOnce, MostAtOnce);
    private readonly CancellationTokenSource _ending = new();

    public bool Has(Guid linkId) => _all.ContainsKey(linkId);

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
        _atOnce.Dispose();
    }

    internal void Hold(Guid linkId, InHand tokens)
    {
        _all[linkId] = tokens;
        _ = SettleInTimeAsync(linkId, tokens, _ending.Token);
    }

    /// <summary>Throws if the database still does not take them.</summary>
    /// <returns>Whether they are the link's tokens now.</returns>
    internal Task<bool> SettleAsync(Guid linkId) =>
        _settling.GetOrAdd(linkId, id => new Lazy<Task<bool>>(() => Task.Run(() => SettleOnceAsync(id), CancellationToken.None))).Value;

    private async Task SettleInTimeAsync(Guid linkId, InHand tokens, CancellationToken ct)
    {
        for (var pause = FirstPause; !ct.IsCancellationRequested && IsHeld(linkId, tokens); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await Task.Delay(pause, time, ct);
                await _atOnce.WaitAsync(ct);
                try
                {
                    await SettleAsync(linkId);
                }
                finally
                {
                    _atOnce.Release();
                }
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // What it says may quote a token.
                NotSettled(linkId, e.GetType().Name);
            }
        }
    }

    private bool IsHeld(Guid linkId, InHand tokens) => _all.TryGetValue(linkId, out var held) && ReferenceEquals(held, tokens);

    private async Task<bool> SettleOnceAsync(Guid linkId)
    {
        try
        {
            return _all.TryGetValue(linkId, out var held) && await SettleAsync(linkId, held);
        }
        finally
        {
            _settling.TryRemove(linkId, out _);
        }
    }

    private async Task<bool> SettleAsync(Guid linkId, InHand held)
    {
        await using var db = await databases.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.Database.SetCommandTimeout(TokenVault.RowPatience);
        var rows = await db.AccountLinks.FromSql($"SELECT * FROM account_links WHERE id = {linkId} FOR UPDATE").ToListAsync();
        var link = rows.SingleOrDefault();
        var (fate, why) = await FateAsync(link, held);
        var now = time.GetUtcNow();
        List<PendingRevocation> over = [];
        switch (fate)
        {
            case Fate.Kept:
                NotSettled(linkId, why);
                return false;
            case Fate.Stored:
                Renewal.Refreshed(link!, held.Tokens, seal);
                db.LinkEvents.Add(LinkEvent.Of(link!, LinkEventKind.Refreshed, now));
                break;
            case Fate.GivenBack:
                over = revocations.Of(held.Provider, held.Tokens, now);
                db.PendingRevocations.AddRange(over);
                break;
        }

        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        _all.TryRemove(KeyValuePair.Create(linkId, held));
        Settled(linkId, fate, why);
        if (over.Count > 0)
        {
            await revocations.RunAsync(over.ConvertAll(r => r.Id), CancellationToken.None);
        }

        return fate == Fate.Stored;
    }

    /// <param name="link">Locked; null if it is there no longer.</param>
    private async Task<(Fate Fate, string Why)> FateAsync(AccountLink? link, InHand held)
    {
        if (link is null || link.LinkedAt != held.LinkedAt)
        {
            return (Fate.GivenBack, link is null ? "the link is over" : "the account was linked anew");
        }

        // By another node, within the time in which the provider takes the old token twice: to revoke these could end that grant.
        if (link.RefreshedAt != held.RefreshedAt)
        {
            return (Fate.Forgotten, "it was refreshed since");
        }

        // What another node was told of the old token, after that time, says nothing of these.
        bool isDead = link.State == LinkState.SignInAgain;
        if (!isDead && !held.Replaced.AsSpan().SequenceEqual(link.RefreshToken))
        {
            return (Fate.Forgotten, "its tokens were changed since");
        }

        // An access token that has run out says nothing either; the refresh token that came with it is the newest there is.
        bool? isAlive = held.Tokens.ExpiresAt <= time.GetUtcNow() ? true
            : providers.Find(link.Provider) is { } provider ? await provider.IsAliveAsync(held.Tokens.Access, CancellationToken.None) : null;
        return isAlive switch
        {
            false => (Fate.Forgotten, "the provider takes them no longer"),
            null when isDead => (Fate.Kept, "the provider does not say whether they live"),
            _ => (Fate.Stored, "the database takes them again"),
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "New tokens of link {LinkId} are still in hand ({Reason})")]
    private partial void NotSettled(Guid linkId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "New tokens of link {LinkId} that were in hand are {Fate}: {Reason}")]
    private partial void Settled(Guid linkId, Fate fate, string reason);

    private enum Fate
    {
        Stored,
        GivenBack,
        Forgotten,
        Kept,
    }
}

/// <param name="Replaced">What the row held, sealed, when they were asked for.</param>
/// <param name="RefreshedAt">And when that was granted.</param>
internal sealed record InHand(string Provider, TokenPair Tokens, byte[] Replaced, DateTimeOffset RefreshedAt, DateTimeOffset LinkedAt)
{
    public static InHand Of(AccountLink link, TokenPair tokens) => new(link.Provider, tokens, link.RefreshToken!, link.RefreshedAt, link.LinkedAt);
}
