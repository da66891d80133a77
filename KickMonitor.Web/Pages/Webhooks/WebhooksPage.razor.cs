using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Webhooks;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Radzen;

namespace KickMonitor.Web.Pages.Webhooks;

/// <summary>Whether webhooks work and why not; what is subscribed; what can be handled again. Every action asks for the right anew.</summary>
public sealed partial class WebhooksPage : ComponentBase
{
    private IntegrityReport? _report;
    private List<WizardStep>? _steps;
    private double? _clockAhead;
    private long _all;
    private bool _busy;
    private string? _reconciled;
    private string _type = string.Empty;
    private string _state = "failed";
    private string? _slug;
    private DateTime? _from;
    private DateTime? _until;
    private EventQuery? _query;
    private List<ReplayStep>? _plan;
    private string? _replayed;

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
    public required NotificationService Notices { get; init; }

    [CascadingParameter]
    public required Task<AuthenticationState> Person { get; set; }

    protected override Task OnInitializedAsync() => ReadAsync();

    private async Task ReadAsync()
    {
        _report = await Report.ReadAsync(CancellationToken.None);
        _clockAhead = await Report.ClockAheadAsync(CancellationToken.None);
        _all = _report.ByType.Sum(t => t.Count);
    }

    private string Channel(long id) => Board.Snapshot.Find(id)?.DisplayName ?? (id == 0 ? "nobody" : id.ToString(CultureInfo.InvariantCulture));

    private Task TestAsync() => DoAsync(async _ => _steps = await Wizard.WalkAsync(CancellationToken.None));

    private Task ReconcileAsync() => DoAsync(async _ => _reconciled = await Keeper.ReconcileAsync(CancellationToken.None) switch
    {
        null => "Another node is at it right now.",
        { Failure: { } failure } done => $"{done.Created} created, {done.Removed} removed, then Kick could not be asked: {failure}",
        var done => $"{done.Listed} listed, {done.Wanted} wanted: {done.Created} created, {done.Removed} removed, {done.Refused} refused.",
    });

    private Task TryAsync() => DoAsync(async _ =>
    {
        (_plan, _replayed) = (null, null);
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
        };
        _plan = await Replays.TryAsync(_query, CancellationToken.None);
    });

    private Task ReplayAsync() => DoAsync(async by =>
    {
        if (_query is not { } query)
        {
            return;
        }

        var (id, events) = await Replays.RunAsync(query, by, CancellationToken.None);
        _plan = null;
        int waiting, failed;
        var patience = DateTimeOffset.UtcNow.AddMinutes(1);
        do
        {
            (waiting, failed) = await Replays.ProgressAsync(id, CancellationToken.None);
            _replayed = $"{events - waiting} of {events} handled{(failed > 0 ? $", {failed} failed" : "")}{(waiting > 0 ? "…" : ".")}";
            StateHasChanged();
            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }
        while (waiting > 0 && DateTimeOffset.UtcNow < patience);
    });

    private static DateTimeOffset? Utc(DateTime? time) => time is { } t ? new DateTimeOffset(DateTime.SpecifyKind(t, DateTimeKind.Utc)) : null;

    private async Task DoAsync(Func<string, Task> act)
    {
        if (_busy)
        {
            return;
        }

        var person = (await Person).User;
        if (Rights.Of(person) is not { IsAdmin: true })
        {
            Notices.Notify(NotificationSeverity.Error, "You are no longer an Admin", "Nothing was changed.");
            return;
        }

        _busy = true;
        StateHasChanged();
        try
        {
            await act(person.Identity?.Name ?? "an Admin");
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
