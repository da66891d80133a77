using KickMonitor.Domain.Linking;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Hosting;
using KickMonitor.Web.Linking;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Settings;

/// <summary>A person's accounts at providers; plain HTML, works without a script.</summary>
public sealed partial class LinksPage : ComponentBase
{
    private const int Events = 12;
    private List<AccountLink> _links = [];
    private List<LinkEvent> _events = [];
    private string? _said;
    private bool _isGood;

    [Inject]
    public required Providers Providers { get; init; }

    [Inject]
    public required Links Links { get; init; }

    [Inject]
    public required ConnectLimit Limit { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    /// <summary>The provider that was linked a moment ago.</summary>
    [SupplyParameterFromQuery]
    public string? Linked { get; set; }

    private Guid Me => Context.User.UserId() ?? throw new InvalidOperationException("The page needs a person.");

    private IEnumerable<Provider> Shown => Providers.All.Where(p => p.IsConfigured || _links.Exists(l => l.Provider == p.Name));

    protected override Task OnInitializedAsync()
    {
        Context.AllowForms(Providers.Configured.Select(p => p.AuthorizeUrl));
        return ReadAsync();
    }

    private static (string Class, string Word, string? Advice) HealthOf(AccountLink link) => link.State switch
    {
        LinkState.Healthy => ("state-ok", "● " + T["healthy"], null),
        LinkState.Retrying => ("state-retry", "◐ " + T["trying again"], T["The last refresh did not work. You need not do anything: it is tried again by itself."]),
        _ => ("state-dead", "○ " + T["sign in again"], T["The provider takes our key no longer; perhaps you removed the app there or changed your password. Link the account again to go on."]),
    };

    private static string WordOf(LinkEventKind kind) => kind switch
    {
        LinkEventKind.Linked => T["was linked"],
        LinkEventKind.Refreshed => T["was refreshed"],
        LinkEventKind.RefreshFailed => T["was not refreshed"],
        LinkEventKind.SignInAgain => T["needs you to sign in again"],
        LinkEventKind.Unlinked => T["was unlinked"],
        LinkEventKind.Moved => T["was moved by an Admin"],
        _ => T["was asked for by somebody else, and refused"],
    };

    private async Task CheckAsync(AccountLink link)
    {
        if (!MayAsk())
        {
            return;
        }

        var found = await Links.CheckAsync(link.Id, Context.RequestAborted);
        _isGood = found is { State: LinkState.Healthy };
        _said = found switch
        {
            { State: LinkState.Healthy } => T["Checked: it works."],
            { State: LinkState.Retrying } => T["The provider does not answer as it should; it is tried again by itself."],
            _ => T["The provider takes our key no longer."],
        };
        await ReadAsync();
    }

    private async Task UnlinkAsync(AccountLink link)
    {
        if (!MayAsk())
        {
            return;
        }

        if (await Links.UnlinkAsync(link.Id, Me, Me, Context.RequestAborted) is not null)
        {
            (_said, _isGood) = (T["{0} is unlinked. Our keys to it are erased, and the provider is told, now or as soon as it listens.", Providers.Find(link.Provider)?.Title], true);
        }

        Linked = null;
        await ReadAsync();
    }

    private bool MayAsk()
    {
        if (Limit.MayPass(Context))
        {
            return true;
        }

        Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        (_said, _isGood) = (T["That was too often. Wait a minute."], false);
        return false;
    }

    private async Task ReadAsync()
    {
        _links = await Links.OfAsync(Me, Context.RequestAborted);
        _events = await Links.EventsOfAsync(Me, Events, Context.RequestAborted);
    }
}
