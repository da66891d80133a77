using System.Text.Json;

namespace KickMonitor.Sandbox;

internal static class WebhooksControl
{
    public static void MapWebhooksControl(this IEndpointRouteBuilder control)
    {
        control.MapGet("/webhooks", View);
        control.MapPatch("/webhooks", Change);
        control.MapDelete("/webhooks/subscriptions", (EventSubscriptions subscriptions, string? type) => subscriptions.RemoveAll(type));
        control.MapGet("/webhooks/deliveries", (Webhooks webhooks, int? take) => webhooks.History.Reverse().Take(Math.Clamp(take ?? 100, 1, 2000)));
        control.MapPost("/events", (NewEvent asked, SampleEvents samples, World world) =>
            samples.Make(asked.Type, asked.BroadcasterId ?? world.Find(asked.Slug ?? "")?.Id ?? 0) is { } begun
                ? Results.Ok(new { deliveries = begun })
                : Results.Json(new { error = "There is no such type or streamer, or nothing to tell of them." }, statusCode: 400));
    }

    private static object View(Webhooks webhooks, EventSubscriptions subscriptions) =>
        new { url = webhooks.Url?.ToString(), subscriptions = subscriptions.All.Count, webhooks.Delivered, webhooks.Underway, faults = webhooks.Faults };

    /// <summary>Takes the address and any of the faults by name; what is left out stays.</summary>
    private static IResult Change(JsonElement asked, Webhooks webhooks, EventSubscriptions subscriptions)
    {
        foreach (var wish in asked.EnumerateObject())
        {
            if (wish.Name == "url")
            {
                var text = wish.Value.GetString();
                if (!string.IsNullOrEmpty(text) && !(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
                {
                    return Results.Json(new { error = "That is no address." }, statusCode: 400);
                }

                webhooks.Url = string.IsNullOrEmpty(text) ? null : new Uri(text);
                continue;
            }

            if (typeof(WebhookFaults).GetProperties().FirstOrDefault(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name) == wish.Name) is not { } fault)
            {
                return Results.Json(new { error = $"There is no fault called '{wish.Name}'." }, statusCode: 400);
            }

            try
            {
                fault.SetValue(webhooks.Faults, wish.Value.ValueKind == JsonValueKind.String && wish.Value.GetString() is "" ? null : wish.Value.Deserialize(fault.PropertyType));
            }
            catch (JsonException)
            {
                return Results.Json(new { error = $"'{wish.Name}' is not of that kind." }, statusCode: 400);
            }
        }

        return Results.Ok(View(webhooks, subscriptions));
    }

    private sealed record NewEvent(string Type, long? BroadcasterId, string? Slug);
}
