using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Components;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>What Admins know and decide about one streamer, and who may see them.</summary>
public sealed partial class WatchedPage : AdminPage
{
    private const int MostPeople = 20_000;
    private BoardRow? _row;
    private Streamer? _removed;
    private bool _isRead;
    private string? _notes;
    private StreamerPriority _priority;
    private DateTimeOffset? _seen;
    private string? _problem;
    private List<AssignmentRow> _given = [];
    private List<GroupAssignmentRow> _byGroup = [];
    private List<(string Key, string Name, string? More)> _left = [];
    private List<PersonRow> _people = [];
    private List<GroupView> _groups = [];

    /// <summary>What the people who are chosen get: this group, or 0: the streamer alone.</summary>
    private long _group;

    [Parameter]
    public required string Slug { get; set; }

    [Inject]
    public required StreamerDirectory Directory { get; init; }

    [Inject]
    public required Assignments Assignments { get; init; }

    [Inject]
    public required Groups Groups { get; init; }

    [Inject]
    public required PeopleList People { get; init; }

    [Inject]
    public required Audit Log { get; init; }

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required MonitorOptions Options { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    protected override Task OnParametersSetAsync() => ReadAsync();

    private async Task ReadAsync()
    {
        await Board.CatchUpAsync(CancellationToken.None);
        string slug = Domain.Streamers.Slug.Parse(Slug) ?? string.Empty;
        var streamer = await Directory.FindAsync(slug, CancellationToken.None);
        _removed = streamer is null && slug.Length > 0 ? await Directory.FindRemovedAsync(slug, CancellationToken.None) : null;
        _row = streamer is null ? null : Board.Snapshot.Find(streamer.BroadcasterUserId);
        _isRead = true;
        if (streamer is not null)
        {
            (_notes, _priority, _seen) = (streamer.Notes, streamer.Priority, streamer.RevisedAt);
            await ReadAssignmentsAsync(streamer.BroadcasterUserId);
        }
    }

    private async Task ReadAssignmentsAsync(long id)
    {
        _given = await Assignments.OfStreamerAsync(id, CancellationToken.None);
        _byGroup = await Assignments.GroupsOfStreamerAsync(id, CancellationToken.None);
        _groups = [.. Groups.All.Where(g => g.OwnerId is null && g.Members.Contains(id)).OrderBy(g => g.Name, StringComparer.CurrentCulture)];
        _group = _groups.Exists(g => g.Id == _group) ? _group : 0;
        (_people, _) = await People.ReadAsync(new PeopleQuery(Limit: MostPeople), CancellationToken.None);
        RefreshLeft();
    }

    private Task ReadGroupsAsync() => _row is { BroadcasterUserId: var id } ? ReadAssignmentsAsync(id) : Task.CompletedTask;

    private void RefreshLeft()
    {
        var given = (_group == 0 ? _given.Select(a => a.UserId) : _byGroup.Where(a => a.GroupId == _group).Select(a => a.UserId)).ToHashSet();
        _left = [.. _people.Where(p => p.Role != Role.Admin && !given.Contains(p.Id)).Select(p => (p.Id.ToString(), p.Email, p.DisplayName))];
    }

    private Task SaveAsync() => ActAsync(async () =>
    {
        if (_row is not { BroadcasterUserId: var id })
        {
            return;
        }

        var seen = _seen;
        switch (await Directory.ReviseAsync(id, _notes ?? string.Empty, _priority, CancellationToken.None, s => s.RevisedAt == seen))
        {
            case ReviseStreamer.Stale:
                _problem = await Log.ChangedMeanwhileAsync(id.ToString(CultureInfo.InvariantCulture), ["streamer.revised"], CancellationToken.None);
                var typed = (_notes, _priority);
                await ReadAsync();
                (_notes, _priority) = typed;
                break;
            case ReviseStreamer.Done:
                _problem = null;
                Tell(T["Saved."]);
                await ReadAsync();
                break;
            default:
                await ReadAsync();
                break;
        }
    });

    private Task PauseAsync() => ActAsync(async () =>
    {
        if (_row is { } row)
        {
            await (row.IsPaused ? Directory.ResumeAsync(row.BroadcasterUserId, CancellationToken.None) : Directory.PauseAsync(row.BroadcasterUserId, CancellationToken.None));
            await ReadAsync();
        }
    });

    private Task RemoveAsync() => EndAsync(
        T["Nobody sees them any more. The history is kept and comes back if you add them again; assignments end, and they leave the groups for everybody."], T["Remove"], id => Directory.RemoveAsync(id, CancellationToken.None));

    private Task EraseAsync() => EndAsync(
        T["Broadcasts, viewer counts, changes, events, notes and tags are deleted, and nobody can bring them back."], T["Erase"], id => Directory.EraseAsync(id, CancellationToken.None));

    private Task EndAsync(string question, string yes, Func<long, Task<bool>> end) => (_row?.BroadcasterUserId ?? _removed?.BroadcasterUserId) is not { } id ? Task.CompletedTask : ConfirmAsync(
        question, T["Remove {0}?", _row?.DisplayName ?? _removed!.DisplayName], yes,
        async () =>
        {
            await end(id);
            await Board.CatchUpAsync(CancellationToken.None);
            Navigation.NavigateTo("/admin/streamers");
        });

    private Task GiveAsync(IReadOnlyCollection<string> users, Grant grant) => ChangeAsync(id => _group == 0
        ? Assignments.AssignAsync([.. users.Select(Guid.Parse)], [id], grant, CancellationToken.None)
        : Assignments.AssignGroupAsync([.. users.Select(Guid.Parse)], _group, grant, CancellationToken.None));

    private Task GrantAsync(AssignmentRow row, Grant grant) => ChangeAsync(async id =>
    {
        if (await Assignments.AssignAsync(row.UserId, id, grant, had => had == row.Grant, CancellationToken.None) != ChangeAssignment.Done)
        {
            Refuse(await Assignments.ChangedMeanwhileAsync(row.UserId, row.Slug, CancellationToken.None));
        }
    });

    private Task TakeGroupAsync(GroupAssignmentRow row) => ConfirmAsync(
        T["They see none of the {0} streamers of the group any more, at once, but those that are assigned to them by themselves.", row.Members],
        T["Take the group {0} away from {1}?", row.Name, row.Email],
        T["Take away"],
        async () =>
        {
            await Assignments.UnassignGroupAsync([row.UserId], row.GroupId, CancellationToken.None);
            await ReadAssignmentsAsync(_row?.BroadcasterUserId ?? 0);
        });

    private Task TakeAsync(AssignmentRow row) => ChangeAsync(id => Assignments.UnassignAsync([row.UserId], [id], CancellationToken.None));

    private Task ChangeAsync(Func<long, Task> change) => ActAsync(async () =>
    {
        if (_row is { BroadcasterUserId: var id })
        {
            await change(id);
            await ReadAssignmentsAsync(id);
        }
    });
}
