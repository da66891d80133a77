using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Api;

/// <summary>A word by which Admins sort streamers; it is there while somebody has it.</summary>
/// <param name="Streamers">The slugs of those who have it and whom you may see.</param>
public sealed record TagView(string Tag, IReadOnlyList<string> Streamers);

/// <param name="Tag">What it is called from now on.</param>
public sealed record TagChange(string? Tag);

/// <param name="Tags">All that the streamer has from now on.</param>
public sealed record StreamerTags(string[]? Tags);

internal static class TagsApi
{
    private const string NotThere = "Nobody whom you may see has this tag.";
    private static readonly string BadTag = $"A tag has letters, digits, - and _, at most {Tag.Longest}.";

    public static void MapTags(this IEndpointRouteBuilder api)
    {
        var tags = api.MapGroup("/tags").WithTags("Tags").RequireScope(TokenScope.Read);
        tags.MapGet("/", Ok<Page<TagView>> (CurrentPerson person, LiveBoard board) => TypedResults.Ok(new Page<TagView>([.. Visible(board, person)], Next: null)))
            .WithSummary("List the tags of the streamers that you may see");
        tags.MapGet("/{tag}", Results<Ok<TagView>, ProblemHttpResult> (string tag, CurrentPerson person, LiveBoard board, HttpResponse response) => Answer(Tag.Parse(tag), person, board, response))
            .WithSummary("List who has a tag").WithDescription("For Admins with an ETag.").ProducesProblem(404);
        api.MapGet("/streamers/{slug}/tags", ReadAsync).WithTags("Tags").RequireScope(TokenScope.Read).WithSummary("List the tags of a streamer").ProducesProblem(404);

        var admin = api.MapGroup("/").WithTags("Tags").RequireAuthorization(Access.Admin).RequireScope(TokenScope.Streamers).ProducesProblem(403).ProducesProblem(404);
        admin.MapPatch("/tags/{tag}", RenameAsync).WithSummary("Rename a tag, for all who have it").WithDescription("If there is a tag of that name, the two become one.").ProducesProblem(400).TakesIfMatch();
        admin.MapDelete("/tags/{tag}", RemoveAsync).WithSummary("Take a tag from all who have it").TakesIfMatch();
        admin.MapPut("/tags/{tag}/streamers/{slug}", PutAsync).WithSummary("Give a streamer a tag").ProducesProblem(400);
        admin.MapDelete("/tags/{tag}/streamers/{slug}", TakeAsync).WithSummary("Take a tag from a streamer");
        admin.MapPut("/streamers/{slug}/tags", ReplaceAsync).WithSummary("Replace all tags of a streamer").ProducesProblem(400).TakesIfMatch();
    }

    private static IEnumerable<TagView> Visible(LiveBoard board, CurrentPerson person) =>
        from row in board.Snapshot.All
        where row.Tags.Length > 0 && person.Rights.MaySee(row.BroadcasterUserId)
        from tag in row.Tags.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        group row.Slug by tag into tagged
        orderby tagged.Key
        select new TagView(tagged.Key, [.. tagged.Order(StringComparer.Ordinal)]);

    /// <summary>With the ETag only for who sees all of them: to others it would tell of changes that are hidden from them.</summary>
    private static Results<Ok<TagView>, ProblemHttpResult> Answer(string? tag, CurrentPerson person, LiveBoard board, HttpResponse response)
    {
        var snapshot = board.Snapshot;
        var tagged = snapshot.All.Where(r => tag is not null && r.HasTag(tag) && person.Rights.MaySee(r.BroadcasterUserId)).ToList();
        if (tag is null || tagged.Count == 0)
        {
            return NoTag();
        }

        if (person.Rights.IsAdmin)
        {
            response.SetETag(Tag.StampOf(tag, tagged.Select(r => r.BroadcasterUserId)));
        }

        return TypedResults.Ok(new TagView(tag, [.. tagged.Select(r => r.Slug).Order(StringComparer.Ordinal)]));
    }

    private static async Task<Results<Ok<StreamerTags>, ProblemHttpResult>> ReadAsync(string slug, CurrentPerson person, VisibleStreamers streamers, HttpResponse response, CancellationToken ct) =>
        await streamers.FindAsync(slug, person.Rights, ct) is { } row
            ? Answer(row.Tags.Split(' ', StringSplitOptions.RemoveEmptyEntries), response)
            : TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);

    private static Ok<StreamerTags> Answer(string[] tags, HttpResponse response)
    {
        response.SetETag(Tag.StampOf(tags));
        return TypedResults.Ok(new StreamerTags(tags));
    }

    private static async Task<Results<Ok<TagView>, ProblemHttpResult>> RenameAsync(
        string tag, TagChange change, IfMatch ifMatch, Tags tags, CurrentPerson person, LiveBoard board, HttpResponse response, CancellationToken ct)
    {
        if (Tag.Parse(change.Tag) is not { } to)
        {
            return TypedResults.Problem(BadTag, statusCode: 400);
        }

        if (Tag.Parse(tag) is not { } from || await tags.RenameAsync(from, to, ct, ifMatch.Allows) is not { Streamers: > 0 } renamed)
        {
            return NoTag();
        }

        if (renamed.IsStale)
        {
            return IfMatch.Failed(await tags.ChangedMeanwhileAsync(from, ct));
        }

        await board.CatchUpAsync(ct);
        return Answer(to, person, board, response);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(string tag, IfMatch ifMatch, Tags tags, LiveBoard board, CancellationToken ct) =>
        Tag.Parse(tag) is not { } word || await tags.RemoveAsync(word, ct, ifMatch.Allows) is not { Streamers: > 0 } removed ? NoTag()
        : removed.IsStale ? IfMatch.Failed(await tags.ChangedMeanwhileAsync(word, ct))
        : await DoneAsync(board, ct);

    private static async Task<Results<NoContent, ProblemHttpResult>> PutAsync(string tag, string slug, Tags tags, CurrentPerson person, VisibleStreamers streamers, LiveBoard board, CancellationToken ct)
    {
        if (Tag.Parse(tag) is not { } word)
        {
            return TypedResults.Problem(BadTag, statusCode: 400);
        }

        if (await streamers.FindAsync(slug, person.Rights, ct) is not { } row)
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        return row.HasTag(word) || await tags.PutAsync(word, [row.BroadcasterUserId], ct) > 0
            ? await DoneAsync(board, ct)
            : TypedResults.Problem($"A streamer has at most {Tag.Most} tags.", statusCode: 400);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> TakeAsync(string tag, string slug, Tags tags, CurrentPerson person, VisibleStreamers streamers, LiveBoard board, CancellationToken ct) =>
        Tag.Parse(tag) is { } word && await streamers.FindAsync(slug, person.Rights, ct) is { } row && await tags.TakeAsync(word, [row.BroadcasterUserId], ct) > 0
            ? await DoneAsync(board, ct)
            : TypedResults.Problem("There is no such streamer, or they do not have this tag.", statusCode: 404);

    private static async Task<Results<Ok<StreamerTags>, ProblemHttpResult>> ReplaceAsync(
        string slug, StreamerTags wanted, IfMatch ifMatch, CurrentPerson person, StreamerDirectory directory, VisibleStreamers streamers, LiveBoard board, Audit audit, HttpResponse response,
        CancellationToken ct)
    {
        if (wanted.Tags is not { Length: <= Tag.Most } words || words.Any(w => Tag.Parse(w) is null))
        {
            return TypedResults.Problem($"tags must name at most {Tag.Most}. {BadTag}", statusCode: 400);
        }

        if (await streamers.FindAsync(slug, person.Rights, ct) is not { BroadcasterUserId: var id })
        {
            return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }

        switch (await directory.TagAsync(id, words, ct, s => ifMatch.Allows(Tag.StampOf(s.Tags))))
        {
            case ReviseStreamer.Done done:
                await board.CatchUpAsync(ct);
                return Answer(done.Streamer.Tags, response);
            case ReviseStreamer.Stale:
                return IfMatch.Failed(await audit.ChangedMeanwhileAsync(id.ToString(CultureInfo.InvariantCulture), ["streamer.tagged", "streamer.erased"], ct));
            default:
                return TypedResults.Problem(VisibleStreamers.NotThere, statusCode: 404);
        }
    }

    private static async Task<NoContent> DoneAsync(LiveBoard board, CancellationToken ct)
    {
        await board.CatchUpAsync(ct);
        return TypedResults.NoContent();
    }

    private static ProblemHttpResult NoTag() => TypedResults.Problem(NotThere, statusCode: 404);
}
