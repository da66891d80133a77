using System.ComponentModel.DataAnnotations;
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

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "move", Name = "Move")]
    public MoveInput? Posted { get; set; }

    private MoveInput Move { get; set; } = new();

    private Guid Me => Context.User.UserId() ?? throw new InvalidOperationException("The page needs a person.");

    protected override Task OnInitializedAsync()
    {
        Move = Posted ?? Move;
        return ReadAsync();
    }

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
        _isGood = _links.Exists(l => l.Link.Id == link.Id && l.Link.State == LinkState.Healthy);
        _said = _isGood ? T["{0} is refreshed.", link.DisplayName] : outcome is UserToken.SignInAgain dead ? T["{0} was not refreshed: {1}.", link.DisplayName, dead.Reason] : T["{0} was not refreshed.", link.DisplayName];
    }

    private async Task RevokeAsync(AccountLink link)
    {
        if (!MayAsk())
        {
            return;
        }

        await Links.UnlinkAsync(link.Id, owner: null, Me, Context.RequestAborted);
        (_said, _isGood) = (T["{0} is unlinked, and the provider is told.", link.DisplayName], true);
        await ReadAsync();
    }

    private async Task MoveAsync()
    {
        if (!MayAsk())
        {
            return;
        }

        var to = await People.FindAsync(Move.To, Context.RequestAborted);
        var outcome = to is null || !Guid.TryParse(Move.Link, out var id) ? MoveLink.NoSuchLink : await Links.MoveAsync(id, to.Id, Me, Context.RequestAborted);
        _isGood = outcome == MoveLink.Moved;
        _said = outcome switch
        {
            MoveLink.Moved => T["Moved to {0}.", to!.Email],
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
    public string Link { get; set; } = string.Empty;

    [Required(ErrorMessage = "Say to whom."), StringLength(User.EmailLength)]
    public string To { get; set; } = string.Empty;
}
