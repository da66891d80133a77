using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace KickMonitor.Sandbox;

/// <summary>What one person allowed the app. Each refresh replaces the pair of tokens.</summary>
public sealed class Grant(long userId, string scope)
{
    public long UserId { get; } = userId;

    public string Scope { get; } = scope;

    public string Access { get; internal set; } = "";

    public DateTimeOffset AccessExpiresAt { get; internal set; }

    public string Refresh { get; internal set; } = "";

    public DateTimeOffset RefreshExpiresAt { get; internal set; }

    public bool IsRevoked { get; internal set; }

    /// <summary>How often the pair was replaced.</summary>
    public int Refreshes { get; internal set; }

    /// <summary>The one before, and how long it is still taken.</summary>
    internal string? OldRefresh { get; set; }

    internal DateTimeOffset OldRefreshUntil { get; set; }
}

/// <summary>An authorization server's memory: codes that were given out, and grants that came of them.</summary>
public class Grants(TimeProvider time, TimeSpan accessLife)
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RefreshLife = TimeSpan.FromDays(30);
    private readonly Lock _changing = new();
    private readonly Dictionary<string, Code> _codes = new(StringComparer.Ordinal);
    private readonly List<Grant> _grants = [];

    /// <summary>How long a replaced refresh token is still taken; zero makes them single-use.</summary>
    public TimeSpan ReuseWindow { get; set; } = TimeSpan.FromSeconds(60);

    public TimeSpan AccessLife { get; set; } = accessLife;

    /// <summary>Scopes that people are never asked for, so that less is granted than was wanted.</summary>
    public HashSet<string> Withheld { get; } = new(StringComparer.Ordinal);

    /// <summary>Every text that was ever secret, for those who search logs and dumps.</summary>
    public HashSet<string> EverySecret { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers every refresh with an empty 400, as Kick sometimes does.</summary>
    public bool RefusesWithoutReason { get; set; }

    /// <summary>How often a spent refresh token was presented.</summary>
    public int SpentTokensPresented { get; private set; }

    public IReadOnlyList<Grant> All
    {
        get
        {
            lock (_changing)
            {
                return [.. _grants];
            }
        }
    }

    /// <summary>As when a person has allowed the app.</summary>
    public Grant Issue(long userId, string scope)
    {
        lock (_changing)
        {
            var grant = new Grant(userId, scope);
            Renew(grant);
            _grants.Add(grant);
            return grant;
        }
    }

    internal string IssueCode(long userId, string scope, string redirectUri, string? challenge)
    {
        lock (_changing)
        {
            string code = Secret(40);
            scope = string.Join(' ', scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(s => !Withheld.Contains(s)));
            _codes[code] = new Code(userId, scope, redirectUri, challenge, time.GetUtcNow() + CodeLife);
            return code;
        }
    }

    /// <returns>Null for a code that is unknown, spent, late, or brought with the wrong address or verifier.</returns>
    internal Grant? Exchange(string? code, string? redirectUri, string? verifier)
    {
        lock (_changing)
        {
            if (verifier is not null)
            {
                EverySecret.Add(verifier);
            }

            if (code is null || !_codes.TryGetValue(code, out var known))
            {
                return null;
            }

            if (known.Grant is { } earlier)
            {
                // A code that comes twice was stolen, so what it gave is taken back.
                earlier.IsRevoked = true;
                return null;
            }

            if (known.ExpiresAt <= time.GetUtcNow() || known.RedirectUri != redirectUri || (known.Challenge is { } challenge && challenge != ChallengeOf(verifier)))
            {
                _codes.Remove(code);
                return null;
            }

            var grant = new Grant(known.UserId, known.Scope);
            Renew(grant);
            _grants.Add(grant);
            _codes[code] = known with { Grant = grant };
            return grant;
        }
    }

    /// <returns>Null for a refresh token that is unknown, revoked, late, or was replaced too long ago.</returns>
    internal Grant? Refresh(string? token)
    {
        lock (_changing)
        {
            var now = time.GetUtcNow();
            if (_grants.Find(g => !g.IsRevoked && g.Refresh == token && g.RefreshExpiresAt > now) is { } current)
            {
                current.OldRefresh = current.Refresh;
                current.OldRefreshUntil = now + ReuseWindow;
                current.Refreshes++;
                Renew(current);
                return current;
            }

            if (_grants.Find(g => !g.IsRevoked && g.OldRefresh == token && token is not null) is not { } old)
            {
                return null;
            }

            if (old.OldRefreshUntil > now)
            {
                old.Refreshes++;
                Renew(old);
                return old;
            }

            SpentTokensPresented++;
            return null;
        }
    }

    /// <summary>Null for an access token that is unknown, revoked, replaced or late.</summary>
    internal Grant? Find(string? access)
    {
        lock (_changing)
        {
            return _grants.Find(g => !g.IsRevoked && g.Access == access && g.AccessExpiresAt > time.GetUtcNow());
        }
    }

    /// <summary>As when the person disconnects the app on the provider's own pages.</summary>
    public void Disconnect(long userId)
    {
        lock (_changing)
        {
            _grants.FindAll(g => g.UserId == userId).ForEach(g => g.IsRevoked = true);
        }
    }

    internal bool Revoke(string token)
    {
        lock (_changing)
        {
            var found = _grants.FindAll(g => g.Access == token || g.Refresh == token);
            found.ForEach(g => g.IsRevoked = true);
            return found.Count > 0;
        }
    }

    internal void Forget()
    {
        lock (_changing)
        {
            _codes.Clear();
            _grants.Clear();
        }
    }

    private void Renew(Grant grant)
    {
        var now = time.GetUtcNow();
        grant.Access = Secret(48);
        grant.AccessExpiresAt = now + AccessLife;
        grant.Refresh = Secret(56);
        grant.RefreshExpiresAt = now + RefreshLife;
    }

    private string Secret(int length)
    {
        string secret = RandomNumberGenerator.GetString(Letters, length);
        EverySecret.Add(secret);
        return secret;
    }

    private static string? ChallengeOf(string? verifier) =>
        verifier is { Length: >= 43 and <= 128 } ? Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) : null;

    private sealed record Code(long UserId, string Scope, string RedirectUri, string? Challenge, DateTimeOffset ExpiresAt)
    {
        public Grant? Grant { get; init; }
    }
}

/// <summary>Two hours, as Kick's user tokens.</summary>
public sealed class KickGrants(TimeProvider time) : Grants(time, TimeSpan.FromHours(2));

/// <summary>Four hours, as Twitch's.</summary>
public sealed class TwitchGrants(TimeProvider time) : Grants(time, TimeSpan.FromHours(4));
