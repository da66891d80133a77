using System.Collections.Concurrent;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KickMonitor.Domain.Linking;

/// <summary>What asking for somebody's token can come to.</summary>
public abstract record UserToken
{
    public sealed record Ready(string Token, AccountLink Link) : UserToken
    {
        public override string ToString() => $"Ready {Link.Id}";
    }

    /// <summary>The person must link the account again.</summary>
    public sealed record SignInAgain(string Reason) : UserToken;

    /// <summary>Not now; the link is not at fault.</summary>
    public sealed record Unavailable(string Reason) : UserToken;

    public sealed record NotLinked : UserToken;
}

/// <summary>
/// The one door to people's tokens. It refreshes early, and once, however many callers and nodes ask: whoever holds the link's
/// row asks the provider, and the answer is stored before anybody uses it.
/// </summary>
public sealed partial class TokenVault(
    IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenSeal seal, TokensInHand inHand, Revocations revocations, TimeProvider time, ILogger<TokenVault> logger) : IDisposable
{
    /// <summary>How <see cref="AccountLink.LastError"/> begins when it is this installation's client id or secret that a provider refuses.</summary>
    public const string CredentialsRefused = "the provider does not accept this installation's credentials";

    private const string Unreadable = "the stored token cannot be read";
    private const int UnreadableTries = 3;
    private const int MostAtOnce = 6;
    private static readonly TimeSpan TurnPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] RetryPauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(12)];

    /// <summary>As long as another node may hold the row: its time-outs and pauses, all of them.</summary>
    internal static readonly TimeSpan RowPatience = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<Guid, Lazy<Task<AccountLink?>>> _reading = new();
    private readonly ConcurrentDictionary<Guid, Lazy<Task<UserToken>>> _refreshing = new();

    /// <summary>Each holds a connection while the provider thinks; the other connections are for everybody else.</summary>
    private readonly SemaphoreSlim _atOnce = new(MostAtOnce, MostAtOnce);

    /// <param name="refused">A token of this link that the provider has just answered with 401: it is refreshed, and not handed out again.</param>
    public async Task<UserToken> GetAsync(Guid linkId, string? refused, CancellationToken ct)
    {
        // Callers who ask at the same moment share one look at the row.
        var reading = _reading.GetOrAdd(linkId, id => new Lazy<Task<AccountLink?>>(() => Task.Run(() => ReadAsync(id), CancellationToken.None)));
        var link = await reading.Value.WaitAsync(ct);
        return link switch
        {
            null => new UserToken.NotLinked(),
            _ when inHand.Has(linkId) => await RefreshAsync(linkId, new Wish(refused), ct),
            { State: LinkState.SignInAgain } => SignInAgain(link),
            not null when Renewal.IsFresh(link, time.GetUtcNow()) && seal.AccessOf(link) is { } token && token != refused => new UserToken.Ready(token, link),
            _ => await RefreshAsync(linkId, new Wish(refused), ct),
        };
    }

    public async Task<UserToken> GetAsync(Guid userId, string provider, string? refused, CancellationToken ct)
    {
        Guid? id;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            id = await db.AccountLinks.Where(l => l.UserId == userId && l.Provider == provider).Select(l => (Guid?)l.Id).SingleOrDefaultAsync(ct);
        }

        return id is { } known ? await GetAsync(known, refused, ct) : new UserToken.NotLinked();
    }

    /// <summary>Refreshes if it is due.</summary>
    public Task<UserToken> RefreshDueAsync(Guid linkId, CancellationToken ct) => RefreshAsync(linkId, new Wish(null), ct);

    /// <summary>Refreshes now, due or not.</summary>
    public Task<UserToken> RefreshNowAsync(Guid linkId, CancellationToken ct) => RefreshAsync(linkId, new Wish(null, IsForced: true), ct);

    /// <summary>After a refresh that failed in a way that nobody thought of: it is tried again later, and not at once for ever.</summary>
    internal async Task PostponeAsync(Guid linkId, string reason)
    {
        await using var db = await databases.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        db.Database.SetCommandTimeout(RowPatience);
        var rows = await db.AccountLinks.FromSql($"SELECT * FROM account_links WHERE id = {linkId} FOR UPDATE").ToListAsync(CancellationToken.None);
        if (rows is [{ State: not LinkState.SignInAgain } link])
        {
            Postpone(db, link, reason, null, time.GetUtcNow());
            await db.SaveChangesAsync(CancellationToken.None);
            await transaction.CommitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => _atOnce.Dispose();

    /// <summary>Takes up a link again that some node, without the right keys, could not read.</summary>
    internal async Task ReviveAsync(AccountLink unread, CancellationToken ct)
    {
        if (seal.RefreshOf(unread) is null)
        {
            return;
        }

        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        await db.AccountLinks.Where(l => l.Id == unread.Id && l.State == LinkState.SignInAgain && l.RefreshToken == unread.RefreshToken)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.State, LinkState.Retrying).SetProperty(l => l.Failures, 0).SetProperty(l => l.RefreshAt, now), ct);
    }

    private async Task<AccountLink?> ReadAsync(Guid linkId)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync(CancellationToken.None);
            return await db.AccountLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == linkId, CancellationToken.None);
        }
        finally
        {
            _reading.TryRemove(linkId, out _);
        }
    }

    private async Task<UserToken> RefreshAsync(Guid linkId, Wish wish, CancellationToken ct)
    {
        UserToken result;
        int rounds = 0;
        do
        {
            // The work goes on when a caller leaves: half a refresh would lose the new token.
            var running = _refreshing.GetOrAdd(linkId, id => new Lazy<Task<UserToken>>(() => Task.Run(() => RunAsync(id, wish), CancellationToken.None)));
            result = await running.Value.WaitAsync(ct);
        }
        while (wish.Refused is not null && result is UserToken.Ready ready && ready.Token == wish.Refused && ++rounds < 2);

        return result;
    }

    private async Task<UserToken> RunAsync(Guid linkId, Wish wish)
    {
        bool hasTurn = false;
        try
        {
            using (var patience = new CancellationTokenSource(TurnPatience, time))
            {
                await _atOnce.WaitAsync(patience.Token);
            }

            hasTurn = true;
            bool isRefreshed = inHand.Has(linkId) && await inHand.SettleAsync(linkId);
            return await RefreshUnderLockAsync(linkId, isRefreshed ? wish with { IsForced = false } : wish);
        }
        catch (OperationCanceledException) when (!hasTurn)
        {
            return new UserToken.Unavailable("too many refreshes are under way; it is tried again");
        }
        catch (Exception e) when (e is NpgsqlException or DbUpdateException or InvalidOperationException { InnerException: NpgsqlException })
        {
            NotStored(linkId, e.GetType().Name);
            return new UserToken.Unavailable("the database could not be used");
        }
        finally
        {
            _refreshing.TryRemove(linkId, out _);
            if (hasTurn)
            {
                _atOnce.Release();
            }
        }
    }

    private async Task<UserToken> RefreshUnderLockAsync(Guid linkId, Wish wish)
    {
        await using var db = await databases.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        db.Database.SetCommandTimeout(RowPatience);
        var rows = await db.AccountLinks.FromSql($"SELECT * FROM account_links WHERE id = {linkId} FOR UPDATE").ToListAsync(CancellationToken.None);
        if (rows is not [var link])
        {
            return new UserToken.NotLinked();
        }

        if (link.State == LinkState.SignInAgain)
        {
            return SignInAgain(link);
        }

        // Somebody may have refreshed it while this one waited for the row.
        string? access = seal.AccessOf(link);
        var now = time.GetUtcNow();
        bool isPausing = link.State == LinkState.Retrying && now < link.RefreshAt;
        bool isDue = now >= link.RefreshAt || !Renewal.IsFresh(link, now) || access is null || (wish.Refused is not null && access == wish.Refused);
        if (!wish.IsForced && (!isDue || isPausing))
        {
            return Current(link, access, wish);
        }

        var provider = providers.Find(link.Provider);
        string? refresh = seal.RefreshOf(link);
        var answer = provider is not { IsConfigured: true } ? new TokenAnswer.Misconfigured("there are none here")
            : link.RefreshToken is null ? new TokenAnswer.Refused("there is no refresh token")
            : refresh is null ? new TokenAnswer.Failed(Unreadable)
            : await AskAsync(provider, refresh);
        var granted = answer is TokenAnswer.Granted(var tokens) ? InHand.Of(link, tokens) : null;
        try
        {
            await TakeAsync(db, link, provider, answer);
            await db.SaveChangesAsync(CancellationToken.None);
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch when (granted is not null)
        {
            inHand.Hold(link.Id, granted);
            throw;
        }

        return link.State == LinkState.SignInAgain ? SignInAgain(link) : Current(link, granted?.Tokens.Access ?? access, wish);
    }

    private async Task TakeAsync(KickMonitorDb db, AccountLink link, Provider? provider, TokenAnswer answer)
    {
        var now = time.GetUtcNow();
        switch (answer)
        {
            case TokenAnswer.Granted(var tokens):
                Renewal.Refreshed(link, tokens, seal);
                db.LinkEvents.Add(LinkEvent.Of(link, LinkEventKind.Refreshed, now));
                Refreshed(link.Provider, link.Id);
                break;
            case TokenAnswer.Refused(var reason):
                End(db, link, reason, now);
                break;
            case TokenAnswer.Doubtful(var reason):
                Renewal.Doubted(link, now);
                if (Renewal.IsHopeless(link, now) && await provider!.KnowsUsAsync(CancellationToken.None) == true)
                {
                    // Nobody said that the grant is over, so it is ended here and there.
                    db.PendingRevocations.AddRange(revocations.Of(link, now));
                    End(db, link, $"refused for more than a day: {reason}", now);
                }
                else
                {
                    Postpone(db, link, reason, null, now);
                }

                break;
            case TokenAnswer.Misconfigured(var reason):
                // Whatever was doubted before may have been our own fault.
                Renewal.Undoubted(link);
                Postpone(db, link, $"{CredentialsRefused} ({reason})", null, now);
                break;
            case TokenAnswer.Failed(Unreadable, _, _) when link.Failures >= UnreadableTries:
                // A key that another node has just made may not be known here yet, so it takes a while until its owner is asked.
                End(db, link, Unreadable, now, erases: false);
                break;
            case TokenAnswer.Failed(var reason, var retryAfter, _):
                Postpone(db, link, reason, retryAfter, now);
                break;
        }
    }

    private UserToken Current(AccountLink link, string? access, Wish wish) =>
        access is not null && access != wish.Refused && Renewal.IsAlive(link, time.GetUtcNow())
            ? new UserToken.Ready(access, link)
            : new UserToken.Unavailable(link.LastError ?? "the token could not be refreshed");

    private static UserToken.SignInAgain SignInAgain(AccountLink link) => new(link.LastError ?? "the provider ended the link");

    /// <summary>
    /// Tries again at once. A lost answer is worth more tries than a refusal: the token that was replaced is taken for a moment
    /// longer (at Kick about a minute), and after that the link is dead.
    /// </summary>
    private async Task<TokenAnswer> AskAsync(Provider provider, string refreshToken)
    {
        bool mayBeLost = false;
        for (int attempt = 0; ; attempt++)
        {
            var answer = await provider.RefreshAsync(refreshToken, CancellationToken.None);
            if (answer is not (TokenAnswer.Failed or TokenAnswer.Doubtful))
            {
                return answer;
            }

            if (answer is TokenAnswer.Doubtful(var doubt) && await provider.KnowsUsAsync(CancellationToken.None) == false)
            {
                return new TokenAnswer.Misconfigured(doubt);
            }

            mayBeLost |= answer is TokenAnswer.Failed { MayBeLost: true };
            if (attempt == RetryPauses.Length || (!mayBeLost && (attempt > 0 || answer is TokenAnswer.Failed { RetryAfter: not null })))
            {
                return answer;
            }

            await Task.Delay(RetryPauses[attempt], time, CancellationToken.None);
        }
    }

    private void End(KickMonitorDb db, AccountLink link, string reason, DateTimeOffset now, bool erases = true)
    {
        link.NeedsSignIn(reason, now, erases);
        db.LinkEvents.Add(LinkEvent.Of(link, LinkEventKind.SignInAgain, now, detail: reason));
        Dead(link.Provider, link.Id, reason);
    }

    private void Postpone(KickMonitorDb db, AccountLink link, string reason, TimeSpan? retryAfter, DateTimeOffset now)
    {
        Renewal.Postponed(link, reason, retryAfter, now);
        db.LinkEvents.Add(LinkEvent.Of(link, LinkEventKind.RefreshFailed, now, detail: reason));
        Postponed(link.Provider, link.Id, reason, link.Failures);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Refreshed {Provider} link {LinkId}")]
    private partial void Refreshed(string provider, Guid linkId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Provider} link {LinkId} is dead and needs its owner to sign in again: {Reason}")]
    private partial void Dead(string provider, Guid linkId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Provider} link {LinkId} was not refreshed: {Reason} ({Failures} in a row)")]
    private partial void Postponed(string provider, Guid linkId, string reason, int failures);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database could not be used for the refresh of link {LinkId} ({Reason})")]
    private partial void NotStored(Guid linkId, string reason);

    private sealed record Wish(string? Refused, bool IsForced = false);
}
