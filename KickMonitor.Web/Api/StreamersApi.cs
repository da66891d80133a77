using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>A streamer as the API and the hub show it.</summary>
/// <param name="Since">The broadcast's start while live, its end while offline, else when the status became unknown.</param>
/// <param name="Viewers">Null unless live.</param>
/// <param name="Source">Who looked last.</param>
public record StreamerView(
    string Slug, string DisplayName, long BroadcasterUserId, string? AvatarUrl, StreamerStatus Status, DateTimeOffset Since, int? Viewers,
    string? Title, string? Category, string? Language, DateTimeOffset? CheckedAt, Source Source, bool Paused)
{
    public static StreamerView Of(BoardRow row) => new(
        row.Slug, row.DisplayName, row.BroadcasterUserId, row.AvatarUrl, row.Status, row.Since, row.IsLive ? row.Viewers : null,
        row.Title, row.Category, row.Language, row.CheckedAt, row.CheckedBy, row.IsPaused);
}

public sealed record NewStreamer(string? Slug);

/// <summary>What to change; what is left out stays.</summary>
/// <param name="Notes">Blank removes them.</param>
public sealed record StreamerChange(bool? Paused, string? Notes = null, StreamerPriority? Priority = null);

/// <summary>What Admins write down about a streamer.</summary>
/// <param name="RevisedAt">When that was last changed.</param>
public sealed record StreamerDetailsView(string Slug, string? Notes, StreamerPriority Priority, DateTimeOffset AddedAt, DateTimeOffset? RevisedAt, bool Paused);

internal static class StreamersApi
{
    private const char List = 's';

    public static void MapStreamers(this IEndpointRouteBuilder api)
    {
        var streamers = api.MapGroup("/streamers").WithTags("Streamers").RequireScope(TokenScope.Read);
        streamers.MapGet("/", ReadPage).WithSummary("List the streamers that you may see").ProducesProblem(400);
        streamers.MapGet("/{slug}", ReadAsync).WithSummary("Read one streamer").WithDescription("A slug that the streamer had before works too.").ProducesProblem(404);
        streamers.MapPost("/", AddAsync).RequireAuthorization(Access.Admin).RequireScope(TokenScope.Streamers).WithSummary("Watch a channel")
            .WithDescription("Takes a slug, and also what people paste: @name, or the channel's address. Kick is asked at once.")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
        streamers.MapGet("/{slug}/details", ReadDetailsAsync).RequireAuthorization(Access.Admin).RequireScope(TokenScope.Streamers).WithSummary("Read what Admins wrote down about a streamer")
            .WithDescription("Its ETag is the one that a change of the streamer takes.").ProducesProblem(403).ProducesProblem(404);
        streamers.MapPatch("/{slug}", ChangeAsync).RequireAuthorization(Access.Admin).RequireScope(TokenScope.Streamers).WithSummary("Pause or resume the checks; change notes or priority")
            .WithDescription("The ETag is that of the details: what Kick says of the streamer changes all the time.").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).TakesIfMatch();
        streamers.MapDelete("/{slug}", RemoveAsync).RequireAuthorization(Access.Admin).RequireScope(TokenScope.Streamers).WithSummary("Stop watching a channel")
            .WithDescription("The history is kept, and comes back when the channel is added again. Assignments end.").ProducesProblem(403).ProducesProblem(404);
    }

    private static Results<Ok<Page<StreamerView>>, ProblemHttpResult> ReadPage(
        CurrentPerson person, LiveBoard board,
        [Description("Only those that are live, offline or unknown.")] string? status,
        [Description("Only those whose slug or name contains this.")] string? search,
        [Description("How many at most, 1 to 200; 50 if left out.")] int? limit,
        [Description("The next of the page before.")] string? after)
    {
        if (!PageLimit.IsGood(limit))
        {
            return TypedResults.Problem(PageLimit.Problem, statusCode: 400);
        }

        if (!Cursor.TryRead<long>(List, after, out var last))
        {
            return TypedResults.Problem(Cursor.Problem, statusCode: 400);
        }

        StreamerStatus? wanted = null;
        if (status is not null)
        {
            if (!SnakeCase<StreamerStatus>.TryParse(status, out var parsed))
            {
                return TypedResults.Problem("status must be live, offline or unknown.", statusCode: 400);
            }

            wanted = parsed;
        }

        int most = limit ?? PageLimit.Usual;

        // By id, which never changes: renames between two pages neither hide nor repeat anybody.
        var rows = board.Snapshot.All
            .Where(r => (last is null || r.BroadcasterUserId > last) && (wanted is null || r.Status == wanted) && Matches(r, search) && person.Rights.MaySee(r.BroadcasterUserId))
            .OrderBy(r => r.BroadcasterUserId).Take(most + 1).ToList();
        string? next = rows.Count > most ? Cursor.Of(List, rows[most - 1].BroadcasterUserId.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new Page<StreamerView>([.. rows.Take(most).Select(StreamerView.Of)], next));
    }

    private static bool Matches(BoardRow row, string? search) => string.IsNullOrWhiteSpace(search)
        || row.Slug.Contains(search.Trim(), StringComparison.OrdinalIgnoreCase)
        || row.DisplayName.Contains(search.Trim(), StringComparison.OrdinalIgnoreCase);

    private static async Task<Results<Ok<StreamerView>, ProblemHttpResult>> ReadAsync(string slug, CurrentPerson person, VisibleStreamers streamers, CancellationToken ct) =>
        await streamers.FindAsync(slug, person.Rights, ct) is { } row
            ? TypedResults.Ok(StreamerView.Of(row))
            : TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);

    private static async Task<Results<Created<StreamerView>, ProblemHttpResult>> AddAsync(
        NewStreamer request, StreamerIntake intake, LiveBoard board, HttpResponse response, CancellationToken ct)
    {
        switch (await intake.AddAsync(request.Slug ?? string.Empty, ct))
        {
            case AddStreamer.Added added:
                await board.CatchUpAsync(ct);
                return board.Snapshot.Find(added.BroadcasterUserId) is { } row
                    ? TypedResults.Created($"/api/v1/streamers/{row.Slug}", StreamerView.Of(row))
                    : TypedResults.Problem("It was added, and somebody removed it again at once.", statusCode: 409);
            case AddStreamer.AlreadyWatched(var slug, _):
                return TypedResults.Problem($"{slug} is already watched.", statusCode: 409);
            case AddStreamer.NoSuchChannel(var slug):
                return TypedResults.Problem($"Kick knows no channel '{slug}'.", statusCode: 404);
            case AddStreamer.NotASlug:
                return TypedResults.Problem("slug must be a channel's name on Kick: letters, digits, - and _.", statusCode: 400);
            case AddStreamer.KickFailed(_, var failure):
                if (failure.RetryAfter is { } wait)
                {
                    response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                }

                return TypedResults.Problem($"Kick could not be asked. {failure.Detail}", statusCode: 503);
            case var other:
                throw new UnreachableException(other.ToString());
        }
    }

    private static async Task<Results<Ok<StreamerView>, ProblemHttpResult>> ChangeAsync(
        string slug, StreamerChange change, IfMatch ifMatch, CurrentPerson person, VisibleStreamers streamers, StreamerDirectory directory, LiveBoard board, Audit audit, HttpResponse response,
        CancellationToken ct)
    {
        if (change is { Paused: null, Notes: null, Priority: null })
        {
            return TypedResults.Problem("Say what to change: { \"paused\": true } or { \"paused\": false }, notes or priority.", statusCode: 400);
        }

        if (change.Notes?.Length > Streamer.NotesLength)
        {
            return TypedResults.Problem($"notes must be at most {Streamer.NotesLength} characters.", statusCode: 400);
        }

        if (await streamers.FindAsync(slug, person.Rights, ct) is { BroadcasterUserId: var id })
        {
            switch (await directory.ReviseAsync(id, change.Notes, change.Priority, ct, s => ifMatch.Allows(s.Stamp), change.Paused))
            {
                case ReviseStreamer.Stale:
                    return IfMatch.Failed(await audit.ChangedMeanwhileAsync(
                        id.ToString(CultureInfo.InvariantCulture), ["streamer.revised", "streamer.paused", "streamer.resumed", "streamer.added", "streamer.erased"], ct));
                case ReviseStreamer.Done done:
                    await board.CatchUpAsync(ct);
                    if (board.Snapshot.Find(id) is { } row)
                    {
                        response.SetETag(done.Streamer.Stamp);
                        return TypedResults.Ok(StreamerView.Of(row));
                    }

                    break;
            }
        }

        return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
    }

    private static async Task<Results<Ok<StreamerDetailsView>, ProblemHttpResult>> ReadDetailsAsync(string slug, StreamerDirectory directory, HttpResponse response, CancellationToken ct)
    {
        if (Slug.Parse(slug) is not { } wanted || await directory.FindAsync(wanted, ct) is not { } s)
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        response.SetETag(s.Stamp);
        return TypedResults.Ok(new StreamerDetailsView(s.Slug, s.Notes, s.Priority, s.AddedAt, s.RevisedAt, s.IsPaused));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string slug, CurrentPerson person, VisibleStreamers streamers, StreamerDirectory directory, LiveBoard board, CancellationToken ct,
        [Description("keep, or erase for good, which also works for somebody who was removed before; keep if left out.")] string? history = null)
    {
        if (history is not (null or "keep" or "erase"))
        {
            return TypedResults.Problem("history must be keep or erase.", statusCode: 400);
        }

        bool isErasure = history == "erase";
        long? id = (await streamers.FindAsync(slug, person.Rights, ct))?.BroadcasterUserId
            ?? (isErasure && Slug.Parse(slug) is { } wanted ? (await directory.FindRemovedAsync(wanted, ct))?.BroadcasterUserId : null);
        if (id is not { } found || !await (isErasure ? directory.EraseAsync(found, ct) : directory.RemoveAsync(found, ct)))
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        await board.CatchUpAsync(ct);
        return TypedResults.NoContent();
    }
}
