using System.Globalization;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Components;
using KickMonitor.Web.Webhooks;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Webhooks;

/// <summary>Whether webhooks work and why not; what is subscribed; what can be handled again. Every action asks for the right anew.</summary>
public sealed partial class WebhooksPage : AdminPage, IDisposable
{
    /// <summary>A state that people know and the inbox does not.</summary>
    private const string Skipped = "skipped";

    private readonly CancellationTokenSource _over = new();
    private IntegrityReport? _report;
    private List<WizardStep>? _steps;
    private double? _clockAhead;
    private long _all;
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
    public required TimeProvider Time { get; init; }

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

    private string Channel(long id) => Board.Snapshot.Find(id)?.DisplayName ?? (id == 0 ? T["nobody"] : id.ToString(CultureInfo.InvariantCulture));

    internal static string DelayName(int i) => i < Integrity.DelayNames.Count - 1 ? T["within {0}", Integrity.DelayNames[i]] : T["more"];

    /// <summary>How staleness is paid for a missing subscription: Kick's own answers lag a start or end by up to a minute.</summary>
    private string Otherwise(Slots slots) => slots.Type switch
    {
        KickEventTypes.Status => T["polled every {0} s: up to {1} s late", Monitor.Interval, Monitor.Interval + 60],
        KickEventTypes.Metadata => T["polled: up to {0} s late while live, {1} s while offline", Monitor.Interval + 60, Monitor.DetailInterval],
        _ when slots.Most == 0 => T["not wanted: Events:ChatChannels is 0"],
        _ => T["not known at all: Kick tells it in no other way"],
    };

    private static string Advice(FindingKind kind) => kind switch
    {
        FindingKind.Silent => T["Kick may have stopped delivering it, or nobody did such a thing. Compare and repair, below, shows whether it is still subscribed."],
        FindingKind.Unsubscribed => T["Kick does so after a day of failed deliveries, and when webhooks are switched off in the app's settings."],
        FindingKind.Elsewhere => T["Compare the address in Kick's developer settings with the one above; switching webhooks off and on there heals old subscriptions within about ten minutes."],
        FindingKind.Full => T["Starts and ends are found by polling all the same, a little later; chat is not. Verified apps get more chat subscriptions from Kick."],
        _ => string.Empty,
    };

    private static string Why(EventMark? mark) => mark switch
    {
        EventMark.Late => T["(late)"],
        EventMark.Future => T["(sent in the future)"],
        EventMark.Foreign => T["(neither the subscription nor the channel is ours)"],
        _ => string.Empty,
    };

    private Task TestAsync() => DoAsync(async () => _steps = await Wizard.WalkAsync(CancellationToken.None));

    private Task ReconcileAsync()
    {
        _reconciled = T["Comparing. What is missing is asked for as fast as the budget of calls allows…"];
        return DoAsync(CompareAsync);
    }

    private async Task CompareAsync() => _reconciled = await Keeper.ReconcileAsync(isAskedFor: true, CancellationToken.None) switch
    {
        null => T["It is being done already, here or on another node."],
        { Failure: { } failure } done => T["{0} created, {1} removed, then Kick could not be asked: {2}", done.Created, done.Removed, failure],
        var done => T["{0} listed, {1} wanted: {2} created, {3} removed, {4} refused.", done.Listed, done.Wanted, done.Created, done.Removed, done.Refused],
    };

    private Task TryAsync() => DoAsync(async () =>
    {
        (_plan, _replayed, _progress) = (null, null, null);
        long? who = null;
        if (!string.IsNullOrWhiteSpace(_slug))
        {
            who = Board.Snapshot.Find(_slug.Trim())?.BroadcasterUserId;
            if (who is null)
            {
                _replayed = T["Nobody of the name {0} is watched.", _slug];
                return;
            }
        }

        _query = new EventQuery(who is { } id ? [id] : null)
        {
            Type = _type.Length > 0 ? _type : null,
            IsSkipped = _state == Skipped,
            State = SnakeCase<EventState>.TryParse(_state, out var state) ? state : null,
            From = Utc(_from),
            To = Utc(_until),
            Person = string.IsNullOrWhiteSpace(_personName) ? null : _personName.Trim(),
        };
        _plan = await Replays.TryAsync(_query, T.Say, CancellationToken.None);
    });

    private Task ReplayAsync() => DoAsync(async () =>
    {
        if (_query is not { } query || _plan is not { } plan || Rights.Of((await Person).User) is not { } person || await Replays.RunAsync(plan, query, person, CancellationToken.None) is not { } replay)
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
            _replayed = (failed > 0 ? T["{0} of {1} handled, {2} failed", replay.Events - waiting, replay.Events, failed] : T["{0} of {1} handled", replay.Events - waiting, replay.Events]) + (waiting > 0 ? "…" : ".");
            StateHasChanged();
            await Task.Delay(TimeSpan.FromMilliseconds(300), Time, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        while (waiting > 0 && Time.GetUtcNow() < patience && !_over.IsCancellationRequested);
        _replayed += waiting > 0 ? " " + T["The rest goes on by itself."] : "";
    });

    private static DateTimeOffset? Utc(DateTime? time) => time is { } t ? new DateTimeOffset(DateTime.SpecifyKind(t, DateTimeKind.Utc)) : null;

    private Task DoAsync(Func<Task> act) => ActAsync(async () =>
    {
        await act();
        await ReadAsync();
    });
}
