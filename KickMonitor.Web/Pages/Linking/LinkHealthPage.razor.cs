using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Linking;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Linking;

/// <summary>What Admins see of everybody's links: states, never a token.</summary>
public sealed partial class LinkHealthPage : ComponentBase
{
    private List<(AccountLink Link, string Email)> _links = [];
    private List<WaitingRevocations> _waiting = [];
    private string? _said;
    private bool _isGood;

    [Inject]
    public required Links Links { get; init; }

    [Inject]
    public required TokenVault Vault { get; init; }

    [Inject]
    public required Revocations Revocations { get; init; }

    [Inject]
    public required Providers Providers { get; init; }

    [Inject]
    public required ConnectLimit Limit { get; init; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required Sessions Sessions { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    /// <summary>Of the form in whichever row it stands.</summary>
    [SupplyParameterFromForm(Name = "Move")]
    public MoveInput? Posted { get; set; }

    private Guid Me => Context.User.UserId() ?? throw new InvalidOperationException("The page needs a person.");

    protected override Task OnInitializedAsync() => ReadAsync();

    private static string ClassOf(LinkState state) => state switch
    {
        LinkState.Healthy => "state-ok",
        LinkState.Retrying => "state-retry",
        _ => "state-dead",
    };

    private static string WordOf(AccountLink link) => link.State switch
    {
        LinkState.Healthy => T["healthy"],
        LinkState.Retrying => T["trying again, {0} in a row", link.Failures],
        _ => T["sign in again"],
    };

    private static string TodoOf(AccountLink link) => link.State switch
    {
        LinkState.Healthy => string.Empty,
        LinkState.Retrying when link.LastError?.StartsWith(TokenVault.CredentialsRefused, StringComparison.Ordinal) == true => T["Check the client id and secret: {0}", link.LastError],
        LinkState.Retrying => T["Nothing yet: {0}", link.LastError],
        _ => T["Ask its owner to link it again ({0})", link.LastError],
    };

    private int Count(LinkState state) => _links.Count(l => l.Link.State == state);

    private async Task RefreshAsync(AccountLink link)
    {
        if (!MayAsk())
        {
            return;
        }

        var outcome = await Vault.RefreshNowAsync(link.Id, Context.RequestAborted);
        await ReadAsync();
        _isGood = outcome is UserToken.Ready && _links.Exists(l => l.Link.Id == link.Id && l.Link.State == LinkState.Healthy);
        _said = outcome switch
        {
            _ when _isGood => T["{0} is refreshed.", link.DisplayName],
            UserToken.SignInAgain dead => T["{0} was not refreshed: {1}.", link.DisplayName, dead.Reason],
            _ => T["{0} was not refreshed.", link.DisplayName],
        };
    }

    private async Task RevokeAsync(AccountLink link)
    {
        if (!MayAsk())
        {
            return;
        }

        await Links.UnlinkAsync(link.Id, owner: null, Me, Context.RequestAborted);
        (_said, _isGood) = (T["{0} is unlinked, and the provider is told, now or as soon as it listens.", link.DisplayName], true);
        await ReadAsync();
    }

    private async Task MoveAsync(AccountLink link, string from)
    {
        if (!MayAsk())
        {
            return;
        }

        // With a channel go its private events: more than a session that was left open is good for.
        if (!await Sessions.IsFreshAsync(Context.User, Context.RequestAborted))
        {
            Context.Response.StatusCode = StatusCodes.Status403Forbidden;
            (_said, _isGood) = (T["Nothing was moved: that takes a sign-in within the last hour. Sign out, sign in, and do it again."], false);
            return;
        }

        if (Posted?.To?.Trim() is not { Length: > 0 and <= User.EmailLength } email)
        {
            (_said, _isGood) = (T["Nothing was moved: say to whom, by their e-mail address."], false);
            return;
        }

        var to = await People.FindAsync(email, Context.RequestAborted);
        var outcome = to is null ? MoveLink.NoSuchUser : await Links.MoveAsync(link.Id, to.Id, Me, Context.RequestAborted);
        _isGood = outcome == MoveLink.Moved;
        _said = outcome switch
        {
            MoveLink.Moved => T["{0} ({1}) is moved from {2} to {3}.", link.DisplayName, link.Provider, from, to!.Email],
            MoveLink.HasOne => T["{0} has an account of that provider already.", to!.Email],
            _ => T["There is no such person or link."],
        };
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
        _links = await Links.AllAsync(Context.RequestAborted);
        _waiting = await Revocations.WaitingAsync(Context.RequestAborted);
    }
}

public sealed class MoveInput
{
    public string? To { get; set; }
}
