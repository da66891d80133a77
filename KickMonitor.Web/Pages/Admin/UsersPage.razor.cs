using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Components;
using KickMonitor.Web.Hosting;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Admin;

/// <summary>Everybody who can sign in, a page at a time, and how more come in. The filters stand in the address.</summary>
public sealed partial class UsersPage : AdminPage
{
    private const int Shown = 50;
    private const int MostAtOnce = 200;
    private List<PersonRow>? _rows;
    private int _total;
    private bool _isInviting;
    private string? _emails;
    private Role _role = Role.Viewer;
    private string _way = "link";
    private bool _byMail;
    private string? _group;
    private List<Entry> _invited = [];

    [Inject]
    public required PeopleList List { get; init; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required EntryLinks Links { get; init; }

    [Inject]
    public required Assignments Assignments { get; init; }

    [Inject]
    public required Groups Groups { get; init; }

    [Inject]
    public required PublicAddress Address { get; init; }

    [Inject]
    public required Mail Mail { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [SupplyParameterFromQuery]
    public string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "role")]
    public string? RoleText { get; set; }

    [SupplyParameterFromQuery]
    public string? State { get; set; }

    [SupplyParameterFromQuery]
    public string? Order { get; set; }

    [SupplyParameterFromQuery(Name = "page")]
    public int? PageNumber { get; set; }

    private int Page => Math.Clamp(PageNumber ?? 1, 1, 100_000);

    protected override Task OnParametersSetAsync() => ReadAsync();

    private async Task ReadAsync()
    {
        var role = RoleText is not null && SnakeCase<Role>.TryParse(RoleText, out var parsed) ? parsed : (Role?)null;
        var order = Order is not null && SnakeCase<PeopleOrder>.TryParse(Order, out var wanted) ? wanted : PeopleOrder.Email;
        bool? isDisabled = State switch { "disabled" => true, "enabled" => false, _ => null };
        (_rows, _total) = await List.ReadAsync(new PeopleQuery(Q, role, isDisabled, order, (Page - 1) * Shown, Shown), CancellationToken.None);
        if (_rows.Count == 0 && Page > 1)
        {
            // They are fewer by now.
            Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("page", (int?)null), replace: true);
        }
    }

    private Task InviteAsync() => ActAsync(async () =>
    {
        if (_role == Role.Admin && !await IsFreshAsync())
        {
            return;
        }

        string[] emails = [.. (_emails ?? string.Empty).Split(['\n', ',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase)];
        _isInviting = true;
        _invited = [];
        var made = new List<Guid>();
        foreach (string email in emails.Take(MostAtOnce))
        {
            _invited.Add(await LetInAsync(email, made));
            StateHasChanged();
        }

        if (made.Count > 0 && long.TryParse(_group, out long group))
        {
            await Assignments.AssignGroupAsync(made, group, new Grant(), CancellationToken.None);
        }

        // Whoever is not in yet stays in the field: those who were refused, and those who were too many for once.
        _emails = string.Join('\n', _invited.Where(i => !i.IsGood).Select(i => i.Email).Concat(emails.Skip(MostAtOnce)));
        if (emails.Length > MostAtOnce)
        {
            Tell(T["{0} at once are the most", MostAtOnce], T["The others still stand there: let them in next."]);
        }

        await ReadAsync();
        if (_byMail && Mail.IsConfigured)
        {
            _ = SendAsync([.. _invited.Where(i => i is { IsGood: true, IsLink: true })]);
        }
    });

    /// <summary>The links stand there to be copied, and the page can be used, however long the mail server takes.</summary>
    private async Task SendAsync(List<Entry> entries)
    {
        entries.ForEach(e => e.Mailed = T["is being sent…"]);
        await Parallel.ForEachAsync(entries, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (entry, ct) =>
        {
            string? problem = await Mail.SendLinkAsync(entry.Email, entry.Text, ct);
            await InvokeAsync(() =>
            {
                entry.Mailed = problem is null ? T["sent"] : T["not sent: {0}", problem];
                StateHasChanged();
            });
        });
    }

    private async Task<Entry> LetInAsync(string email, List<Guid> made)
    {
        var outcome = _way == "link"
            ? await People.InviteAsync(email, _role, displayName: null, CancellationToken.None)
            : await People.CreateAsync(email, _role, password: null, CancellationToken.None);
        switch (outcome)
        {
            case CreateUser.Created(var user, var password):
                made.Add(user.Id);
                if (password is not null)
                {
                    return new Entry(email, password, true);
                }

                string link = Address.To(EntryLinks.Path + await Links.CreateAsync(user.Id, CancellationToken.None));
                return new Entry(email, link, true, IsLink: true);
            case CreateUser.AlreadyThere:
                return new Entry(email, T["is here already"], false);
            case CreateUser.Refused refused:
                return new Entry(email, T.Known(refused.Reason), false);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>What somebody comes in with, or why they do not.</summary>
    private sealed record Entry(string Email, string Text, bool IsGood, bool IsLink = false)
    {
        public string? Mailed { get; set; }
    }

    private void Go(string name, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value.Trim(), ["page"] = null }), replace: true);
}
