using System.Collections.Concurrent;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace KickMonitor.Domain.Linking;

public enum MoveLink
{
    Moved,
    NoSuchLink,

    /// <summary>The other person has an account of that provider already.</summary>
    HasOne,

    /// <summary>The other person is not here, or is just leaving.</summary>
    NoSuchUser,
}

/// <summary>Who has linked what, and the end of links.</summary>
public sealed partial class Links(
    IDbContextFactory<KickMonitorDb> databases, Providers providers, TokenVault vault, ChannelClaims claims, Revocations revocations, Audit audit, TimeProvider time, ILogger<Links> logger)
{
    /// <summary>What the history of the owner before says of a move.</summary>
    public const string MovedAway = "to another person";

    /// <summary>And that of the owner after it.</summary>
    public const string MovedHere = "from another person";

    private readonly ConcurrentDictionary<(Guid Link, Guid? Owner, Guid? By), Lazy<Task<AccountLink?>>> _ending = new();

    public async Task<List<AccountLink>> OfAsync(Guid userId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.AccountLinks.AsNoTracking().Where(l => l.UserId == userId).OrderBy(l => l.Provider).ToListAsync(ct);
    }

    /// <summary>Everybody's, those that need somebody first.</summary>
    public async Task<List<(AccountLink Link, string Email)>> AllAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var rows = await (from l in db.AccountLinks.AsNoTracking() join u in db.Users on l.UserId equals u.Id select new { l, u.Email }).ToListAsync(ct);
        return [.. rows.OrderByDescending(r => r.l.State).ThenBy(r => r.l.RefreshAt).Select(r => (r.l, r.Email ?? string.Empty))];
    }

    public async Task<AccountLink?> FindAsync(Guid linkId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.AccountLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == linkId, ct);
    }

    /// <summary>The person whom a provider proved to own this account.</summary>
    public async Task<Guid?> OwnerOfAsync(string provider, string externalId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.AccountLinks.Where(l => l.Provider == provider && l.ExternalId == externalId).Select(l => (Guid?)l.UserId).SingleOrDefaultAsync(ct);
    }

    public async Task<List<LinkEvent>> EventsOfAsync(Guid userId, int most, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.LinkEvents.AsNoTracking().Where(e => e.UserId == userId).OrderByDescending(e => e.At).Take(most).ToListAsync(ct);
    }

    /// <summary>Asks the provider whether the link still lives, and refreshes it to be sure when it says no.</summary>
    public async Task<AccountLink?> CheckAsync(Guid linkId, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();
        if (await vault.GetAsync(linkId, refused: null, ct) is UserToken.Ready ready
            && providers.Find(ready.Link.Provider) is { } provider
            && await provider.IsAliveAsync(ready.Token, ct) is { } isAlive)
        {
            if (isAlive)
            {
                await CheckedAsync(linkId, ct);
            }
            else
            {
                await vault.GetAsync(linkId, refused: ready.Token, ct);
            }
        }

        return await FindAsync(linkId, ct);
    }

    /// <summary>Takes over what the account is called and looks like by now.</summary>
    internal async Task LookAsync(UserToken.Ready of, CancellationToken ct)
    {
        if (providers.Find(of.Link.Provider) is { } provider
            && await provider.IdentifyAsync(of.Token, ct) is { } identity && identity.Id == of.Link.ExternalId
            && (identity.Name, identity.PictureUrl) != (of.Link.ExternalName, of.Link.PictureUrl))
        {
            await using var db = await databases.CreateDbContextAsync(ct);
            await db.AccountLinks.Where(l => l.Id == of.Link.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(l => l.ExternalName, identity.Name ?? of.Link.ExternalName).SetProperty(l => l.PictureUrl, identity.PictureUrl), ct);
        }
    }

    internal async Task CheckedAsync(Guid linkId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        await db.AccountLinks.Where(l => l.Id == linkId).ExecuteUpdateAsync(set => set.SetProperty(l => l.CheckedAt, now), ct);
    }

    /// <summary>Ends a link: its tokens are gone here at once, and the provider is told, now or as soon as it listens.</summary>
    /// <param name="owner">Only if it is this person's; null: whosever.</param>
    /// <param name="by">Who ends it.</param>
    /// <returns>Null if there is no such link.</returns>
    public async Task<AccountLink?> UnlinkAsync(Guid linkId, Guid? owner, Guid? by, CancellationToken ct)
    {
        Actor.ThrowIfReadOnly();

        // Who asks again while it waits for a refresh waits along, and holds no connection of the few.
        var running = _ending.GetOrAdd((linkId, owner, by), key => new Lazy<Task<AccountLink?>>(() => Task.Run(() => EndAsync(key.Link, key.Owner, key.By), CancellationToken.None)));
        return await running.Value.WaitAsync(ct);
    }

    private async Task<AccountLink?> EndAsync(Guid linkId, Guid? owner, Guid? by)
    {
        try
        {
            return await EndOnceAsync(linkId, owner, by, CancellationToken.None);
        }
        finally
        {
            _ending.TryRemove((linkId, owner, by), out _);
        }
    }

    private async Task<AccountLink?> EndOnceAsync(Guid linkId, Guid? owner, Guid? by, CancellationToken ct)
    {
        AccountLink link;
        List<PendingRevocation> ended;
        var now = time.GetUtcNow();
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);

            // Waits for a refresh that is under way, so that it is the newest tokens that are revoked.
            db.Database.SetCommandTimeout(TokenVault.RowPatience);
            var rows = await db.AccountLinks.FromSql($"SELECT * FROM account_links WHERE id = {linkId} FOR UPDATE").ToListAsync(ct);
            if (rows is not [var row] || (owner is not null && row.UserId != owner))
            {
                return null;
            }

            link = row;
            ended = revocations.Of(link, now);
            db.PendingRevocations.AddRange(ended);
            db.LinkEvents.Add(LinkEvent.Of(link, LinkEventKind.Unlinked, now, by));
            db.AccountLinks.Remove(link);
            await db.SaveChangesAsync(ct);
            await claims.ReleaseAsync(db, link, ct);
            await audit.WriteAsync(db, link.Entry("link.ended", before: new { user = link.UserId }, after: null), ct);
            await transaction.CommitAsync(ct);
        }

        Unlinked(link.Provider, link.ExternalId, link.UserId);
        await claims.ReleasedAsync(ct);
        await revocations.RunAsync(ended.ConvertAll(r => r.Id), ct);
        return link;
    }

    /// <summary>Gives a link to another person; only an Admin may.</summary>
    public async Task<MoveLink> MoveAsync(Guid linkId, Guid toUserId, Guid by, CancellationToken ct)
    {
        AccountLink before;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            db.Database.SetCommandTimeout(TokenVault.RowPatience);
            var rows = await db.AccountLinks.FromSql($"SELECT * FROM account_links WHERE id = {linkId} FOR UPDATE").ToListAsync(ct);
            if (rows is not [var link])
            {
                return MoveLink.NoSuchLink;
            }

            if (await db.AccountLinks.AnyAsync(l => l.UserId == toUserId && l.Provider == link.Provider, ct))
            {
                return link.UserId == toUserId ? MoveLink.Moved : MoveLink.HasOne;
            }

            before = await db.AccountLinks.AsNoTracking().SingleAsync(l => l.Id == linkId, ct);
            link.UserId = toUserId;
            link.ClaimedAt = null;
            link.MadeAssignment = false;

            // Neither is told who the other is.
            var now = time.GetUtcNow();
            db.LinkEvents.Add(LinkEvent.Of(before, LinkEventKind.Moved, now, by, MovedAway));
            db.LinkEvents.Add(LinkEvent.Of(link, LinkEventKind.Moved, now, by, MovedHere));
            try
            {
                await db.SaveChangesAsync(ct);
            }
            catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "23503" })
            {
                return MoveLink.NoSuchUser;
            }
            catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "23505" })
            {
                // They linked one at this very moment.
                return MoveLink.HasOne;
            }

            await claims.ReleaseAsync(db, before, ct);
            await audit.WriteAsync(db, link.Entry("link.moved", before: new { user = before.UserId }, after: new { user = toUserId }), ct);
            await transaction.CommitAsync(ct);
        }

        if (providers.Find(before.Provider) is { } provider)
        {
            await claims.ClaimAsync(provider, linkId, ct);
        }

        await claims.ReleasedAsync(ct);
        return MoveLink.Moved;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Unlinked {Provider} account {ExternalId} of user {UserId}")]
    private partial void Unlinked(string provider, string externalId, Guid userId);
}
