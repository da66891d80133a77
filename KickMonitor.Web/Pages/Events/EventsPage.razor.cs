using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Web.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Pictures;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Npgsql;
using Radzen;

namespace KickMonitor.Web.Pages.Events;

/// <summary>What Kick told of the streamers that a person may see: live, and back in time. The filters stand in the address.</summary>
public sealed partial class EventsPage : ComponentBase, IDisposable
{
    private const int Shown = 50;

    /// <summary>Where more come at once, their pictures would come too late to be seen, and hold up what is.</summary>
    private const int MostPictures = 8;

    /// <summary>Chat would drown all else, so it is shown when it is asked for.</summary>
    private const string Everything = "all";
    private const int LongestText = 100;
    private const int LongestPayload = 20_000;
    private static readonly TimeSpan Rhythm = TimeSpan.FromMilliseconds(250);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _gathering = new();
    private List<EventRow> _rows = [];
    private List<EventRow> _news = [];

    /// <summary>What is shown; read on the feed's thread too.</summary>
    private volatile EventQuery? _asked;
    private readonly HashSet<long> _hurried = [];
    private IReadOnlyList<string> _slugs = [];
    private UserRights? _rights;
    private IDisposable? _feed;
    private IDisposable? _rightsWatch;
    private Task _reading = Task.CompletedTask;
    private bool _hasMore;
    private long? _open;
    private bool _tookTooLong;
    private bool _isBusy;
    private bool _isOver;

    [Inject]
    public required EventHistory History { get; init; }

    [Inject]
    public required EventReplay Replay { get; init; }

    [Inject]
    public required NotificationService Notices { get; init; }

    [Inject]
    public required EventFeed Feed { get; init; }

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    [SupplyParameterFromQuery]
    public string? Type { get; set; }

    [SupplyParameterFromQuery]
    public string? Streamer { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? PersonText { get; set; }

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery]
    public string? Until { get; set; }

    [SupplyParameterFromQuery]
    public long? Before { get; set; }

    [SupplyParameterFromQuery]
    public long? Id { get; set; }

    private bool IsFiltered => Type is not null || Streamer is not null || PersonText is not null || From is not null || Until is not null || Before is not null || Id is not null;

    public void Dispose()
    {
        _isOver = true;
        _feed?.Dispose();
        _rightsWatch?.Dispose();
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            // Before anything is read: nothing falls in between, and a page that is left meanwhile does not watch for ever.
            _feed = Feed.Watch(Languages.Keep<IReadOnlyList<EventRow>>(Gather));
            _rightsWatch = Rights.Watch(Languages.Keep(() => _ = InvokeAsync(async () =>
            {
                await OnParametersSetAsync();
                StateHasChanged();
            })));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        _rights = Rights.Of((await Person).User);
        await (_reading = ReadAfterAsync(_reading));
    }

    /// <summary>What is worth saying beside the sentence, and whether something is odd about it.</summary>
    private static IEnumerable<(string Words, bool IsOdd)> Notes(EventRow row)
    {
        yield return (row.DelayMs < 90_000 ? T["after {0:0.#} s", row.DelayMs / 1000d] : T["after {0:0} min", row.DelayMs / 60_000d], row.DelayMs >= 90_000);
        if (row.Mark is { } mark)
        {
            yield return (mark switch
            {
                EventMark.Late => T["too late to be acted on"],
                EventMark.Future => T["from the future, acted on by nobody"],
                EventMark.Foreign => T["not for us: neither the subscription nor the channel is ours"],
                _ => T["kept, acted on by nobody"],
            }, true);
        }

        if (row.Skipped.Count > 0)
        {
            yield return (T["skipped, because switched off: {0}", string.Join(", ", row.Skipped)], true);
        }

        if (row.State == EventState.Failed)
        {
            yield return (T["failed: {0}", row.Error], true);
        }
        else if (row.State == EventState.Pending)
        {
            yield return row.Attempts > 0 ? (T["waits for attempt {0}: {1}", row.Attempts + 1, row.Error], true) : (T["being handled"], false);
        }

        if (row.Repeats > 0)
        {
            yield return (T["came {0} times", row.Repeats + 1], true);
        }
    }

    /// <summary>It failed, was late, or was unknown to an earlier version; or a handler was switched off.</summary>
    private bool MayHandleAgain(EventRow row) =>
        (row.State is EventState.Failed or EventState.Held || row.Skipped.Count > 0) && row.Mark != EventMark.Foreign && row.Read is ReadEvent.Known
        && row.BroadcasterUserId is { } about && _rights?.MayManageEvents(about) == true;

    /// <summary>What comes of it is seen where the event stands.</summary>
    private async Task HandleAgainAsync(long id)
    {
        _isBusy = true;
        try
        {
            var query = new EventQuery(null) { Id = id };
            var plan = await Replay.TryAsync(query, T.Say, CancellationToken.None);
            if (!plan.Exists(s => s.ActsAnew))
            {
                Notices.Notify(NotificationSeverity.Info, T["There is nothing to do"], plan is [{ Effects: { Count: > 0 } parts }] ? Parts(parts) : "");
            }
            else if (Rights.Of((await Person).User) is { } person && await Replay.RunAsync(plan, query, person, CancellationToken.None) is not null)
            {
                Notices.Notify(NotificationSeverity.Success, T["It is handled again"], Parts(plan[0].Effects));
            }
            else
            {
                Notices.Notify(NotificationSeverity.Error, T["Nothing was changed"], T["You may no longer manage the events of this streamer."]);
            }
        }
        catch (ReadOnlyException)
        {
            Notices.Notify(NotificationSeverity.Error, T["Nothing was changed"], T["You are viewing as somebody else: nothing can be changed."]);
        }
        catch (NpgsqlException)
        {
            Notices.Notify(NotificationSeverity.Error, T["The database did not answer"], T["Try again in a moment."]);
        }
        finally
        {
            _isBusy = false;
        }
    }

    /// <summary>What each handler would do, and which of that is done already or switched off.</summary>
    internal static string Parts(IEnumerable<ReplayEffect> effects) =>
        string.Join("; ", effects.Select(e => e.IsDone ? T["{0} (done already)", e.Does] : e.IsOff ? T["{0} (switched off)", e.Does] : e.Does));

    private string Picture(EventRow row) => row.Actor is not null ? PictureAddress.Person(row)
        : row.BroadcasterUserId is { } id && Board.Snapshot.Find(id) is { } streamer ? PictureAddress.Avatar(streamer)
        : PictureAddress.Person(row);

    private static string Initial(EventRow row) => row.Actor is { Length: > 0 } name ? StringInfo.GetNextTextElement(name).ToUpperInvariant() : "·";

    private static string Payload(EventRow row)
    {
        string text;
        try
        {
            using var document = JsonDocument.Parse(row.Body);
            text = JsonSerializer.Serialize(document.RootElement, Indented);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            text = Encoding.UTF8.GetString(row.Body);
        }

        string head = T["{0} · sent {1} · {2} bytes", row.MessageId, row.SentAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), row.Body.Length];
        text = $"{head}{(row.Repeats > 0 ? " · " + T["came {0} times", row.Repeats + 1] : "")}\n{text.Replace('\0', '\uFFFD')}";
        return text.Length <= LongestPayload ? text : text[..LongestPayload] + "…";
    }

    /// <summary>One after the other, each by what is asked for when its turn comes: no answer to an older question comes last.</summary>
    private async Task ReadAfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        if (_rights is not { } rights)
        {
            (_rows, _slugs, _hasMore) = ([], [], false);
            return;
        }

        var board = Board.Snapshot;
        _slugs = [.. board.All.Where(r => rights.MaySee(r.BroadcasterUserId)).Select(r => r.Slug).Order(StringComparer.Ordinal).Take(500)];
        _asked = Query(rights);
        if (_asked is not { } query)
        {
            (_rows, _hasMore) = ([], false);
            return;
        }

        if (Id is { } id)
        {
            _rows = await History.FindAsync(id, CancellationToken.None) is { } one && rights.MaySee(one, board) ? [one] : [];
            (_hasMore, _open) = (false, rights.IsAdmin ? id : null);
            return;
        }

        List<EventRow> found;
        try
        {
            found = await History.ReadAsync(query with { Limit = Shown + 1 }, CancellationToken.None);
            _tookTooLong = false;
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            (_rows, _hasMore, _tookTooLong) = ([], false, true);
            return;
        }

        _hasMore = found.Count > Shown;
        _rows = [.. found.Take(Shown)];
    }

    /// <returns>Null if nothing can match.</returns>
    private EventQuery? Query(UserRights rights)
    {
        var board = Board.Snapshot;
        var query = EventSight.QueryOf(rights, board);
        if (Short(Streamer) is { } slug)
        {
            if (board.Find(slug) is not { } row || !rights.MaySee(row.BroadcasterUserId))
            {
                return null;
            }

            query = query with { Broadcasters = [row.BroadcasterUserId] };
        }

        string? type = Short(Type);
        return query with
        {
            Type = type == Everything ? null : type,
            TypeLeftOut = type is null ? KickEventTypes.Chat : null,
            Person = Short(PersonText)?.TrimStart('@'),
            From = Time(From),
            To = Time(Until),
            Before = Before,
            Id = Id,
        };
    }

    private static string? Short(string? text) => text is { Length: > 0 } ? text[..Math.Min(text.Length, LongestText)].Replace("\0", "", StringComparison.Ordinal) : null;

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>Called by the feed, off this page's thread: gathers what matters here for a moment, so that a burst is drawn once.</summary>
    private void Gather(IReadOnlyList<EventRow> rows)
    {
        if (_asked is not { } asked)
        {
            return;
        }

        lock (_gathering)
        {
            bool isFirst = _news.Count == 0;
            _news.AddRange(rows.Where(r => Matches(r, asked)).TakeLast(Shown));
            if (_news.Count > 4 * Shown)
            {
                _news.RemoveRange(0, _news.Count - (2 * Shown));
            }

            if (isFirst && _news.Count > 0)
            {
                _ = Task.Run(DrawSoonAsync);
            }
        }
    }

    private async Task DrawSoonAsync()
    {
        await Task.Delay(Rhythm);
        List<EventRow> news;
        lock (_gathering)
        {
            (news, _news) = (_news, []);
        }

        if (!_isOver)
        {
            await InvokeAsync(async () =>
            {
                // What is just being read may be older.
                await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                Draw(news);
            });
        }
    }

    /// <summary>What is shown changes where it stands, or goes if it no longer belongs here; only the newest page takes in what is new.</summary>
    private void Draw(List<EventRow> news)
    {
        if (_rights is not { } rights || Query(rights) is not { } query)
        {
            return;
        }

        var told = news.GroupBy(r => r.Id).ToDictionary(g => g.Key, g => g.Last());
        var shown = _rows.Select(r => r.Id).ToHashSet();
        var belonging = told.Values.Where(r => rights.MaySee(r, Board.Snapshot) && (Id is not null || (r.DuplicateOf is null && Matches(r, query)))).ToDictionary(r => r.Id);
        List<EventRow> rows = [.. _rows.Where(r => !told.ContainsKey(r.Id) || belonging.ContainsKey(r.Id)).Select(r => belonging.GetValueOrDefault(r.Id, r))];
        if (Before is null && Id is null)
        {
            var fresh = belonging.Values.Where(r => !shown.Contains(r.Id)).ToList();
            if (fresh.Count > MostPictures)
            {
                _hurried.UnionWith(fresh.Select(r => r.Id));
            }

            _hasMore |= rows.Count + fresh.Count > Shown;
            rows = [.. fresh.Concat(rows).OrderByDescending(r => r.Id).Take(Shown)];
            _hurried.IntersectWith(rows.Select(r => r.Id));
        }

        if (!rows.SequenceEqual(_rows))
        {
            _rows = rows;
            StateHasChanged();
        }
    }

    private static bool Matches(EventRow row, EventQuery query) => query.Id is { } only ? row.Id == only :
        (query.Type is null || row.Type == query.Type)
        && (query.Broadcasters is null || (row.BroadcasterUserId is { } id && query.Broadcasters.Contains(id)))
        && row.Type != query.TypeLeftOut
        && (query.From is null || row.ReceivedAt >= query.From)
        && (query.To is null || row.ReceivedAt < query.To)
        && (query.Person is null || row.Actor?.StartsWith(query.Person, StringComparison.OrdinalIgnoreCase) == true);

    private void Toggle(long id) => _open = _open == id ? null : id;

    private void Go(string name, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value.Trim(), ["before"] = null, ["id"] = null }), replace: true);
}
