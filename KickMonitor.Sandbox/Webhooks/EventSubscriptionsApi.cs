using System.Text.Json;

namespace KickMonitor.Sandbox;

internal static class EventSubscriptionsApi
{
    private const string Path = "/public/v1/events/subscriptions";
    private const int MostDeletedAtOnce = 50;

    public static void MapEventSubscriptions(this IEndpointRouteBuilder api)
    {
        api.MapGet(Path, List).InGroup(EndpointGroup.Events);
        api.MapPost(Path, AddAsync).InGroup(EndpointGroup.Events);
        api.MapDelete(Path, Remove).InGroup(EndpointGroup.Events);
    }

    private static IResult List(HttpRequest request, EventSubscriptions subscriptions, SandboxOptions options, WebhookFaults faults)
    {
        if (request.Query.Ids("broadcaster_user_id", 1) is not { } ids)
        {
            return Answer.InvalidRequest();
        }

        var found = faults.NotListed ? [] : subscriptions.All.Where(s => ids.Length == 0 || ids.Contains(s.BroadcasterId));
        return Answer.Ok(found.Select(s => new Row(s.Id, options.ClientId, s.BroadcasterId, s.Event, 1, "webhook", KickJson.Time(s.CreatedAt), KickJson.Time(s.CreatedAt))).ToArray());
    }

    private static async Task<IResult> AddAsync(HttpRequest request, EventSubscriptions subscriptions, World world, KickGrants grants, WebhookFaults faults, CancellationToken ct)
    {
        JsonElement asked;
        try
        {
            asked = (await JsonDocument.ParseAsync(request.Body, cancellationToken: ct)).RootElement;
        }
        catch (JsonException)
        {
            return Answer.InvalidRequest();
        }

        if (asked.ValueKind != JsonValueKind.Object || !asked.TryGetProperty("events", out var events) || events.ValueKind != JsonValueKind.Array || events.GetArrayLength() == 0
            || !asked.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String || method.GetString() != "webhook"
            || !events.EnumerateArray().All(IsEvent))
        {
            return Answer.InvalidRequest();
        }

        // A person's token is for their own channel, whatever the body says.
        long broadcaster;
        if (BearerToken.Read(request) is { } token && grants.Find(token) is { } grant)
        {
            broadcaster = grant.UserId;
        }
        else if (faults.OwnersOnly)
        {
            return Answer.Forbidden();
        }
        else if (!asked.TryGetProperty("broadcaster_user_id", out var id) || !id.TryGetInt64(out broadcaster))
        {
            return Answer.BadRequest("broadcaster_user_id is required for app tokens");
        }

        if (world.Find(broadcaster) is null)
        {
            return Answer.InvalidRequest();
        }

        return subscriptions.Add(broadcaster, [.. events.EnumerateArray().Select(e => e.GetProperty("name").GetString()!)]) is { } made
            ? Answer.Ok(made.Select(m => m.Error is null ? (object)new Made(m.Event, 1, m.Id) : new NotMade(m.Event, 1, "", m.Error)).ToArray())
            : Answer.BadRequest("event subscription limit reached");
    }

    private static IResult Remove(HttpRequest request, EventSubscriptions subscriptions)
    {
        string[] ids = [.. request.Query["id"].OfType<string>()];
        if (ids.Length is 0 or > MostDeletedAtOnce)
        {
            return Answer.InvalidRequest();
        }

        subscriptions.Remove(ids);
        return Results.NoContent();
    }

    private static bool IsEvent(JsonElement e) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
        && e.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.Number;

    private sealed record Row(string Id, string AppId, long BroadcasterUserId, string Event, int Version, string Method, string CreatedAt, string UpdatedAt);

    private sealed record Made(string Name, int Version, string SubscriptionId);

    private sealed record NotMade(string Name, int Version, string SubscriptionId, string Error);
}
