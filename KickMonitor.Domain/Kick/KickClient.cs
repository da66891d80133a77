using System.Globalization;
using System.Text.Json;

namespace KickMonitor.Domain.Kick;

/// <summary>Kick's public API, as far as the product asks it. All calls use the app token; failures are values.</summary>
public sealed class KickClient(KickTransport transport, AppToken token, KickOptions options)
{
    /// <summary>The most ids that <c>users/livestreams</c> answers.</summary>
    public const int LivestreamBatch = 100;

    /// <summary>The most ids or slugs that <c>channels</c> and <c>users</c> answer.</summary>
    public const int ChannelBatch = 50;

    /// <summary>One slug that is longer fails Kick's whole call.</summary>
    public const int LongestSlug = 25;

    public long Sent => transport.Sent;

    /// <summary>Of up to 100 broadcasters, those who are live.</summary>
    public Task<KickResult<List<KickLivestream>>> GetLivestreamsAsync(IReadOnlyCollection<long> ids, CallPriority priority, CancellationToken ct) =>
        GetAsync("livestreams", "/public/v1/users/livestreams" + Query("user_id", ids), KickJson.Livestreams, priority, ct);

    /// <summary>Of up to 50 broadcasters, the channels that Kick knows; unknown ones are left out.</summary>
    public Task<KickResult<List<KickChannel>>> GetChannelsAsync(IReadOnlyCollection<long> ids, CallPriority priority, CancellationToken ct) =>
        GetAsync("channels", "/public/v1/channels" + Query("broadcaster_user_id", ids), KickJson.Channels, priority, ct);

    /// <summary>
    /// Of up to 50 slugs, the channels that Kick knows. Kick refuses a whole call for one ill-formed slug, so a refused batch is
    /// halved until the bad one stands alone, which then counts as unknown.
    /// </summary>
    public async Task<KickResult<List<KickChannel>>> FindChannelsAsync(IReadOnlyList<string> slugs, CallPriority priority, CancellationToken ct)
    {
        var answer = await GetAsync("channels", "/public/v1/channels" + Query("slug", slugs), KickJson.Channels, priority, ct);
        if (answer.Failure is not { Kind: KickFailureKind.Rejected, Status: 400 })
        {
            return answer;
        }

        if (slugs.Count == 1)
        {
            return new List<KickChannel>();
        }

        var first = await FindChannelsAsync([.. slugs.Take(slugs.Count / 2)], priority, ct);
        if (!first.IsOk)
        {
            return first;
        }

        var second = await FindChannelsAsync([.. slugs.Skip(slugs.Count / 2)], priority, ct);
        return second.Then(rest => new List<KickChannel>([.. first.Value, .. rest]));
    }

    public Task<KickResult<List<KickUser>>> GetUsersAsync(IReadOnlyCollection<long> ids, CallPriority priority, CancellationToken ct) =>
        GetAsync("users", "/public/v1/users" + Query("id", ids), KickJson.Users, priority, ct);

    /// <summary>The key that Kick signs webhooks with, in PEM.</summary>
    public async Task<KickResult<string>> GetPublicKeyAsync(CancellationToken ct)
    {
        var answer = await transport.SendAsync("public-key", CallPriority.Urgent, () => Request("/public/v1/public-key", null), ct);
        if (answer.Failure is { } failure)
        {
            return failure;
        }

        using var body = answer.Value;
        return (body.RootElement.Field("data") ?? default).Text("public_key", 4096) is { } pem
            ? pem
            : new KickFailure(KickFailureKind.Unreadable, "the answer holds no public key");
    }

    private async Task<KickResult<List<T>>> GetAsync<T>(string endpoint, string path, Func<JsonElement, List<T>> read, CallPriority priority, CancellationToken ct)
    {
        string? refused = null;
        while (true)
        {
            var bearer = await token.GetAsync(refused, priority, ct);
            if (bearer.Failure is { } noToken)
            {
                return noToken;
            }

            var answer = await transport.SendAsync(endpoint, priority, () => Request(path, bearer.Value), ct);
            if (answer.Failure is { Kind: KickFailureKind.Unauthorized, Status: 401 } && refused is null)
            {
                // Kick has refused app tokens long before their time: one fresh one, then give up.
                refused = bearer.Value;
                continue;
            }

            if (answer.Failure is { } failure)
            {
                return failure;
            }

            using var body = answer.Value;
            if (body.RootElement.Field("data") is not { ValueKind: JsonValueKind.Array } data)
            {
                return new KickFailure(KickFailureKind.Unreadable, "the answer holds no list");
            }

            // Whoever is left out counts as absent, so rows of which none can be told apart are no answer.
            var rows = read(data);
            return rows.Count > 0 || data.GetArrayLength() == 0
                ? rows
                : new KickFailure(KickFailureKind.Unreadable, "the answer's rows name nobody");
        }
    }

    private HttpRequestMessage Request(string path, string? bearer)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, options.ApiBaseUrl.TrimEnd('/') + path);
        request.Headers.Accept.ParseAdd("application/json");
        if (bearer is not null)
        {
            request.Headers.Authorization = new("Bearer", bearer);
        }

        return request;
    }

    private static string Query<T>(string name, IEnumerable<T> values)
    {
        var query = new System.Text.StringBuilder();
        foreach (var value in values)
        {
            query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(Convert.ToString(value, CultureInfo.InvariantCulture)!));
        }

        return query.ToString();
    }
}
