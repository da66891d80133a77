using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>An event that Kick delivered.</summary>
/// <param name="MessageId">Kick's own id of the delivery.</param>
/// <param name="Streamer">The slug that the streamer has now; null if nobody watches that channel.</param>
/// <param name="OccurredAt">When it happened, as well as its body lets one know.</param>
/// <param name="Late">It came too late to be acted on.</param>
/// <param name="DuplicateOf">The id of the first event that told the same.</param>
/// <param name="State">pending, done, held (stored and not acted on) or failed.</param>
/// <param name="Summary">One plain sentence.</param>
/// <param name="Payload">As it was received; null for Viewers and where it cannot be read.</param>
/// <param name="Unreadable">The body is no JSON object.</param>
public sealed record EventView(
    long Id, string MessageId, string Type, string? Streamer, DateTimeOffset OccurredAt, DateTimeOffset ReceivedAt, long DelayMs, bool Late, long? DuplicateOf, string State, string Summary,
    JsonElement? Payload, bool Unreadable)
{
    public static EventView Of(EventRow row, BoardSnapshot board, bool withPayload) => new(
        row.Id, row.MessageId, row.Type, row.BroadcasterUserId is { } id ? board.Find(id)?.Slug : null, row.OccurredAt, row.ReceivedAt, row.DelayMs, row.IsLate, row.DuplicateOf,
        row.State.ToString().ToLowerInvariant(), row.Summary, withPayload && row.IsReadable ? Parse(row.Body) : null, !row.IsReadable);

    private static JsonElement Parse(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }
}

internal static class EventsApi
{
    private const char Events = 'w';

    public static void MapEvents(this IEndpointRouteBuilder api) =>
        api.MapGet("/events", ReadAsync).WithTags("Events").RequireScope(TokenScope.Read).WithSummary("List the events that Kick delivered, newest first").ProducesProblem(400).ProducesProblem(404);

    private static async Task<Results<Ok<Page<EventView>>, ProblemHttpResult>> ReadAsync(
        CurrentPerson person, VisibleStreamers streamers, LiveBoard board, EventHistory history, CancellationToken ct,
        [Description("Only this type, like channel.followed.")] string? type = null,
        [Description("Only this streamer's, by slug.")] string? streamer = null,
        [Description("Also those that told what another had told before.")] bool duplicates = false,
        [Description("How many at most, 1 to 200; 50 if left out.")] int? limit = null,
        [Description("The next of the page before.")] string? after = null)
    {
        if (!PageLimit.IsGood(limit))
        {
            return TypedResults.Problem(PageLimit.Problem, statusCode: 400);
        }

        if (!Cursor.TryRead<long>(Events, after, out var before))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        var rights = person.Rights;
        var query = EventSight.QueryOf(rights, board.Snapshot);
        if (streamer is not null)
        {
            if (await streamers.FindAsync(streamer, rights, ct) is not { } row)
            {
                return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
            }

            query = query with { Broadcasters = [row.BroadcasterUserId] };
        }

        int most = limit ?? PageLimit.Usual;
        var found = await history.ReadAsync(query with { Type = Storable(type), Before = before, WithDuplicates = duplicates, Limit = most + 1 }, ct);
        string? next = found.Count > most ? Cursor.Of(Events, found[most - 1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new Page<EventView>([.. found.Take(most).Select(e => EventView.Of(e, board.Snapshot, rights.Role != Role.Viewer))], next));
    }

    private static string? Storable(string? text) => text?.Replace("\0", "\uFFFD", StringComparison.Ordinal);
}
