using System.Globalization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Settings;

/// <summary>A person's groups of streamers, and for Admins those of everybody; plain HTML, works without a script.</summary>
public sealed partial class GroupsPage : ComponentBase
{
    private static readonly char[] Between = [' ', '\t', '\r', '\n', ',', ';'];
    private List<GroupView> _groups = [];
    private long? _open;
    private string? _problem;
    private string? _done;

    [Inject]
    public required Groups Groups { get; init; }

    [Inject]
    public required LiveBoard Board { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required Audit Log { get; init; }

    [Inject]
    public required PublicAddress Address { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(Name = "Input")]
    public GroupInput? Posted { get; set; }

    private GroupInput Input { get; set; } = new();

    private UserRights Me => Rights.Of(Context.User) ?? throw new InvalidOperationException("The page needs a person.");

    private bool IsAdmin => Me.IsAdmin;

    protected override void OnInitialized() => Read();

    private async Task CreateAsync()
    {
        Input = Posted ?? new();
        Guid? owner = Input.IsForAll && IsAdmin ? null : Me.UserId;
        if (StreamerGroup.ParseName(Input.Name) is not { } name)
        {
            _problem = T["A group's name has small letters and digits, with single hyphens between."];
        }
        else if (MembersTyped([]) is { } members)
        {
            switch (await Groups.CreateAsync(owner, name, isPublic: false, members, Context.RequestAborted))
            {
                case ChangeGroup.Done:
                    Input = new();
                    Saved();
                    break;
                case ChangeGroup.NameTaken:
                    _problem = T["There is a group of that name."];
                    Read();
                    break;
                default:
                    _problem = T["{0} groups are the most.", Groups.Most];
                    break;
            }
        }
    }

    private async Task SaveAsync(GroupView group)
    {
        _open = group.Id;

        // Whom the person may not see any more stays in their group.
        if (!MayChange(group) || MembersTyped(group.Members.Where(id => Board.Snapshot.Find(id) is null || !Me.MaySee(id))) is not { } members)
        {
            return;
        }

        switch (await Groups.ReviseAsync(
            group.Id, Context.RequestAborted, isPublic: Posted?.IsPublic == true && group.OwnerId is null, members: members, isAsSeen: stamp => stamp == Posted?.Seen))
        {
            case ChangeGroup.Done:
                Saved();
                break;
            case ChangeGroup.Stale:
                // What was typed stays where it was typed; the next time it is meant.
                _problem = await Log.ChangedMeanwhileAsync(group.Id.ToString(CultureInfo.InvariantCulture), ["group"], Context.RequestAborted);
                await Groups.ReadAsync(Context.RequestAborted);
                Read();
                break;
            default:
                _problem = T["There is no such group any more."];
                break;
        }
    }

    private async Task RemoveAsync(GroupView group)
    {
        _open = group.Id;
        if (Posted?.IsSure != true)
        {
            _problem = T["Tick that you mean it."];
        }
        else if (MayChange(group))
        {
            await Groups.RemoveAsync(group.Id, Context.RequestAborted);
            _done = T["{0} is deleted.", group.Name];
            Read();
        }
    }

    private bool MayChange(GroupView group) => group.OwnerId == Me.UserId || (group.OwnerId is null && IsAdmin);

    /// <returns>Null if somebody among them is not known.</returns>
    private HashSet<long>? MembersTyped(IEnumerable<long> unseen)
    {
        var members = new HashSet<long>(unseen);
        var unknown = new List<string>();
        foreach (string text in (Posted?.Members ?? string.Empty).Split(Between, StringSplitOptions.RemoveEmptyEntries))
        {
            if (Slug.Parse(text) is { } slug && Board.Snapshot.Find(slug) is { } row && Me.MaySee(row.BroadcasterUserId))
            {
                members.Add(row.BroadcasterUserId);
            }
            else
            {
                unknown.Add(text);
            }
        }

        _problem = unknown.Count == 0 ? null : T["Not watched, or not yours to see: {0}. Nothing was changed.", string.Join(", ", unknown.Take(20))];
        return unknown.Count == 0 ? members : null;
    }

    private void Saved()
    {
        _done = T["Saved."];
        Posted = null;
        Read();
    }

    private string MembersOf(GroupView group) => _open == group.Id && Posted?.Members is { } typed
        ? typed
        : string.Join('\n', group.Members.Select(Board.Snapshot.Find).OfType<BoardRow>().Where(r => Me.MaySee(r.BroadcasterUserId)).Select(r => r.Slug).Order(StringComparer.Ordinal));

    private void Read() => _groups = [.. Groups.All.Where(MayChange)];
}

public sealed class GroupInput
{
    public string? Name { get; set; }

    public string? Members { get; set; }

    /// <summary>The group's stamp when the form was drawn.</summary>
    public string? Seen { get; set; }

    public bool IsPublic { get; set; }

    public bool IsForAll { get; set; }

    public bool IsSure { get; set; }
}
