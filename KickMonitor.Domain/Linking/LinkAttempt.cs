namespace KickMonitor.Domain.Linking;

/// <summary>
/// Somebody was sent to a provider and is expected back within <see cref="Lifetime"/>, once, in the same browser. Any node may
/// receive them. Neither the state nor the browser's secret can be read from it.
/// </summary>
public sealed class LinkAttempt
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public required byte[] StateHash { get; init; }

    public required string Provider { get; init; }

    public Guid UserId { get; init; }

    public required byte[] BrowserHash { get; init; }

    /// <summary>The PKCE verifier, sealed.</summary>
    public required byte[] Verifier { get; init; }

    public required string RedirectUri { get; init; }

    public required string ReturnPath { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A token that is used no longer, or may never be, and that the provider has yet to be told about.</summary>
public sealed class PendingRevocation
{
    /// <summary>After this long the token is forgotten, told or not.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public Guid Id { get; init; }

    public required string Provider { get; init; }

    public bool IsRefreshToken { get; init; }

    /// <summary>Sealed by <see cref="TokenSeal"/>.</summary>
    public required byte[] Token { get; init; }

    public int Attempts { get; set; }

    public DateTimeOffset NextAt { get; set; }

    public DateTimeOffset ExpiresAt { get; init; }
}

public enum LinkEventKind
{
    Linked,
    Refreshed,
    RefreshFailed,
    SignInAgain,
    Unlinked,
    Moved,
    Refused,
}

/// <summary>What happened to a link, and by whom; outlives the link.</summary>
public sealed class LinkEvent
{
    public Guid Id { get; init; }

    public DateTimeOffset At { get; init; }

    public LinkEventKind Kind { get; init; }

    public required string Provider { get; init; }

    /// <summary>Whose link it was.</summary>
    public Guid UserId { get; init; }

    /// <summary>Who did it; null: the scheduler.</summary>
    public Guid? ByUserId { get; init; }

    public string? ExternalId { get; init; }

    /// <summary>Never holds anything that opens anything.</summary>
    public string? Detail { get; init; }

    internal static LinkEvent Of(AccountLink link, LinkEventKind kind, DateTimeOffset at, Guid? by = null, string? detail = null) => new()
    {
        Id = Guid.CreateVersion7(at),
        At = at,
        Kind = kind,
        Provider = link.Provider,
        UserId = link.UserId,
        ByUserId = by,
        ExternalId = link.ExternalId,
        Detail = detail is { Length: > AccountLink.ErrorLength } ? detail[..AccountLink.ErrorLength] : detail,
    };
}
