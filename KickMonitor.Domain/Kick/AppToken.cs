using System.Text.Json;

namespace KickMonitor.Domain.Kick;

/// <summary>The app's own token: kept in memory, renewed when 90 % of its life is over, fetched once for everybody who waits.</summary>
public sealed class AppToken(KickTransport transport, KickOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan DefaultLife = TimeSpan.FromHours(1);
    private readonly SemaphoreSlim _fetching = new(1, 1);
    private Issued? _issued;

    public void Dispose() => _fetching.Dispose();

    /// <param name="refused">A token that Kick has just refused: it is not handed out again.</param>
    public async Task<KickResult<string>> GetAsync(string? refused, CallPriority priority, CancellationToken ct)
    {
        if (Current(refused) is { } current)
        {
            return current;
        }

        await _fetching.WaitAsync(ct);
        try
        {
            return Current(refused) is { } fetched ? fetched : await FetchAsync(priority, ct);
        }
        finally
        {
            _fetching.Release();
        }
    }

    // Other credentials, other token: they can be changed while the program runs.
    private (string?, string?, string) Credentials => (options.ClientId, options.ClientSecret, options.IdBaseUrl);

    private string? Current(string? refused) =>
        _issued is { } issued && issued.Token != refused && issued.To == Credentials && time.GetUtcNow() < issued.RenewAt ? issued.Token : null;

    private async Task<KickResult<string>> FetchAsync(CallPriority priority, CancellationToken ct)
    {
        if (!options.HasCredentials)
        {
            return new KickFailure(KickFailureKind.Unauthorized, "no Kick credentials are configured");
        }

        var credentials = Credentials;
        var answer = await transport.SendAsync("token", priority, () => new HttpRequestMessage(HttpMethod.Post, options.IdBaseUrl.TrimEnd('/') + "/oauth/token")
        {
            Content = new FormUrlEncodedContent(
            [
                new("grant_type", "client_credentials"),
                new("client_id", options.ClientId),
                new("client_secret", options.ClientSecret),
            ]),
        }, ct);
        if (answer.Failure is { } failure)
        {
            // A 400 or 401 here means the credentials, whatever text comes with it.
            return failure.Kind is KickFailureKind.Rejected or KickFailureKind.Unauthorized
                ? failure with { Kind = KickFailureKind.Unauthorized, Detail = "Kick refused the client id and secret" }
                : failure;
        }

        using var body = answer.Value;
        string? token = body.RootElement.Text("access_token", 4096);
        if (token is null)
        {
            return new KickFailure(KickFailureKind.Unreadable, "the token answer holds no access token");
        }

        var life = body.RootElement.Integer("expires_in") is > 0 and <= 315_360_000 and var seconds ? TimeSpan.FromSeconds(seconds) : DefaultLife;
        _issued = new Issued(token, time.GetUtcNow() + (life * 0.9), credentials);
        return token;
    }

    private sealed record Issued(string Token, DateTimeOffset RenewAt, (string?, string?, string) To);
}
