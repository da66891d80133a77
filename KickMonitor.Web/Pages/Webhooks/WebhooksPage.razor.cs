using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Webhooks;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Radzen;

namespace KickMonitor.Web.Pages.Webhooks;

/// <summary>Whether webhooks work and why not; what is subscribed; what can be handled again. Every action asks for the right anew.</summary>
public sealed partial class WebhooksPage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private IntegrityReport? _report;
    private List<WizardStep>? _steps;
    private double? _clockAhead;
    private long _all;
    private bool _busy;
    private string? _reconciled;
    private string _type = string.Empty;
    private string _state = "failed";
    private string? _slug;
    private string? _personName;
    private DateTime? _from;
    private DateTime? _until;
    private EventQuery? _query;
    private List<ReplayStep>? _plan;
    private string? _replayed;
    private (int Events, int Waiting)? _progress;

    [Inject]
    public required Integrity Report { get; init; }

    [Inject]
    public required WebhookWizard Wizard { get; init; }

    [Inject]
    public required SubscriptionKeeper Keeper { get; init; }

    [Inject]
    public required EventReplay Replays { get; init; }

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required MonitorOptions Monitor { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required NotificationService Notices { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
    }

    protected override Task OnInitializedAsync() => ReadAsync();

    private async Task ReadAsync()
    {
        _report = await Report.ReadAsync(CancellationToken.None);
        _clockAhead = await Report.ClockAheadAsync(CancellationToken.None);
        _all = _report.ByType.Sum(t => t.Count);
    }

    private string Channel(long id) => Board.Snapshot.Find(id)?.DisplayName ?? (id == 0 ? "nobody" : id.ToString(CultureInfo.InvariantCulture));

    /// <summary>How staleness is paid for a missing subscription: Kick's own answers lag a start or end by up to a minute.</summary>
    private string Otherwise(Slots slots) => slots.Type switch
    {
        KickEventTypes.Status => $"polled every {Monitor.Interval} s: up to {Monitor.Interval + 60} s late",
        KickEventTypes.Metadata => $"polled: up to {Monitor.Interval + 60} s late while live, {Monitor.DetailInterval} s while offline",
        _ when slots.Most == 0 => "not wanted: Events:ChatChannels is 0",
        _ => "not known at all: Kick tells it in no other way",
    };

    private static string Advice(FindingKind kind) => kind switch
    {
        FindingKind.Silent => "Kick may have stopped delivering it, or nobody did such a thing. Compare and repair, below, shows whether it is still subscribed.",
        FindingKind.Unsubscribed => "Kick does so after a day of failed deliveries, and when webhooks are switched off in the app's settings.",
        FindingKind.Elsewhere => "Compare the address in Kick's developer settings with the one above; switching webhooks off and on there heals old subscriptions within about ten minutes.",
        FindingKind.Full => "Those channels are polled instead; verified apps get more chat subscriptions from Kick.",
        _ => string.Empty,
    };

    private static string Why(EventMark? mark) => mark switch
    {
        EventMark.Late => "(late)",
        EventMark.Future => "(sent in the future)",
        EventMark.Foreign => "(neither the subscription nor the channel is ours)",
        _ => string.Empty,
    };

    private Task TestAsync() => DoAsync(async _ => _steps = await Wizard.WalkAsync(CancellationToken.None));

    private Task ReconcileAsync() => DoAsync(async _ => _reconciled = await Keeper.ReconcileAsync(CancellationToken.None) switch
    {
        null => "Another node is at it right now.",
        { Failure: { } failure } done => $"{done.Created} created, {done.Removed} removed, then Kick could not be asked: {failure}",
        var done => $"{done.Listed} listed, {done.Wanted} wanted: {done.Created} created, {done.Removed} removed, {done.Refused} refused.",
    });

    private Task TryAsync() => DoAsync(async _ =>
    {
        (_plan, _replayed, _progress) = (null, null, null);
        long? who = null;
        if (!string.IsNullOrWhiteSpace(_slug))
        {
            who = Board.Snapshot.Find(_slug.Trim())?.BroadcasterUserId;
            if (who is null)
            {
                _replayed = $"Nobody of the name {_slug} is watched.";
                return;
            }
        }

        _query = new EventQuery(who is { } id ? [id] : null)
        {
            Type = _type.Length > 0 ? _type : null,
            State = SnakeCase<EventState>.TryParse(_state, out var state) ? state : null,
            From = Utc(_from),
            To = Utc(_until),
            Person = string.IsNullOrWhiteSpace(_personName) ? null : _personName.Trim(),
        };
        _plan = await Replays.TryAsync(_query, CancellationToken.None);
    });

    private Task ReplayAsync() => DoAsync(async person =>
    {
        if (_query is not { } query || _plan is not { } plan || await Replays.RunAsync(plan, query, person, CancellationToken.None) is not { } replay)
        {
            return;
        }

        _plan = null;
        int waiting, failed;
        var patience = Time.GetUtcNow().AddMinutes(1);
        do
        {
            (waiting, failed) = await Replays.ProgressAsync(replay.Id, CancellationToken.None);
            _progress = (replay.Events, waiting);
            _replayed = $"{replay.Events - waiting} of {replay.Events} handled{(failed > 0 ? $", {failed} failed" : "")}{(waiting > 0 ? "…" : ".")}";
            StateHasChanged();
            await Task.Delay(TimeSpan.FromMilliseconds(300), Time, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        while (waiting > 0 && Time.GetUtcNow() < patience && !_over.IsCancellationRequested);
        _replayed += waiting > 0 ? " The rest goes on by itself." : "";
    });

    private static DateTimeOffset? Utc(DateTime? time) => time is { } t ? new DateTimeOffset(DateTime.SpecifyKind(t, DateTimeKind.Utc)) : null;

    private async Task DoAsync(Func<UserRights, Task> act)
    {
        if (_busy)
        {
            return;
        }

        if (Rights.Of((await Person).User) is not { IsAdmin: true } person)
        {
            Notices.Notify(NotificationSeverity.Error, "You are no longer an Admin", "Nothing was changed.");
            return;
        }

        _busy = true;
        StateHasChanged();
        try
        {
            await act(person);
            await ReadAsync();
        }
        catch (Npgsql.NpgsqlException)
        {
            Notices.Notify(NotificationSeverity.Error, "The database did not answer", "Try again in a moment.");
        }
        finally
        {
            _busy = false;
        }
    }
}
