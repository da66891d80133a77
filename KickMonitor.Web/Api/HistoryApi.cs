using System.ComponentModel;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>A change of one streamer.</summary>
/// <param name="Streamer">The slug that the streamer has now.</param>
/// <param name="OccurredAt">When it really happened, as well as Kick lets one know.</param>
/// <param name="DelayMs">Between happening and noticing; null when it happened before the streamer was watched.</param>
/// <param name="Previous">What a changed title, category, language or slug was before.</param>
/// <param name="Value">What it became.</param>
public sealed record StatusEventView(
    long Id, string Streamer, StatusEventKind Kind, DateTimeOffset OccurredAt, DateTimeOffset ObservedAt, long? DelayMs, Source Source,
    int? Viewers, string? Title, string? Category, string? Previous, string? Value, long? BroadcastId)
{
    public static StatusEventView Of(StatusEvent told, string slug) => new(
        told.Id, slug, told.Kind, told.OccurredAt, told.ObservedAt, told.DelayMs, told.Source,
        told.Viewers, told.Title, told.Category, told.Previous, told.Value, told.BroadcastId);
}

/// <summary>A broadcast. Averages are weighted by time and leave doubtful counts out.</summary>
/// <param name="EndedAt">Null while it is on.</param>
/// <param name="Coverage">For which part of it there is a believed count, 0 to 1.</param>
public sealed record BroadcastView(
    long Id, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Title, string? Category,
    int? PeakViewers, double? AverageViewers, double HoursWatched, double Coverage)
{
    public static BroadcastView Of(Broadcast broadcast, TimeSpan length) => new(
        broadcast.Id, broadcast.StartedAt, broadcast.EndedAt, broadcast.Title, broadcast.Category, broadcast.PeakViewers,
        broadcast.CoveredSeconds > 0 ? Math.Round(broadcast.ViewerSeconds / broadcast.CoveredSeconds, 3) : null,
        Math.Round(broadcast.ViewerSeconds / 3600, 3),
        length > TimeSpan.Zero ? Math.Round(Math.Clamp(broadcast.CoveredSeconds / length.TotalSeconds, 0, 1), 3) : 0);
}

/// <summary>What happened to one streamer.</summary>
internal static class HistoryApi
{
    private const char StatusEvents = 'e';
    private const char Broadcasts = 'b';
    private const char Viewers = 'v';
    private static readonly TimeSpan UsualSpan = TimeSpan.FromDays(1);

    public static void MapHistory(this IEndpointRouteBuilder api)
    {
        var streamer = api.MapGroup("/streamers/{slug}").WithTags("History").RequireScope(TokenScope.Read).ProducesProblem(400).ProducesProblem(404);
        streamer.MapGet("/status-events", ReadStatusEventsAsync).WithSummary("List a streamer's changes, newest first");
        streamer.MapGet("/broadcasts", ReadBroadcastsAsync).WithSummary("List a streamer's broadcasts, newest first");
        streamer.MapGet("/viewers", ReadViewersAsync).WithSummary("Read a streamer's viewer counts, oldest first")
            .WithDescription("At most 1000 points, the newest of the span; next goes on to older ones.");
    }

    private static async Task<Results<Ok<Page<StatusEventView>>, ProblemHttpResult>> ReadStatusEventsAsync(
        string slug, CurrentPerson person, VisibleStreamers streamers, History history, CancellationToken ct,
        [Description("How many at most, 1 to 200; 50 if left out.")] int? limit = null,
        [Description("The next of the page before.")] string? after = null)
    {
        if (await streamers.FindAsync(slug, person.Rights, ct) is not { } row)
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        if (!PageLimit.IsGood(limit))
        {
            return TypedResults.Problem(PageLimit.Problem, statusCode: 400);
        }

        if (!Cursor.TryRead<long>(StatusEvents, after, out var before))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        int most = limit ?? PageLimit.Usual;
        var found = await history.StatusEventsAsync(row.BroadcasterUserId, most + 1, before, ct);
        string? next = found.Count > most ? Cursor.Of(StatusEvents, found[most - 1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new Page<StatusEventView>([.. found.Take(most).Select(e => StatusEventView.Of(e, row.Slug))], next));
    }

    private static async Task<Results<Ok<Page<BroadcastView>>, ProblemHttpResult>> ReadBroadcastsAsync(
        string slug, CurrentPerson person, VisibleStreamers streamers, History history, CancellationToken ct,
        [Description("How many at most, 1 to 200; 50 if left out.")] int? limit = null,
        [Description("The next of the page before.")] string? after = null)
    {
        if (await streamers.FindAsync(slug, person.Rights, ct) is not { } row)
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        if (!PageLimit.IsGood(limit))
        {
            return TypedResults.Problem(PageLimit.Problem, statusCode: 400);
        }

        if (!TryReadInstant(Broadcasts, after, out var before))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        int most = limit ?? PageLimit.Usual;
        var found = await history.BroadcastsAsync(row.BroadcasterUserId, most + 1, before, ct);
        string? next = found.Count > most ? CursorAt(Broadcasts, found[most - 1].StartedAt) : null;
        return TypedResults.Ok(new Page<BroadcastView>([.. found.Take(most).Select(b => BroadcastView.Of(b, history.LengthOf(b)))], next));
    }

    private static async Task<Results<Ok<Page<ViewerPoint>>, ProblemHttpResult>> ReadViewersAsync(
        string slug, CurrentPerson person, VisibleStreamers streamers, History history, TimeProvider time, CancellationToken ct,
        [Description("The first instant, RFC 3339; a day before to if left out.")] string? from = null,
        [Description("The instant after the last, RFC 3339; now if left out.")] string? to = null,
        [Description("auto, raw, minute, hour or day; auto if left out.")] string? resolution = null,
        [Description("The next of the page before.")] string? after = null)
    {
        if (await streamers.FindAsync(slug, person.Rights, ct) is not { } row)
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        if (!TryReadTime(from, out var start) || !TryReadTime(to, out var end))
        {
            return TypedResults.Problem("from and to must be instants as in RFC 3339, like 2026-10-05T18:00:00Z.", statusCode: 400);
        }

        if (!SnakeCase<Resolution>.TryParse(resolution ?? "auto", out var step))
        {
            return TypedResults.Problem("resolution must be auto, raw, minute, hour or day.", statusCode: 400);
        }

        if (!TryReadInstant(Viewers, after, out var before))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        var last = end ?? time.GetUtcNow();
        var first = start ?? (last - DateTimeOffset.MinValue > UsualSpan ? last - UsualSpan : DateTimeOffset.MinValue);
        if (first >= last)
        {
            return TypedResults.Problem("from must be before to.", statusCode: 400);
        }

        // The resolution follows the whole span, so that every page of it has the same.
        var points = await history.ViewersAsync(row.BroadcasterUserId, first, before is { } end2 && end2 < last ? end2 : last, Exact(step, last - first), ct);
        string? next = points.Count == History.MostPoints && points[0].At > first ? CursorAt(Viewers, points[0].At) : null;
        return TypedResults.Ok(new Page<ViewerPoint>(points, next));
    }

    private static Resolution Exact(Resolution asked, TimeSpan span) =>
        asked != Resolution.Auto ? asked
        : span.TotalMinutes <= History.MostPoints ? Resolution.Minute
        : span.TotalHours <= History.MostPoints ? Resolution.Hour
        : Resolution.Day;

    private static string CursorAt(char list, DateTimeOffset at) => Cursor.Of(list, at.UtcTicks.ToString(CultureInfo.InvariantCulture));

    private static bool TryReadInstant(char list, string? after, out DateTimeOffset? instant)
    {
        instant = null;
        if (!Cursor.TryRead<long>(list, after, out var ticks) || ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks)
        {
            return false;
        }

        instant = ticks is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null;
        return true;
    }

    private static bool TryReadTime(string? text, out DateTimeOffset? instant)
    {
        instant = null;
        if (text is null)
        {
            return true;
        }

        // A + that was not escaped in the address arrives as a space.
        bool good = DateTimeOffset.TryParseExact(
            text.Replace(' ', '+'), ["yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed);
        instant = parsed;
        return good;
    }
}
