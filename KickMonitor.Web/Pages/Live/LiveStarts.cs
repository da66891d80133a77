using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KickMonitor.Web.Pages.Live;

/// <summary>
/// The latest starts, for browsers that want to be told: they ask by cursor, because a hidden tab gets no drawing, and asking
/// costs a look into memory.
/// </summary>
public sealed class LiveStarts : IDisposable
{
    private const int Kept = 200;
    private readonly Lock _gate = new();
    private readonly IDisposable _watch;
    private Start[] _starts = [];

    public LiveStarts(LiveBoard board) => _watch = board.Watch(Note);

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/live/starts", AnswerAsync).ExcludeFromDescription();

    public void Dispose() => _watch.Dispose();

    private static async Task<Ok<Answer>> AnswerAsync(long? after, bool? favourites, CurrentPerson person, LiveStarts starts, Favourites stars, HttpResponse response, CancellationToken ct)
    {
        response.Headers.CacheControl = "no-store";
        var known = Volatile.Read(ref starts._starts);
        long next = known.Length == 0 ? after ?? 0 : known[^1].Id;
        if (after is not { } seen || seen >= next)
        {
            return TypedResults.Ok(new Answer(next, []));
        }

        var wanted = favourites == true ? await stars.OfAsync(person.Rights.UserId, ct) : null;
        return TypedResults.Ok(new Answer(next, [.. known.Where(s => s.Id > seen && person.Rights.MaySee(s.StreamerId) && wanted?.Contains(s.StreamerId) != false)]));
    }

    private void Note(BoardChange change)
    {
        var news = change.Events.Where(e => e.Kind == StatusEventKind.WentLive)
            .Select(e => change.Snapshot.Find(e.BroadcasterUserId) is { } row ? new Start(e.Id, row.BroadcasterUserId, row.Slug, row.DisplayName, row.Title, PictureAddressOf(row)) : null)
            .OfType<Start>().ToList();
        if (news.Count > 0)
        {
            lock (_gate)
            {
                _starts = [.. _starts.Concat(news).TakeLast(Kept)];
            }
        }
    }

    private static string PictureAddressOf(BoardRow row) => Pictures.PictureAddress.Avatar(row);

    internal sealed record Answer(long Next, IReadOnlyList<Start> Items);

    internal sealed record Start(long Id, long StreamerId, string Slug, string Name, string? Title, string Picture);
}
