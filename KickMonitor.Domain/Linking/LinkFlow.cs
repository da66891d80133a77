using System.Security.Cryptography;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Linking;

public abstract record StartLink
{
    public sealed record Go(Uri Address) : StartLink;

    public sealed record Refused(LinkProblem Problem) : StartLink;
}

/// <summary>From "Link Kick" to the provider and back.</summary>
public sealed partial class LinkFlow(
    IDbContextFactory<KickMonitorDb> databases, TokenSeal seal, ChannelClaims claims, Revocations revocations, Audit audit, TimeProvider time, ILogger<LinkFlow> logger)
{
    private const int MostAMinute = 10;
    private const string VerifierUse = "verifier";

    /// <param name="browserSecret">What the browser's cookie holds; the way back must bring the same.</param>
    /// <param name="redirectUri">The one that is registered at the provider.</param>
    public async Task<StartLink> StartAsync(Provider provider, Guid userId, string browserSecret, string redirectUri, string returnPath, CancellationToken ct)
    {
        if (!provider.IsConfigured)
        {
            return new StartLink.Refused(LinkProblem.Misconfigured);
        }

        var now = time.GetUtcNow();
        var (state, verifier) = (Pkce.NewSecret(), Pkce.NewSecret());
        byte[] hash = Pkce.Hash(state);
        await using var db = await databases.CreateDbContextAsync(ct);
        var since = now.AddMinutes(-1);
        if (await db.LinkAttempts.CountAsync(a => a.UserId == userId && a.CreatedAt > since, ct) >= MostAMinute)
        {
            return new StartLink.Refused(LinkProblem.TooMany);
        }

        db.LinkAttempts.Add(new LinkAttempt
        {
            StateHash = hash,
            Provider = provider.Name,
            UserId = userId,
            BrowserHash = Pkce.Hash(browserSecret),
            Verifier = seal.Seal(verifier, provider.Name, Convert.ToHexString(hash), VerifierUse),
            RedirectUri = redirectUri,
            ReturnPath = returnPath,
            CreatedAt = now,
            ExpiresAt = now + LinkAttempt.Lifetime,
        });
        await db.SaveChangesAsync(ct);
        return new StartLink.Go(provider.AuthorizeAddress(redirectUri, state, Pkce.Challenge(verifier)));
    }

    public async Task<LinkOutcome> FinishAsync(Provider provider, Return back, CancellationToken ct)
    {
        if (await CheckAsync(provider, back, ct) is var (attempt, problem) && attempt is null)
        {
            return Refuse(provider, back.UserId, problem);
        }

        string? verifier = seal.Open(attempt.Verifier, attempt.Provider, Convert.ToHexString(attempt.StateHash), VerifierUse);
        if (verifier is null)
        {
            return Refuse(provider, back.UserId, LinkProblem.Unknown);
        }

        // From here on it is done to the end, though the browser leave: a grant that nobody knows of could not be given back.
        var answer = await provider.ExchangeAsync(back.Code!, verifier, attempt.RedirectUri, CancellationToken.None);
        if (answer is not TokenAnswer.Granted(var tokens))
        {
            var (why, reason) = answer switch
            {
                TokenAnswer.Refused refused => (LinkProblem.CodeRefused, refused.Reason),
                TokenAnswer.Misconfigured misconfigured => (LinkProblem.Misconfigured, misconfigured.Reason),
                TokenAnswer.Failed failed => (LinkProblem.Unavailable, failed.Reason),
                TokenAnswer.Doubtful doubtful => (LinkProblem.Unavailable, doubtful.Reason),
                _ => (LinkProblem.Unavailable, string.Empty),
            };
            NoTokens(provider.Name, reason);
            return Refuse(provider, back.UserId, why);
        }

        List<Guid> held;
        try
        {
            held = await revocations.HoldAsync(provider.Name, tokens);
        }
        catch (Exception e)
        {
            // Nothing here knows of the grant, so it is given back while it is at hand.
            NotHeld(provider.Name, e.GetType().Name);
            await Revocations.TellAsync(provider, tokens);
            return Refuse(provider, back.UserId, LinkProblem.Unavailable);
        }

        var replaced = new List<Guid>();
        var (link, obstacle) = await provider.IdentifyAsync(tokens.Access, CancellationToken.None) is { } identity
            ? await StoreAsync(provider, attempt.UserId, identity, tokens, held, replaced)
            : (null, LinkProblem.NoIdentity);
        if (link is null)
        {
            await revocations.DropAsync(held);
            return Refuse(provider, back.UserId, obstacle);
        }

        Linked(provider.Name, link.ExternalId, link.UserId);
        await revocations.RunAsync(replaced, CancellationToken.None);
        await claims.ClaimAsync(provider, link.Id, CancellationToken.None);
        return new LinkOutcome.Linked(link, attempt.ReturnPath);
    }

    /// <summary>Everything that can be known before the provider is asked. The state is spent by asking, whatever comes of it.</summary>
    private async Task<(LinkAttempt? Attempt, LinkProblem Problem)> CheckAsync(Provider provider, Return back, CancellationToken ct)
    {
        if (back.IsMalformed)
        {
            return (null, LinkProblem.Malformed);
        }

        byte[] hash = Pkce.Hash(back.State!);
        await using var db = await databases.CreateDbContextAsync(ct);
        var taken = await db.LinkAttempts.FromSql($"DELETE FROM link_attempts WHERE state_hash = {hash} RETURNING *").AsNoTracking().ToListAsync(ct);
        if (taken is not [var attempt])
        {
            return (null, LinkProblem.Unknown);
        }

        LinkProblem? problem =
            attempt.Provider != provider.Name || back.Provider != provider.Name ? LinkProblem.OtherProvider
            : back.BrowserSecret is null || !CryptographicOperations.FixedTimeEquals(Pkce.Hash(back.BrowserSecret), attempt.BrowserHash) ? LinkProblem.OtherBrowser
            : back.UserId != attempt.UserId ? LinkProblem.OtherPerson
            : attempt.ExpiresAt <= time.GetUtcNow() ? LinkProblem.Expired
            : !provider.IsIssuer(back.Issuer) ? LinkProblem.OtherProvider
            : back.Error == "access_denied" ? LinkProblem.Denied
            : back.Error is not null ? LinkProblem.ProviderError
            : null;
        return problem is { } found ? (null, found) : (attempt, default);
    }

    private async Task<(AccountLink? Link, LinkProblem Problem)> StoreAsync(Provider provider, Guid userId, Identity identity, TokenPair tokens, List<Guid> held, List<Guid> replaced)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync();
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Database.SetCommandTimeout(TokenVault.RowPatience);
            var rows = await db.AccountLinks
                .FromSql($"SELECT * FROM account_links WHERE provider = {provider.Name} AND (external_id = {identity.Id} OR user_id = {userId}) FOR UPDATE")
                .ToListAsync();
            if (rows.Find(l => l.ExternalId == identity.Id && l.UserId != userId) is { } theirs)
            {
                db.LinkEvents.Add(LinkEvent.Of(theirs, LinkEventKind.Refused, time.GetUtcNow(), userId, "somebody else tried to link this account"));
                await db.SaveChangesAsync();
                await transaction.CommitAsync();
                return (null, LinkProblem.Taken);
            }

            if (rows.Exists(l => l.ExternalId != identity.Id && l.UserId == userId))
            {
                return (null, LinkProblem.OtherAccount);
            }

            var link = rows.SingleOrDefault();
            if (link is null)
            {
                link = new AccountLink { Id = Guid.CreateVersion7(tokens.AskedAt), UserId = userId, Provider = provider.Name, ExternalId = identity.Id };
                db.AccountLinks.Add(link);
            }

            if (!await Revocations.KeepAsync(db, held))
            {
                return (null, LinkProblem.Unavailable);
            }

            // The grant before is over with this one.
            var before = revocations.Replaced(link, tokens, time.GetUtcNow());
            db.PendingRevocations.AddRange(before);
            replaced.AddRange(before.Select(r => r.Id));

            // A grant without a refresh token must not inherit the one of the grant before.
            link.RefreshToken = null;
            seal.Store(link, tokens);
            Renewal.Renewed(link, tokens);
            link.ExternalName = identity.Name;
            link.PictureUrl = identity.PictureUrl;
            link.Scopes = tokens.Scopes ?? string.Join(' ', provider.Scopes.Select(s => s.Name));
            link.LinkedAt = tokens.AskedAt;
            link.CheckedAt = tokens.AskedAt;
            link.ClaimedAt = null;
            db.LinkEvents.Add(LinkEvent.Of(link, LinkEventKind.Linked, time.GetUtcNow(), userId));
            await db.SaveChangesAsync();
            await audit.WriteAsync(db, link.Entry("link.made", before: null, after: new { user = userId, link.Scopes }), CancellationToken.None);
            await transaction.CommitAsync();
            return (link, default);
        }
        catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "23505" } duplicate)
        {
            return (null, duplicate.ConstraintName == "one_account_per_provider" ? LinkProblem.OtherAccount : LinkProblem.Taken);
        }
        catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "23503" })
        {
            // The person was deleted meanwhile.
            return (null, LinkProblem.OtherPerson);
        }
    }

    private LinkOutcome.Refused Refuse(Provider provider, Guid? userId, LinkProblem problem)
    {
        NotLinked(provider.Name, problem, userId);
        return new LinkOutcome.Refused(problem);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Linked {Provider} account {ExternalId} to user {UserId}")]
    private partial void Linked(string provider, string externalId, Guid userId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No {Provider} account was linked: {Problem} (user {UserId})")]
    private partial void NotLinked(string provider, LinkProblem problem, Guid? userId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Provider} gave no tokens for an approval: {Reason}")]
    private partial void NoTokens(string provider, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Provider}'s new tokens could not be written down ({Reason}) and are given back")]
    private partial void NotHeld(string provider, string reason);
}
