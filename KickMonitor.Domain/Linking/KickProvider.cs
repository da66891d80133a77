using System.Text.Json;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Linking;

public sealed class KickProvider(KickOptions kick, ProviderHttp http, TimeProvider time) : Provider(http, time)
{
    public override string Name => "kick";

    public override string Title => "Kick";

    public override bool IsConfigured => kick.HasCredentials;

    public override bool IsChannel => true;

    public override IReadOnlyList<ProviderScope> Scopes { get; } =
    [
        new("user:read", "see which Kick account is yours, its name and picture"),
        new("events:subscribe", "be told at once when you go live, are followed, subscribed to or gifted"),
    ];

    public override string AuthorizeUrl => Id("/oauth/authorize");

    protected override string TokenUrl => Id("/oauth/token");

    protected override string? ClientId => kick.ClientId;

    protected override string? ClientSecret => kick.ClientSecret;

    public override async Task<Identity?> IdentifyAsync(string accessToken, CancellationToken ct)
    {
        // Without ids it answers for the token's own user.
        var answer = await Http.SendAsync(Get(kick.ApiBaseUrl.TrimEnd('/') + "/public/v1/users", accessToken), ct);
        return answer.IsOk && answer.Body.Field("data") is { ValueKind: JsonValueKind.Array } rows && KickJson.Users(rows) is [var user]
            ? new Identity(user.UserId.ToString(System.Globalization.CultureInfo.InvariantCulture), user.Name, user.ProfilePicture)
            : null;
    }

    public override async Task<bool?> IsAliveAsync(string accessToken, CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Id("/oauth/token/introspect"));
        request.Headers.Authorization = new("Bearer", accessToken);
        var answer = await Http.SendAsync(request, ct);
        return answer.Status == 401 ? false : answer.IsOk ? (answer.Body.Field("data") ?? default).Flag("active") : null;
    }

    public override async Task<bool> RevokeAsync(string token, bool isRefreshToken, CancellationToken ct)
    {
        // Kick reads these from the query, and the hint is spelled like this.
        string query = $"?token={Uri.EscapeDataString(token)}&token_hint_type={(isRefreshToken ? "refresh_token" : "access_token")}";
        var answer = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, Id("/oauth/revoke") + query), ct);
        return answer.IsOk;
    }

    protected override IEnumerable<(string Name, string Value)> AuthorizeParameters(string redirectUri, string state, string challenge)
    {
        // Kick's login page turns the first 127.0.0.1 in its address into localhost; a throw-away one takes the blow.
        IEnumerable<(string, string)> shield = redirectUri.Contains("127.0.0.1", StringComparison.Ordinal) ? [("redirect", "127.0.0.1")] : [];
        return shield.Concat(base.AuthorizeParameters(redirectUri, state, challenge));
    }

    private string Id(string path) => kick.IdBaseUrl.TrimEnd('/') + path;
}
