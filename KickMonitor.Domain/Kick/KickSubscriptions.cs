using System.Text;
using System.Text.Json;

namespace KickMonitor.Domain.Kick;

/// <summary>A subscription as Kick lists it.</summary>
public sealed record KickSubscription(string Id, string Type, long BroadcasterUserId, DateTimeOffset? CreatedAt);

/// <summary>What asking for one event came to.</summary>
/// <param name="Error">Kick's word for why not; a 200 does not mean success.</param>
public sealed record KickSubscribed(string Type, string? Id, string? Error);

/// <summary>Event subscriptions at Kick, with the app token, or with that of a channel's owner.</summary>
public sealed class KickSubscriptions(KickTransport transport, AppToken token, KickOptions options)
{
    /// <summary>Kick takes half a second for each and gives no more than a few seconds to all.</summary>
    public const int MostCreatedAtOnce = 5;

    /// <summary>Hundreds at once are always refused.</summary>
    public const int MostDeletedAtOnce = 50;

    public const string LimitReached = "limit reached";

    private const string Path = "/public/v1/events/subscriptions";

    /// <summary>All of the app's; Kick answers them at once.</summary>
    public async Task<KickResult<List<KickSubscription>>> ListAsync(CancellationToken ct)
    {
        var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, Address(string.Empty)), ct);
        if (answer.Failure is { } failure)
        {
            return failure;
        }

        using var body = answer.Value;
        if (body.RootElement.Field("data") is not { ValueKind: JsonValueKind.Array } data)
        {
            return new KickFailure(KickFailureKind.Unreadable, "the answer holds no list");
        }

        var rows = new List<KickSubscription>();
        foreach (var row in data.EnumerateArray())
        {
            if (row.Text("id", 128) is { } id && (row.Text("event", 100) ?? row.Text("name", 100)) is { } type && row.Integer("broadcaster_user_id") is { } broadcaster)
            {
                rows.Add(new KickSubscription(id, type, broadcaster, row.Time("created_at")));
            }
        }

        return rows;
    }

    /// <param name="ownerToken">Of the channel's owner; null: the app's own.</param>
    public async Task<KickResult<List<KickSubscribed>>> CreateAsync(long broadcasterUserId, IReadOnlyCollection<string> types, string? ownerToken, CancellationToken ct)
    {
        string wish = JsonSerializer.Serialize(new
        {
            broadcaster_user_id = broadcasterUserId,
            method = "webhook",
            events = types.Select(t => new { name = t, version = 1 }),
        });
        var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, Address(string.Empty)) { Content = new StringContent(wish, Encoding.UTF8, "application/json") }, ct, ownerToken);
        if (answer.Failure is { } failure)
        {
            return failure;
        }

        using var body = answer.Value;
        var rows = new List<KickSubscribed>();
        foreach (var row in body.RootElement.Field("data") is { ValueKind: JsonValueKind.Array } data ? [.. data.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            if (row.Text("name", 100) is { } type)
            {
                rows.Add(new KickSubscribed(type, row.Text("subscription_id", 128), row.Text("error", 300)));
            }
        }

        return rows;
    }

    public async Task<KickFailure?> DeleteAsync(IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        foreach (string[] some in ids.Chunk(MostDeletedAtOnce))
        {
            string query = string.Join('&', some.Select(id => "id=" + Uri.EscapeDataString(id)));
            var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, Address("?" + query)), ct);
            if (answer.Failure is { Status: not 204 } failure)
            {
                return failure;
            }

            if (answer.IsOk)
            {
                answer.Value.Dispose();
            }
        }

        return null;
    }

    private string Address(string query) => options.ApiBaseUrl.TrimEnd('/') + Path + query;

    private async Task<KickResult<JsonDocument>> SendAsync(Func<HttpRequestMessage> request, CancellationToken ct, string? ownerToken = null)
    {
        if (ownerToken is not null)
        {
            return await SendAsync(request, ownerToken, ct);
        }

        string? refused = null;
        while (true)
        {
            var bearer = await token.GetAsync(refused, CallPriority.Spare, ct);
            if (bearer.Failure is { } noToken)
            {
                return noToken;
            }

            var answer = await SendAsync(request, bearer.Value, ct);
            if (answer.Failure is not { Kind: KickFailureKind.Unauthorized, Status: 401 } || refused is not null)
            {
                return answer;
            }

            refused = bearer.Value;
        }
    }

    private Task<KickResult<JsonDocument>> SendAsync(Func<HttpRequestMessage> request, string bearer, CancellationToken ct) => transport.SendAsync("subscriptions", CallPriority.Spare, () =>
    {
        var message = request();
        message.Headers.Accept.ParseAdd("application/json");
        message.Headers.Authorization = new("Bearer", bearer);
        return message;
    }, ct);
}
