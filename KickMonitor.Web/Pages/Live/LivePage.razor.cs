using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;

namespace KickMonitor.Web.Pages.Live;

/// <summary>Who is live now. Follows the pulse while its tab can be seen, and only what its person may see.</summary>
public sealed partial class LivePage : ComponentBase, IAsyncDisposable
{
    private ICollection<BoardRow> _rows = [];
    private LiveTotals _totals = LiveTotals.None;
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

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Text { get; set; }

    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    [SupplyParameterFromQuery]
    public bool? Reverse { get; set; }

    private LiveQuery Query { get; set; } = new(null, null, LiveSort.Status, false);

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

    protected override async Task OnParametersSetAsync()
    {
        _rights = Rights.Of((await Person).User);
        Query = new LiveQuery(
            Text is { Length: > 0 } ? Text[..Math.Min(Text.Length, 100)] : null,
            SnakeCase<StreamerStatus>.TryParse(Status ?? string.Empty, out var status) ? status : null,
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
        _rightsWatch = Rights.Watch(() => _ = InvokeAsync(OnRightsAsync));
        Refresh();
        _self = DotNetObjectReference.Create(this);
        _script = await Browser.InvokeAsync<IJSObjectReference>("import", "./live.js");
        await _script.InvokeVoidAsync("watchVisibility", _self);
    }

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
            (_rows, _totals) = ([], LiveTotals.None);
            return;
        }

        var snapshot = Board.Snapshot;
        _rows = (ICollection<BoardRow>)Query.Of(snapshot, rights);
        _totals = LiveTotals.Of(snapshot, rights);
    }

    private void Search(string? text) => Go("q", text);

    private void SortBy(LiveSort sort)
    {
        bool reverse = Query.Sort == sort && !Query.Reverse;
        Navigation.NavigateTo(
            Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
            {
                ["sort"] = sort == LiveSort.Status ? null : sort.ToString().ToLowerInvariant(),
                ["reverse"] = reverse ? true : null,
            }), replace: true);
    }

    private void Go(string name, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name.ToLowerInvariant(), string.IsNullOrWhiteSpace(value) ? null : value), replace: true);

    private void Clear() => Navigation.NavigateTo("/", replace: true);
}
