using KickMonitor.Domain.Accounts;

namespace KickMonitor.Domain.Linking;

public enum LinkState
{
    Healthy,

    /// <summary>The last refresh failed and will be tried again; the access token may still be good.</summary>
    Retrying,

    /// <summary>The provider takes our tokens no longer; only the person can mend that.</summary>
    SignInAgain,
}

/// <summary>A person's account at a provider. It belongs to one person, and a person has one per provider.</summary>
public sealed class AccountLink
{
    public const int NameLength = 200;
    public const int UrlLength = 1000;
    public const int ScopesLength = 1000;
    public const int ErrorLength = 300;

    public Guid Id { get; init; }

    public Guid UserId { get; set; }

    public required string Provider { get; init; }

    /// <summary>The provider's own id of the account, which never changes; names do.</summary>
    public required string ExternalId { get; init; }

    public string? ExternalName { get; set; }

    public string? PictureUrl { get; set; }

    /// <summary>What was granted, separated by spaces.</summary>
    public string Scopes { get; set; } = string.Empty;

    /// <summary>Sealed by <see cref="TokenSeal"/>; null once the link is dead, unless it only could not be read.</summary>
    public byte[]? AccessToken { get; set; }

    /// <inheritdoc cref="AccessToken"/>
    public byte[]? RefreshToken { get; set; }

    public DateTimeOffset AccessExpiresAt { get; set; }

    /// <summary>When the scheduler refreshes it, or tries again.</summary>
    public DateTimeOffset RefreshAt { get; set; }

    public DateTimeOffset LinkedAt { get; set; }

    public DateTimeOffset RefreshedAt { get; set; }

    /// <summary>When the provider was last asked whether the token still lives.</summary>
    public DateTimeOffset CheckedAt { get; set; }

    public LinkState State { get; set; }

    public int Failures { get; set; }

    /// <summary>Since when the provider refuses to refresh it without a reason, with no success in between.</summary>
    public DateTimeOffset? DoubtedSince { get; set; }

    /// <summary>How often it did since then; other failures do not count.</summary>
    public int Doubts { get; set; }

    public string? LastError { get; set; }

    public DateTimeOffset? LastErrorAt { get; set; }

    /// <summary>When the channel that this account proves was given to its owner; null: still to do, or there is none.</summary>
    public DateTimeOffset? ClaimedAt { get; set; }

    /// <summary>The link itself assigned the channel, so unlinking takes it back.</summary>
    public bool MadeAssignment { get; set; }

    public IReadOnlyList<string> GrantedScopes => Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public string DisplayName => ExternalName ?? ExternalId;

    internal AuditEntry Entry(string verb, object? before, object? after) => new(verb, Id.ToString(), $"{Provider}:{DisplayName}", before, after);

    internal void Failed(string error, DateTimeOffset at)
    {
        Failures++;
        LastError = error.Length <= ErrorLength ? error : error[..ErrorLength];
        LastErrorAt = at;
    }

    /// <param name="erases">False: what cannot be read here may be read where the right keys are.</param>
    internal void NeedsSignIn(string error, DateTimeOffset at, bool erases = true)
    {
        Failed(error, at);
        State = LinkState.SignInAgain;
        (AccessToken, RefreshToken) = erases ? (null, null) : (AccessToken, RefreshToken);
    }
}
