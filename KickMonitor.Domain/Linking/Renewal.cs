namespace KickMonitor.Domain.Linking;

/// <summary>When tokens are renewed.</summary>
internal static class Renewal
{
    /// <summary>Refresh tokens of some providers die of disuse after a month, however long the access token lives.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(6);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private const int DoubtfulTries = 10;
    private static readonly TimeSpan DoubtfulFor = TimeSpan.FromDays(1);

    /// <summary>Nobody gets a token that ends sooner than this.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    public static bool IsFresh(AccountLink link, DateTimeOffset now) =>
        link.AccessToken is not null && link.AccessExpiresAt - now > Min(Margin, (link.AccessExpiresAt - link.RefreshedAt) * 0.1);

    public static bool IsAlive(AccountLink link, DateTimeOffset now) => link.AccessToken is not null && link.AccessExpiresAt > now;

    /// <summary>Newer tokens of the same grant.</summary>
    public static void Refreshed(AccountLink link, TokenPair tokens, TokenSeal seal)
    {
        seal.Store(link, tokens);
        Renewed(link, tokens);
        link.CheckedAt = tokens.AskedAt;
        link.Scopes = tokens.Scopes ?? link.Scopes;
    }

    public static void Renewed(AccountLink link, TokenPair tokens)
    {
        // Spread over a tenth of the life, so that what was linked together is not refreshed together.
        double part = 0.75 + (Random.Shared.NextDouble() * 0.1);
        link.AccessExpiresAt = tokens.ExpiresAt;
        link.RefreshedAt = tokens.AskedAt;
        link.RefreshAt = tokens.AskedAt + Min((tokens.ExpiresAt - tokens.AskedAt) * part, Longest * part);
        link.State = LinkState.Healthy;
        link.Failures = 0;
        link.LastError = null;
        link.LastErrorAt = null;
        Undoubted(link);
    }

    /// <summary>Refused without a reason.</summary>
    public static void Doubted(AccountLink link, DateTimeOffset now)
    {
        link.DoubtedSince ??= now;
        link.Doubts++;
    }

    public static void Undoubted(AccountLink link)
    {
        link.DoubtedSince = null;
        link.Doubts = 0;
    }

    /// <summary>Refused without a reason often enough and for long enough that no bad hour of the provider explains it.</summary>
    public static bool IsHopeless(AccountLink link, DateTimeOffset now) => link.Doubts >= DoubtfulTries && now - link.DoubtedSince >= DoubtfulFor;

    public static void Postponed(AccountLink link, string error, TimeSpan? retryAfter, DateTimeOffset now)
    {
        link.Failed(error, now);
        link.State = LinkState.Retrying;
        var pause = Min(FirstPause * Math.Pow(2, Math.Min(link.Failures - 1, 10)), LongestPause) * (0.8 + (Random.Shared.NextDouble() * 0.4));
        link.RefreshAt = now + (retryAfter is { } asked && asked > pause ? Min(asked, LongestPause) : pause);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
