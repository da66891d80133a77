using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Pages.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;

namespace KickMonitor.Web.Pages.Streamers;

/// <summary>What the chart of viewers covers.</summary>
public enum ChartRange
{
    /// <summary>The broadcast that is on, or the last one.</summary>
    Broadcast,
    Day,
    Week,
    Month,
}

/// <summary>One streamer: now, their broadcasts, and what changed. An old slug leads to the new one.</summary>
public sealed partial class StreamerPage : ComponentBase, IAsyncDisposable
{
    private const int Shown = 50;
    private static readonly TimeSpan ChartRhythm = TimeSpan.FromSeconds(30);
    private static (ChartRange, string)[] Ranges => [(ChartRange.Broadcast, T["broadcast"]), (ChartRange.Day, "24 h"), (ChartRange.Week, "7 d"), (ChartRange.Month, "30 d")];
    private BoardRow? _row;
    private List<Broadcast> _broadcasts = [];
    private List<StatusEvent> _events = [];
    private List<ViewerPoint> _points = [];
    private ChartRange _range;
    private DateTimeOffset _from;
    private DateTimeOffset _to;
    private DateTimeOffset _chartReadAt;
    private bool _hidden;
    private IJSObjectReference? _script;
    private DotNetObjectReference<StreamerPage>? _self;
    private IDisposable? _pulse;
    private IDisposable? _rightsWatch;
    private Task _reading = Task.CompletedTask;

    [Parameter]
    public required string Slug { get; set; }

    [SupplyParameterFromQuery]
    public string? Range { get; set; }

    [Inject]
    public required MonitorOptions Monitor { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required LivePulse Pulse { get; init; }

    [Inject]
    public required History History { get; init; }

    [Inject]
    public required StreamerDirectory Directory { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    /// <summary>The same streamer by what is known now; as they were last if they were removed.</summary>
    private BoardRow? Current => _row is { } row ? Board.Snapshot.Find(row.BroadcasterUserId) ?? row : null;

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
    public async Task SetHidden(bool hidden)
    {
        _hidden = hidden;
        if (!hidden)
        {
            await ReadAsync();
            StateHasChanged();
        }
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            // Before anything is read: a page that was left meanwhile would watch for ever.
            _pulse = Pulse.Watch(OnBeat);
            _rightsWatch = Rights.Watch(Languages.Keep(() => _ = InvokeAsync(OnParametersSetAsync)));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        var rights = Rights.Of((await Person).User);
        var row = Board.Snapshot.Find(Slug);
        if (row is null && await Directory.FindAsync(Slug, CancellationToken.None) is { } renamed && rights?.MaySee(renamed.BroadcasterUserId) == true)
        {
            Navigation.NavigateTo($"/streamers/{renamed.Slug}", replace: true);
            return;
        }

        if (row is null || rights?.MaySee(row.BroadcasterUserId) != true)
        {
            _row = null;
            Navigation.NotFound();
            return;
        }

        var range = Enum.TryParse<ChartRange>(Range, ignoreCase: true, out var asked) && Enum.IsDefined(asked) ? asked : ChartRange.Broadcast;
        if (row.BroadcasterUserId != _row?.BroadcasterUserId)
        {
            (_broadcasts, _events, _points, _chartReadAt) = ([], [], [], default);
        }

        if (range != _range)
        {
            (_range, _chartReadAt) = (range, default);
        }

        _row = row;
        await ReadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _self = DotNetObjectReference.Create(this);
            _script = await Browser.InvokeAsync<IJSObjectReference>("import", "./live.js");
            await _script.InvokeVoidAsync("watch", _self);
        }
    }

    private static string SnakeWord(StatusEvent e) => SnakeCase<StatusEventKind>.Of(e.Kind);

    private static string Sentence(StatusEvent e) => e.Kind switch
    {
        StatusEventKind.WentLive => T["went live"],
        StatusEventKind.WentOffline => T["went offline"],
        StatusEventKind.Resumed => T["was live all the time"],
        StatusEventKind.WentMissing => T["is no longer found at Kick"],
        StatusEventKind.Found => T["is found at Kick again"],
        StatusEventKind.Renamed => T["is now called {0}, was {1}", e.Value, e.Previous],
        StatusEventKind.TitleChanged => T["changed the title to “{0}”", e.Value],
        StatusEventKind.CategoryChanged => T["changed the category to {0}", e.Value],
        StatusEventKind.LanguageChanged => T["changed the language to {0}", e.Value],
        _ => SnakeWord(e),
    };

    private static string Delay(long ms) => ms < 1000 ? string.Create(CultureInfo.CurrentCulture, $"{ms} ms") : ms < 90_000 ? string.Create(CultureInfo.CurrentCulture, $"{ms / 1000d:0.#} s") : string.Create(CultureInfo.CurrentCulture, $"{ms / 60_000d:0} min");

    private string Length(Broadcast broadcast)
    {
        var length = History.LengthOf(broadcast);
        return length.TotalHours >= 1 ? $"{(int)length.TotalHours} h {length.Minutes:00} min" : $"{length.Minutes} min";
    }

    private string Coverage(Broadcast broadcast) =>
        History.LengthOf(broadcast).TotalSeconds is > 0 and var length ? Math.Min(1, broadcast.CoveredSeconds / length).ToString("P0", CultureInfo.CurrentCulture) : string.Empty;

    private void OnBeat(Beat beat)
    {
        if (!_hidden && _row is { } row && (beat.OnlyChecks || beat.Changed.Contains(row.BroadcasterUserId)))
        {
            _ = InvokeAsync(async () =>
            {
                if (beat.OnlyChecks)
                {
                    _row = Current;
                }
                else
                {
                    await ReadAsync();
                }

                StateHasChanged();
            });
        }
    }

    /// <summary>Reads come one after the other, so that none of somebody or a range that was left comes last.</summary>
    private Task ReadAsync() => _reading = ReadAfterAsync(_reading);

    private async Task ReadAfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _row = Current;
        if (_row is not { } row)
        {
            return;
        }

        _broadcasts = await History.BroadcastsAsync(row.BroadcasterUserId, Shown, null, CancellationToken.None);
        _events = await History.StatusEventsAsync(row.BroadcasterUserId, Shown, null, CancellationToken.None);
        if (Time.GetUtcNow() - _chartReadAt >= ChartRhythm)
        {
            await ReadChartAsync(row.BroadcasterUserId);
        }
    }

    private async Task ReadChartAsync(long id)
    {
        var now = Time.GetUtcNow();
        var last = _broadcasts.Count > 0 ? _broadcasts[0] : null;
        (_from, _to) = _range switch
        {
            ChartRange.Day => (now.AddDays(-1), now),
            ChartRange.Week => (now.AddDays(-7), now),
            ChartRange.Month => (now.AddDays(-30), now),
            _ => last is null ? (now.AddHours(-1), now) : (last.StartedAt, last.EndedAt ?? now),
        };
        _points = await History.ViewersAsync(id, _from, _to, Resolution.Auto, CancellationToken.None);
        _chartReadAt = now;
    }
}
