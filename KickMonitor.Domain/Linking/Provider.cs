using System.Text;
using System.Text.Json;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Linking;

/// <param name="Use">What we do with it, in words that the person who grants it understands.</param>
public sealed record ProviderScope(string Name, string Use);

/// <summary>
/// Somebody at whom people have accounts. The standard parts of OAuth are here; a provider adds its addresses, its scopes, how
/// to learn whose token it is, and its quirks.
/// </summary>
public abstract class Provider(ProviderHttp http, TimeProvider time)
{
    private static readonly TimeSpan DefaultLife = TimeSpan.FromHours(1);
    private const int LongestToken = 4096;
    private const int LongestLife = 366 * 24 * 3600;

    /// <summary>In addresses and the database; lower case.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>This installation has credentials for it.</summary>
    public abstract bool IsConfigured { get; }

    public abstract IReadOnlyList<ProviderScope> Scopes { get; }

    /// <summary>Where people approve; browsers are sent there.</summary>
    public abstract string AuthorizeUrl { get; }

    /// <summary>How often the provider wants to be asked whether a token still lives, 0 for never.</summary>
    public virtual TimeSpan CheckEvery => TimeSpan.Zero;

    /// <summary>The account is a channel of the kind that is watched here, and its owner is proven by the link.</summary>
    public virtual bool IsChannel => false;

    /// <summary>The issuer that answers must name (RFC 9207); null: this provider names none.</summary>
    protected virtual string? Issuer => null;

    protected abstract string TokenUrl { get; }

    protected abstract string? ClientId { get; }

    protected abstract string? ClientSecret { get; }

    protected ProviderHttp Http => http;

    public Uri AuthorizeAddress(string redirectUri, string state, string challenge)
    {
        var address = new StringBuilder(AuthorizeUrl);
        foreach (var (name, value) in AuthorizeParameters(redirectUri, state, challenge))
        {
            address.Append(address.Length == AuthorizeUrl.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return new Uri(address.ToString());
    }

    /// <summary>Whether an answer that names this issuer can be from here. One that names it unasked must at least be where people approve.</summary>
    public bool IsIssuer(string? named) => Issuer is { } known
        ? named == known
        : named is null || (Uri.TryCreate(named, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == new Uri(AuthorizeUrl).GetLeftPart(UriPartial.Authority));

    public Task<TokenAnswer> ExchangeAsync(string code, string verifier, string redirectUri, CancellationToken ct) => AskAsync(
        [
            new("grant_type", "authorization_code"),
            new("code", code),
            new("redirect_uri", redirectUri),
            new("code_verifier", verifier),
        ], ct);

    public Task<TokenAnswer> RefreshAsync(string refreshToken, CancellationToken ct) => AskAsync(
        [
            new("grant_type", "refresh_token"),
            new("refresh_token", refreshToken),
        ], ct);

    /// <summary>
    /// Whether the client id and secret are good, asked apart from any grant: Kick says "Invalid request" to a wrong secret, which
    /// may mean anything.
    /// </summary>
    /// <returns>Null if the provider did not say.</returns>
    public async Task<bool?> KnowsUsAsync(CancellationToken ct)
    {
        var answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Post, TokenUrl) { Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), .. Credentials]) }, ct);
        return answer.IsOk ? true : answer is { Trouble: null, Status: 401 or 403 } or { Trouble: null, Status: 400, Error: not null } ? false : null;
    }

    /// <returns>Null if the provider did not say whose the token is.</returns>
    public abstract Task<Identity?> IdentifyAsync(string accessToken, CancellationToken ct);

    /// <returns>Whether the token lives; null if the provider did not say.</returns>
    public abstract Task<bool?> IsAliveAsync(string accessToken, CancellationToken ct);

    /// <returns>Whether the provider will hear of it no more: it took the revocation, or said that it knows no such token. Whatever else it says is no end.</returns>
    public abstract Task<bool> RevokeAsync(string token, bool isRefreshToken, CancellationToken ct);

    protected virtual IEnumerable<(string Name, string Value)> AuthorizeParameters(string redirectUri, string state, string challenge) =>
    [
        ("response_type", "code"),
        ("client_id", ClientId ?? string.Empty),
        ("redirect_uri", redirectUri),
        ("scope", string.Join(' ', Scopes.Select(s => s.Name))),
        ("state", state),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];

    /// <summary>The grant is dead, as this provider says it.</summary>
    protected virtual bool IsRefusal(ProviderAnswer answer) => answer.Status == 400 && answer.Error == "invalid_grant";

    protected virtual bool IsMisconfiguration(ProviderAnswer answer) =>
        answer.Status is 401 or 403 || answer.Error is "invalid_client" or "unauthorized_client";

    protected static HttpRequestMessage Get(string address, string accessToken, string scheme = "Bearer")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Authorization = new(scheme, accessToken);
        return request;
    }

    private IEnumerable<KeyValuePair<string, string>> Credentials => [new("client_id", ClientId ?? string.Empty), new("client_secret", ClientSecret ?? string.Empty)];

    private async Task<TokenAnswer> AskAsync(List<KeyValuePair<string, string>> fields, CancellationToken ct)
    {
        var askedAt = time.GetUtcNow();
        var answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Post, TokenUrl) { Content = new FormUrlEncodedContent([.. fields, .. Credentials]) }, ct);
        if (answer.IsOk)
        {
            return Read(answer.Body, askedAt) is { } tokens ? new TokenAnswer.Granted(tokens) : new TokenAnswer.Failed("the answer holds no token", MayBeLost: true);
        }

        return answer.Trouble is not null ? new TokenAnswer.Failed(answer.Reason, answer.RetryAfter, answer.MayBeLost)
            : IsRefusal(answer) ? new TokenAnswer.Refused(answer.Reason)
            : IsMisconfiguration(answer) ? new TokenAnswer.Misconfigured(answer.Reason)
            : answer.Status == 400 ? new TokenAnswer.Doubtful($"{answer.Reason}, which says nothing about the grant")
            : new TokenAnswer.Failed(answer.Reason, answer.RetryAfter);
    }

    private static TokenPair? Read(JsonElement body, DateTimeOffset askedAt)
    {
        if (body.Text("access_token", LongestToken + 1) is not { Length: <= LongestToken } access
            || body.Text("refresh_token", LongestToken + 1) is { Length: > LongestToken }
            || !IsToken(access) || (body.Text("refresh_token", LongestToken) is { } refresh && !IsToken(refresh))
            || body.Text("token_type", 20) is { } type && !type.Equals("bearer", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var life = body.Integer("expires_in") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, LongestLife)) : DefaultLife;
        return new TokenPair(access, body.Text("refresh_token", LongestToken), askedAt + life, ScopesOf(body), askedAt);
    }

    /// <summary>Visible ASCII (RFC 6749, appendix A): anything else goes into no header.</summary>
    private static bool IsToken(string text) => !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <returns>Empty: nothing was granted. Null: the provider did not say.</returns>
    private static string? ScopesOf(JsonElement body) => body.Field("scope") switch
    {
        { ValueKind: JsonValueKind.Array } list => LenientJson.Storable(
            string.Join(' ', list.EnumerateArray().Where(s => s.ValueKind == JsonValueKind.String).Select(s => s.StringOrNull())), AccountLink.ScopesLength) ?? string.Empty,
        { ValueKind: JsonValueKind.String } => body.Text("scope", AccountLink.ScopesLength) ?? string.Empty,
        _ => null,
    };
}

/// <summary>The providers that the product knows.</summary>
public sealed class Providers(IEnumerable<Provider> all)
{
    public IReadOnlyList<Provider> All { get; } = [.. all];

    public IEnumerable<Provider> Configured => All.Where(p => p.IsConfigured);

    public Provider? Find(string? name) => All.FirstOrDefault(p => p.Name == name);
}
