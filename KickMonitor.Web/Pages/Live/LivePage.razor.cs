using System.Collections.Frozen;
using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using Npgsql;

namespace KickMonitor.Web.Pages.Live;

/// <summary>Who is live now. Follows the pulse while its tab can be seen, and only what its person may see.</summary>
public sealed partial class LivePage : ComponentBase, IAsyncDisposable
{
    private ICollection<BoardRow> _rows = [];
    private BoardRow[][] _shelves = [];
    private LiveTotals _totals = LiveTotals.None;
    private LiveChoices _choices = LiveChoices.None;
    private IReadOnlyList<string> _groups = [];
    private (IReadOnlyList<GroupView>? All, UserRights? Rights, List<GroupView> Found) _groupsOf = (null, null, []);
    private FrozenSet<long> _stars = [];
    private LiveFaces.Book _faces = null!;
    private int _columns = 4;
    private string _stale = string.Empty;
    private (int Rows, string Number, string Words) _count = (-1, string.Empty, string.Empty);
    private int _clearings;
    private UserRights? _rights;
    private IDisposable? _pulse;
    private IDisposable? _rightsWatch;
    private IJSObjectReference? _script;
    private DotNetObjectReference<LivePage>? _self;
    private bool _hidden;

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required LivePulse Pulse { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required MonitorOptions Monitor { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    [Inject]
    public required Sparklines Sparklines { get; init; }

    [Inject]
    public required LiveFaces Faces { get; init; }

    [Inject]
    public required Favourites Favourites { get; init; }

    [Inject]
    public required Groups Groups { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [CascadingParameter]
    public required Look Look { get; set; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Text { get; set; }

    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    [SupplyParameterFromQuery]
    public string? Category { get; set; }

    [SupplyParameterFromQuery]
    public string? Language { get; set; }

    [SupplyParameterFromQuery]
    public string? Tag { get; set; }

    [SupplyParameterFromQuery]
    public string? Group { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    [SupplyParameterFromQuery]
    public bool? Reverse { get; set; }

    private LiveQuery Query { get; set; } = LiveQuery.Everybody;

    public async ValueTask DisposeAsync()
    {
        _pulse?.Dispose();
        _rightsWatch?.Dispose();
        _self?.Dispose();
        if (_script is not null)
        {
            try
            {
                await _script.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The tab is gone, and its script with it.
            }
        }
    }

    /// <summary>Called by the page's script: a hidden tab is not drawn.</summary>
    [JSInvokable]
    public void SetHidden(bool hidden)
    {
        _hidden = hidden;
        if (!hidden)
        {
            Refresh();
        }
    }

    /// <summary>Called by the page's script: how many cards fit side by side.</summary>
    [JSInvokable]
    public void SetColumns(int columns)
    {
        _columns = Math.Clamp(columns, 1, 12);
        Refresh();
    }

    /// <summary>Called by the page's script: gives a streamer a star, or takes it back.</summary>
    [JSInvokable]
    public async Task Star(string slug)
    {
        if (_rights is not { } rights || Board.Snapshot.Find(slug) is not { } row || !rights.MaySee(row.BroadcasterUserId))
        {
            return;
        }

        try
        {
            await Favourites.MarkAsync(rights.UserId, row.BroadcasterUserId, !_stars.Contains(row.BroadcasterUserId), CancellationToken.None);
            await ReadStarsAsync(rights);
            Refresh();
        }
        catch (Exception e) when (e is NpgsqlException or ReadOnlyException)
        {
            await DispatchExceptionAsync(e);
        }
    }

    protected override async Task OnInitializedAsync()
    {
        _faces = Faces.Here;
        _stale = ((long)Monitor.StaleAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        await Sparklines.Loaded;
        if (Rights.Of((await Person).User) is { } rights)
        {
            await ReadStarsAsync(rights);
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        _rights = Rights.Of((await Person).User);
        Query = new LiveQuery(
            Cut(Text),
            SnakeCase<StreamerStatus>.TryParse(Status ?? string.Empty, out var status) ? status : null,
            Cut(Category),
            Cut(Language),
            Cut(Tag),
            Cut(Group),
            Enum.TryParse<LiveSort>(Sort, ignoreCase: true, out var sort) && Enum.IsDefined(sort) ? sort : LiveSort.Status,
            Reverse == true);
        Read();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        _pulse = Pulse.Watch(OnBeat);
        _rightsWatch = Rights.Watch(Languages.Keep(() => _ = InvokeAsync(OnRightsAsync)));
        Refresh();
        _self = DotNetObjectReference.Create(this);
        _script = await Browser.InvokeAsync<IJSObjectReference>("import", "./live.js");
        await _script.InvokeVoidAsync("watch", _self);
    }

    private static string? Cut(string? text) => text is { Length: > 0 } ? text[..Math.Min(text.Length, 100)] : null;

    private void OnBeat(Beat beat)
    {
        if (!_hidden && _rights is { } rights && (rights.IsAdmin || beat.OnlyChecks || beat.Changed.Any(rights.MaySee)))
        {
            _ = InvokeAsync(Refresh);
        }
    }

    private async Task OnRightsAsync()
    {
        _rights = Rights.Of((await Person).User);
        Refresh();
    }

    private void Refresh()
    {
        Read();
        StateHasChanged();
    }

    private void Read()
    {
        if (_rights is not { } rights)
        {
            (_rows, _shelves, _totals, _choices) = ([], [], LiveTotals.None, LiveChoices.None);
            return;
        }

        var snapshot = Board.Snapshot;
        if (!ReferenceEquals(_groupsOf.All, Groups.All) || !ReferenceEquals(_groupsOf.Rights, rights))
        {
            _groupsOf = (Groups.All, rights, [.. Groups.Of(rights)]);
            _groups = [.. _groupsOf.Found.Select(g => g.Name).Distinct(StringComparer.Ordinal)];
        }

        var rows = (Query.Group is null ? Query : Query with { Members = MembersOf(_groupsOf.Found) }).Of(snapshot, rights);
        _rows = (ICollection<BoardRow>)(Look.HasStarsFirst ? LiveQuery.StarsFirst(rows, _stars) : rows);
        _shelves = Look.HasCards ? [.. _rows.Chunk(_columns)] : [];
        if (_count.Rows != _rows.Count)
        {
            _count = (_rows.Count, _rows.Count.ToString(CultureInfo.InvariantCulture), T["Streamers, {0} shown", _rows.Count]);
        }

        _totals = LiveTotals.Of(snapshot, rights);
        _choices = LiveChoices.Of(snapshot, rights, Time.GetUtcNow());
    }

    /// <summary>A person's own group goes before the Admins' of the same name.</summary>
    private FrozenSet<long> MembersOf(List<GroupView> groups) =>
        Query.Group is { } name && groups.Where(g => g.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).MaxBy(g => g.OwnerId is not null) is { } group ? group.Members : [];

    private async Task ReadStarsAsync(UserRights rights)
    {
        try
        {
            _stars = await Favourites.OfAsync(rights.UserId, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The banner tells that the database is gone; stars are no reason to show nothing.
            _stars = [];
        }
    }

    private MarkupString NameOf(BoardRow row, LiveFace face) => _stars.Contains(row.BroadcasterUserId) ? face.Starred : face.Name;

    /// <summary>Draws what the menu changed.</summary>
    internal async Task ReshapeAsync()
    {
        Refresh();

        // What is drawn leaves when this has come to its first pause; the script must find it there.
        await Task.Yield();
        if (_script is not null)
        {
            await _script.InvokeVoidAsync("tellColumns");
        }
    }

    internal void SortBy(LiveSort sort) => Ask(q => q with { Sort = sort, Reverse = q.Sort == sort && !q.Reverse });

    /// <summary>What is asked for stands in the address, so that it can be kept, sent and reloaded.</summary>
    internal void Ask(Func<LiveQuery, LiveQuery> change)
    {
        // The new address comes back a moment later; a second wish in between builds on the first.
        Query = change(Query);
        Navigation.NavigateTo(
            Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
            {
                ["q"] = string.IsNullOrWhiteSpace(Query.Search) ? null : Query.Search,
                ["status"] = Query.Status is { } status ? SnakeCase<StreamerStatus>.Of(status) : null,
                ["category"] = Query.Category,
                ["language"] = Query.Language,
                ["tag"] = Query.Tag,
                ["group"] = Query.Group,
                ["sort"] = Query.Sort == LiveSort.Status ? null : Query.Sort.ToString().ToLowerInvariant(),
                ["reverse"] = Query.Reverse ? true : null,
            }), replace: true);
    }

    private void Clear()
    {
        _clearings++;
        Query = LiveQuery.Everybody;
        Navigation.NavigateTo("/", replace: true);
    }
}
