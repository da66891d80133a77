using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Components;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>One person: who they are, how they come in, and what they may see.</summary>
public sealed partial class UserPage : AdminPage
{
    /// <summary>No slug has a space.</summary>
    private const string GroupKey = "group ";

    private User? _user;
    private bool _isRead;
    private string? _seen;
    private string? _name;
    private Role _role;
    private string? _problem;
    private string? _entry;
    private string? _mailed;
    private string? _sure;
    private int _sessions;
    private int _tokens;
    private List<string> _links = [];
    private List<AssignmentRow> _given = [];
    private List<GroupAssignmentRow> _groupsGiven = [];
    private List<GroupView> _groupsLeft = [];
    private List<(string Key, string Name, string? More)> _left = [];

    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required EntryLinks Entries { get; init; }

    [Inject]
    public required Assignments Assignments { get; init; }

    [Inject]
    public required Groups Groups { get; init; }

    [Inject]
    public required Links AccountLinks { get; init; }

    [Inject]
    public required ApiTokens Tokens { get; init; }

    [Inject]
    public required Departure Departure { get; init; }

    [Inject]
    public required Audit Log { get; init; }

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required PublicAddress Address { get; init; }

    [Inject]
    public required Mail Mail { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    protected override Task OnParametersSetAsync() => ReadAsync();

    private static string RightsOf(Grant grant) => (grant.ManagesEvents ? " · " + T["manage events"] : string.Empty) + (grant.ManagesChat ? " · " + T["manage chat"] : string.Empty);

    private async Task ReadAsync()
    {
        _user = await People.FindAsync(Id, CancellationToken.None);
        _isRead = true;
        if (_user is not { } user)
        {
            return;
        }

        (_seen, _name, _role) = (user.ConcurrencyStamp, user.DisplayName, user.Role);
        _sessions = (await Sessions.ActiveAsync(Id, CancellationToken.None)).Count;
        _tokens = (await Tokens.ListAsync(Id, CancellationToken.None)).Count;
        _links = (await AccountLinks.OfAsync(Id, CancellationToken.None)).ConvertAll(l => $"{l.Provider}:{l.DisplayName}");
        await ReadAssignmentsAsync();
    }

    private async Task ReadAssignmentsAsync()
    {
        _given = await Assignments.OfUserAsync(Id, CancellationToken.None);
        _groupsGiven = await Assignments.GroupsOfUserAsync(Id, CancellationToken.None);
        _groupsLeft = [.. Groups.All.Where(g => g.OwnerId is null && !_groupsGiven.Exists(a => a.GroupId == g.Id))];
        var given = _given.Select(a => a.BroadcasterUserId).ToHashSet();
        _left =
        [
            .. _groupsLeft.Select(g => (GroupKey + g.Id.ToString(CultureInfo.InvariantCulture), T["group {0} ({1})", g.Name, g.Members.Count], (string?)null)),
            .. Board.Snapshot.All.Where(r => !given.Contains(r.BroadcasterUserId)).OrderBy(r => r.Slug, StringComparer.Ordinal)
                .Select(r => (r.Slug, r.DisplayName, (string?)string.Join(' ', new[] { r.Slug }.Concat(r.Tags.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => "#" + t))))),
        ];
    }

    private Task SaveAsync() => ActAsync(async () =>
    {
        string? name = string.IsNullOrWhiteSpace(_name) ? null : _name.Trim();
        _problem = User.IsName(name) ? null : T.Known(User.BadName);
        if (_problem is null && await MayChangeAsync(_role == Role.Admin))
        {
            await TellAsync(await People.ChangeAsync(Id, u => (u.DisplayName, u.Role) = (name, _role), CancellationToken.None, stamp => stamp == _seen));
        }
    });

    private Task ToggleAsync() => _user is { IsDisabled: true }
        ? ActAsync(async () =>
        {
            if (await MayChangeAsync())
            {
                await TellAsync(await People.EnableAsync(Id, CancellationToken.None));
            }
        })
        : ConfirmAsync(
            T["They are out at once, wherever they are signed in, and so are their API tokens. Everything of theirs is kept, and comes back when you enable them."],
            T["Disable {0}?", _user?.Email],
            T["Disable"],
            async () =>
            {
                if (await MayChangeAsync())
                {
                    await TellAsync(await People.DisableAsync(Id, CancellationToken.None));
                }
            });

    private async Task TellAsync(ChangeUser outcome)
    {
        switch (outcome)
        {
            case ChangeUser.Done:
                Tell(T["Saved."]);
                break;
            case ChangeUser.LastAdmin:
                Refuse(T["This is the last Admin"], T["Make somebody else an Admin first."]);
                break;
            case ChangeUser.Stale:
                _problem = await Log.ChangedMeanwhileAsync(Id.ToString(), People.Verbs, CancellationToken.None);
                var typed = (_name, _role);
                await ReadAsync();
                (_name, _role) = typed;
                return;
        }

        await ReadAsync();
    }

    private Task MakeLinkAsync() => LetInAsync(async () => (_entry, _mailed) = (await LinkAsync(), null));

    private async Task SendLinkAsync()
    {
        (_entry, _mailed) = (null, null);
        await MakeLinkAsync();
        if (_entry is { } link && _user is { Email: { } email })
        {
            // The link stands there to be copied, and the page can be used, however long the mail server takes.
            _mailed = T["is being sent…"];
            StateHasChanged();
            _mailed = await Mail.SendLinkAsync(email, link, CancellationToken.None) is { } problem ? T["not sent: {0}", problem] : T["Sent to {0}", email];
        }
    }

    private Task LetInAsync(Func<Task> act) => ActAsync(() => ForOthersAsync(act));

    /// <summary>What opens an account without its password is no way into one's own, nor from a session left open into an Admin's.</summary>
    private async Task ForOthersAsync(Func<Task> act)
    {
        if (!await IsMineAsync() && await MayChangeAsync())
        {
            await act();
        }
    }

    /// <summary>A session that was left open has no power over other Admins, and makes none.</summary>
    private async Task<bool> MayChangeAsync(bool makesAdmin = false)
    {
        var person = await People.FindAsync(Id, CancellationToken.None);
        return person is null || (person.Role != Role.Admin && !makesAdmin) || await IsFreshAsync();
    }

    private async Task<bool> IsMineAsync()
    {
        if ((await Person).User.UserId() != Id)
        {
            return false;
        }

        Refuse(T["This is your own account"], T["Change it under Settings, where your password is asked for."]);
        return true;
    }

    private async Task<string?> LinkAsync() => await Entries.CreateAsync(Id, CancellationToken.None) is { } code ? Address.To(EntryLinks.Path + code) : null;

    private Task SetTemporaryPasswordAsync() => ConfirmAsync(
        T["They are signed out everywhere, and their password, API tokens and passkeys work no longer."], T["Set a temporary password?"], T["Set it"],
        () => ForOthersAsync(async () =>
        {
            (_entry, _mailed) = (await Entries.SetTemporaryPasswordAsync(Id, CancellationToken.None), null);
            await ReadAsync();
        }));

    private Task EndSecondStepAsync() => ConfirmAsync(
        T["Whoever has their password comes in with that alone until they set up the second step again. Be sure that it is them who asks."], T["Take away the second step?"], T["Take it away"],
        () => ForOthersAsync(async () =>
        {
            await Entries.EndSecondStepAsync(Id, CancellationToken.None);
            await ReadAsync();
        }));

    private Task SignOutAsync() => ActAsync(async () =>
    {
        if (_user is { } user && await MayChangeAsync())
        {
            await Entries.SignOutEverywhereAsync(user, CancellationToken.None);
            Tell(T["{0} is signed out everywhere, and their API tokens and passkeys have ended.", user.Email]);
            await ReadAsync();
        }
    });

    /// <param name="chosen">Slugs of streamers, and groups.</param>
    private Task GiveAsync(IReadOnlyCollection<string> chosen, Grant grant) => ActAsync(async () =>
    {
        var board = Board.Snapshot;
        long[] ids = [.. chosen.Select(s => board.Find(s)?.BroadcasterUserId).OfType<long>()];
        int given = await Assignments.AssignAsync([Id], ids, grant, CancellationToken.None);
        foreach (string group in chosen.Where(c => c.StartsWith(GroupKey, StringComparison.Ordinal)))
        {
            given += await Assignments.AssignGroupAsync([Id], long.Parse(group[GroupKey.Length..], CultureInfo.InvariantCulture), grant, CancellationToken.None);
        }

        Tell(T["{0} assigned", given]);
        await ReadAssignmentsAsync();
    });

    private Task GrantAsync(AssignmentRow row, Grant grant) => ActAsync(async () =>
    {
        if (await Assignments.AssignAsync(Id, row.BroadcasterUserId, grant, had => had == row.Grant, CancellationToken.None) != ChangeAssignment.Done)
        {
            Refuse(await Assignments.ChangedMeanwhileAsync(Id, row.Slug, CancellationToken.None));
        }

        await ReadAssignmentsAsync();
    });

    private Task TakeAsync(IReadOnlyCollection<long> ids) => ActAsync(async () =>
    {
        await Assignments.UnassignAsync([Id], ids, CancellationToken.None);
        await ReadAssignmentsAsync();
    });

    private Task TakeAllAsync() => ConfirmAsync(
        T["They see none of the {0} any more, at once.", _given.Count], T["Take all away?"], T["Take away"],
        async () =>
        {
            await Assignments.UnassignAsync([Id], _given.ConvertAll(g => g.BroadcasterUserId), CancellationToken.None);
            await ReadAssignmentsAsync();
        });

    private Task GiveGroupAsync(long group) => ActAsync(async () =>
    {
        await Assignments.AssignGroupAsync([Id], group, new Grant(), CancellationToken.None);
        await ReadAssignmentsAsync();
    });

    private Task TakeGroupAsync(long group) => ActAsync(async () =>
    {
        await Assignments.UnassignGroupAsync([Id], group, CancellationToken.None);
        await ReadAssignmentsAsync();
    });

    private Task DeleteAsync() => ActAsync(async () =>
    {
        if (_user is not { } user || !string.Equals(_sure?.Trim(), user.Email, StringComparison.OrdinalIgnoreCase))
        {
            Refuse(T["That is another address"], T["Nothing was changed."]);
            return;
        }

        if (await IsMineAsync() || !await MayChangeAsync())
        {
            return;
        }

        if (await Departure.LeaveAsync(Id, CancellationToken.None) == ChangeUser.LastAdmin)
        {
            Refuse(T["This is the last Admin"], T["Make somebody else an Admin first."]);
            return;
        }

        Tell(T["Deleted {0}", user.Email]);
        Navigation.NavigateTo("/admin/users");
    });
}
