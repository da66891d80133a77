namespace KickMonitor.Domain.Linking;

/// <param name="Refresh">Null: the one that was used stays good.</param>
/// <param name="Scopes">Null: the provider did not say.</param>
public sealed record TokenPair(string Access, string? Refresh, DateTimeOffset ExpiresAt, string? Scopes, DateTimeOffset AskedAt)
{
    // Records print their parts; these must never be printed.
    public override string ToString() => "TokenPair";
}

/// <summary>What a provider's token endpoint can say. No case holds what the provider sent, but for a short error name.</summary>
public abstract record TokenAnswer
{
    public sealed record Granted(TokenPair Tokens) : TokenAnswer;

    /// <summary>The code or refresh token is worth nothing; asking again changes nothing.</summary>
    public sealed record Refused(string Reason) : TokenAnswer;

    /// <summary>
    /// Refused without a reason. It may be the grant, or a bad hour of the provider: only refusals over a long time mean that the grant is dead.
    /// </summary>
    public sealed record Doubtful(string Reason) : TokenAnswer;

    /// <summary>The provider does not know this installation; its user can do nothing about that.</summary>
    public sealed record Misconfigured(string Reason) : TokenAnswer;

    /// <summary>It may go better another time.</summary>
    /// <param name="MayBeLost">The provider may have replaced the tokens, and only its answer is missing.</param>
    public sealed record Failed(string Reason, TimeSpan? RetryAfter = null, bool MayBeLost = false) : TokenAnswer;
}

/// <summary>An account at a provider.</summary>
/// <param name="Id">Never changes.</param>
public sealed record Identity(string Id, string? Name, string? PictureUrl);
