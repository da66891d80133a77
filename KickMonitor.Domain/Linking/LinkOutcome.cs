namespace KickMonitor.Domain.Linking;

/// <summary>Why a link was not made. Each has a page that says what to do.</summary>
public enum LinkProblem
{
    /// <summary>The provider's answer lacks parts, has them twice, or they are too long.</summary>
    Malformed,

    /// <summary>No attempt with this state: made up, used before, or older than the purge.</summary>
    Unknown,
    Expired,

    /// <summary>Begun in another browser.</summary>
    OtherBrowser,

    /// <summary>Begun by somebody else, or nobody is signed in.</summary>
    OtherPerson,

    /// <summary>An answer of one provider at the address of another, or of an issuer that is not the provider.</summary>
    OtherProvider,
    Denied,

    /// <summary>The provider reported an error instead of asking.</summary>
    ProviderError,

    /// <summary>The provider did not take the code.</summary>
    CodeRefused,

    /// <summary>The provider did not answer; nothing is wrong with the account.</summary>
    Unavailable,
    Misconfigured,

    /// <summary>Approved, but the provider did not say whose account it is.</summary>
    NoIdentity,

    /// <summary>The account is linked to somebody else here.</summary>
    Taken,

    /// <summary>The person has another account of this provider linked.</summary>
    OtherAccount,
    TooMany,

    /// <summary>An Admin's session is not fresh enough.</summary>
    SignInFirst,
}

public abstract record LinkOutcome
{
    public sealed record Linked(AccountLink Link, string ReturnPath) : LinkOutcome;

    public sealed record Refused(LinkProblem Problem) : LinkOutcome;
}

/// <summary>What the browser brings back from a provider.</summary>
/// <param name="Issuer">The <c>iss</c> of RFC 9207, if it came.</param>
/// <param name="Error">The error's name, if the provider reports one.</param>
/// <param name="BrowserSecret">From the cookie that was set at the start.</param>
public sealed record Return(string Provider, string? State, string? Code, string? Error, string? Issuer, string? BrowserSecret, Guid? UserId)
{
    private const int LongestCode = 2048;
    private const int LongestState = 200;

    internal bool IsMalformed =>
        State is not { Length: > 0 and <= LongestState }
        || (Code is null) == (Error is null)
        || Code is { Length: 0 or > LongestCode } || Error is { Length: 0 or > 200 };

    // Records print their parts, and these open accounts.
    public override string ToString() => $"Return from {Provider}";
}
