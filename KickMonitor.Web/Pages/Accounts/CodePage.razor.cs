using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Accounts;

/// <summary>The second step of signing in, for people who have switched it on.</summary>
public sealed partial class CodePage : ComponentBase
{
    private static readonly string StampClaim = new ClaimsIdentityOptions().SecurityStampClaimType;
    private string? _problem;

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    [Inject]
    public required Proofs Proofs { get; init; }

    [Inject]
    public required KnownBrowser Browser { get; init; }

    [Inject]
    public required Sessions Sessions { get; init; }

    [Inject]
    public required SignInLimits Limits { get; init; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(Name = "Input")]
    public CodeInput? Posted { get; set; }

    [SupplyParameterFromQuery]
    public string? ReturnUrl { get; set; }

    [SupplyParameterFromQuery]
    public bool Remember { get; set; }

    private CodeInput Input { get; set; } = new();

    /// <summary>Whoever has given the right password and nothing more.</summary>
    public static ClaimsPrincipal Halfway(User user) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, user.Id.ToString()), new Claim(StampClaim, user.SecurityStamp ?? string.Empty)], IdentityConstants.TwoFactorUserIdScheme));

    protected override async Task OnInitializedAsync()
    {
        Input = Posted ?? Input;
        if (await FindAsync() is null)
        {
            Navigation.NavigateTo("/signin");
        }
    }

    /// <returns>Null if nobody has given a password here, or it was another than theirs is by now.</returns>
    private async Task<User?> FindAsync()
    {
        var halfway = await Context.AuthenticateAsync(IdentityConstants.TwoFactorUserIdScheme);
        return await SignIn.GetTwoFactorAuthenticationUserAsync() is { IsDisabled: false } user && halfway.Principal?.FindFirstValue(StampClaim) == user.SecurityStamp ? user : null;
    }

    private async Task CheckAsync()
    {
        var address = Context.Connection.RemoteIpAddress;
        if (await FindAsync() is not { } user)
        {
            Navigation.NavigateTo("/signin");
            return;
        }

        switch (Limits.Take(address) ? await Proofs.ByCodeAsync(user, Input.Code, Browser.DoorOf(Context, user), Context.RequestAborted) : Proof.Resting)
        {
            case Proof.Resting:
                Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                _problem = T["Too many failed attempts. Wait a quarter of an hour."];
                return;
            case Proof.Wrong:
                await Sessions.FailedAsync(user.Id, SignInOutcome.WrongCode, address?.ToString(), Context.Request.Headers.UserAgent, Context.RequestAborted);
                _problem = T["That code is not right, or was used already. Wait for the next one."];
                return;
            default:
                Limits.GiveBack(address);
                break;
        }

        await Context.SignOutAsync(IdentityConstants.TwoFactorUserIdScheme);
        await SignIn.SignInAsync(user, Remember);
        await People.SignedInAsync(user.Id, Context.RequestAborted);
        Navigation.NavigateTo(LocalAddress.Of(ReturnUrl));
    }
}

public sealed class CodeInput
{
    [Required(ErrorMessage = "Enter the code."), StringLength(40)]
    public string Code { get; set; } = string.Empty;
}
