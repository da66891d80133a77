using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Pages.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace KickMonitor.Web.Pages.Streamers;

/// <summary>One streamer: now, their broadcasts, and what changed. An old slug leads to the new one.</summary>
public sealed partial class StreamerPage : ComponentBase, IDisposable
{
    private const int Shown = 50;
    private BoardRow? _row;
    private List<Broadcast> _broadcasts = [];
    private List<StatusEvent> _events = [];
    private IDisposable? _pulse;
    private IDisposable? _rightsWatch;

    [Parameter]
    public required string Slug { get; set; }

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

    public void Dispose()
    {
        _pulse?.Dispose();
        _rightsWatch?.Dispose();
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

        await ReadAsync(row);
        if (RendererInfo.IsInteractive)
        {
            _pulse ??= Pulse.Watch(OnBeat);
            _rightsWatch ??= Rights.Watch(() => _ = InvokeAsync(OnParametersSetAsync));
        }
    }

    private static string SnakeWord(StatusEvent e) => SnakeCase<StatusEventKind>.Of(e.Kind);

    private static string Sentence(StatusEvent e) => e.Kind switch
    {
        StatusEventKind.WentLive => "went live",
        StatusEventKind.WentOffline => "went offline",
        StatusEventKind.Resumed => "was live all the time",
        StatusEventKind.WentMissing => "is no longer found at Kick",
        StatusEventKind.Found => "is found at Kick again",
        StatusEventKind.Renamed => $"is now called {e.Value}, was {e.Previous}",
        StatusEventKind.TitleChanged => $"changed the title to “{e.Value}”",
        StatusEventKind.CategoryChanged => $"changed the category to {e.Value}",
        StatusEventKind.LanguageChanged => $"changed the language to {e.Value}",
        _ => SnakeWord(e),
    };

    private static string Delay(long ms) => ms < 90_000 ? string.Create(CultureInfo.CurrentCulture, $"{ms / 1000d:0.#} s") : string.Create(CultureInfo.CurrentCulture, $"{ms / 60_000d:0} min");

    private string Length(Broadcast broadcast)
    {
        var length = History.LengthOf(broadcast);
        return length.TotalHours >= 1 ? $"{(int)length.TotalHours} h {length.Minutes:00} min" : $"{length.Minutes} min";
    }

    private void OnBeat(Beat beat)
    {
        if (_row is { } row && (beat.OnlyChecks || beat.Changed.Contains(row.BroadcasterUserId)) && beat.Snapshot.Find(row.BroadcasterUserId) is { } current)
        {
            _ = InvokeAsync(async () =>
            {
                if (beat.OnlyChecks)
                {
                    _row = current;
                }
                else
                {
                    await ReadAsync(current);
                }

                StateHasChanged();
            });
        }
    }

    private async Task ReadAsync(BoardRow row)
    {
        _row = row;
        _broadcasts = await History.BroadcastsAsync(row.BroadcasterUserId, Shown, null, CancellationToken.None);
        _events = await History.StatusEventsAsync(row.BroadcasterUserId, Shown, null, CancellationToken.None);
    }
}
