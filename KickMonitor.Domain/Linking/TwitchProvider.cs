using System.Text.Json;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Domain.Linking;

public sealed class TwitchOptions
{
    public const string Section = "Twitch";

    [Setting("The client id of the app at Twitch")]
    public string? ClientId { get; set; }

    [Setting("The client secret of the app at Twitch", IsSecret = true)]
    public string? ClientSecret { get; set; }

    [HttpAddress]
    public string IdBaseUrl { get; set; } = "https://id.twitch.tv";

    [HttpAddress]
    public string ApiBaseUrl { get; set; } = "https://api.twitch.tv";

    public bool HasCredentials => !string.IsNullOrWhiteSpace(ClientId) && !string.IsNullOrWhiteSpace(ClientSecret);
}

public sealed class TwitchProvider(TwitchOptions twitch, ProviderHttp http, TimeProvider time) : Provider(http, time)
{
    public override string Name => "twitch";

    public override string Title => "Twitch";

    public override bool IsConfigured => twitch.HasCredentials;

    /// <summary>Whose account it is, Twitch says without any.</summary>
    public override IReadOnlyList<ProviderScope> Scopes { get; } = [];

    public override string AuthorizeUrl => Id("/oauth2/authorize");

    /// <summary>Twitch audits that it is asked hourly.</summary>
    public override TimeSpan CheckEvery => TimeSpan.FromHours(1);

    protected override string TokenUrl => Id("/oauth2/token");

    protected override string? ClientId => twitch.ClientId;

    protected override string? ClientSecret => twitch.ClientSecret;

    public override async Task<Identity?> IdentifyAsync(string accessToken, CancellationToken ct)
    {
        var request = Get(twitch.ApiBaseUrl.TrimEnd('/') + "/helix/users", accessToken);
        request.Headers.Add("Client-Id", twitch.ClientId);
        var answer = await Http.SendAsync(request, ct);
        return answer.IsOk && answer.Body.Field("data") is { ValueKind: JsonValueKind.Array } rows && rows.GetArrayLength() == 1 && rows[0].Text("id", 50) is { } id
            ? new Identity(id, rows[0].Text("display_name", AccountLink.NameLength), rows[0].Text("profile_image_url", AccountLink.UrlLength))
            : null;
    }

    public override async Task<bool?> IsAliveAsync(string accessToken, CancellationToken ct)
    {
        var answer = await Http.SendAsync(Get(Id("/oauth2/validate"), accessToken, "OAuth"), ct);
        return answer.Status == 401 ? false : answer.IsOk ? true : null;
    }

    public override async Task<bool> RevokeAsync(string token, bool isRefreshToken, CancellationToken ct)
    {
        var answer = await Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, Id("/oauth2/revoke"))
            {
                Content = new FormUrlEncodedContent([new("client_id", twitch.ClientId), new("token", token)]),
            }, ct);
        return answer.IsOk || (answer.Trouble is null && answer.Status == 400 && answer.Body.Text("message", 100) is "Invalid token");
    }

    /// <summary>Twitch has no invalid_grant; it says so in words.</summary>
    protected override bool IsRefusal(ProviderAnswer answer) =>
        answer.Status == 400 && answer.Body.Text("message", 100) is "Invalid refresh token" or "Invalid authorization code";

    private string Id(string path) => twitch.IdBaseUrl.TrimEnd('/') + path;
}
