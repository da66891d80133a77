using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Accounts;

/// <summary>Signs a person in by password or passkey.</summary>
public sealed partial class SignInPage : ComponentBase
{
    private string? _problem;

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    /// <summary>The one that the accounts are read and written by.</summary>
    [Inject]
    public required KickMonitorDb Db { get; init; }

    [Inject]
    public required SignInLimits Limits { get; init; }

    [Inject]
    public required FirstAdmin FirstAdmin { get; init; }

    [Inject]
    public required KnownBrowser Browser { get; init; }

    [Inject]
    public required PasswordSignIn Check { get; init; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "signin", Name = "Input")]
    public SignInInput? Posted { get; set; }

    [SupplyParameterFromForm(FormName = "passkey", Name = "Passkey")]
    public UsedPasskey? Passkey { get; set; }

    private SignInInput Input { get; set; } = new();

    [SupplyParameterFromQuery]
    public string? ReturnUrl { get; set; }

    protected override async Task OnInitializedAsync()
    {
        Input = Posted ?? Input;
        if (HttpMethods.IsGet(Context.Request.Method) && await FirstAdmin.IsMissingAsync(Context.RequestAborted))
        {
            Navigation.NavigateTo("/setup");
        }
    }

    private async Task SignInAsync()
    {
        // It does not go back into the page.
        string password = Input.Password;
        Input.Password = string.Empty;
        switch (await Check.CheckAsync(Input.Email, password, Context.Connection.RemoteIpAddress, Context.Request.Headers.UserAgent, user => Browser.DoorOf(Context, user), Context.RequestAborted))
        {
            case PasswordCheck.TooMany:
                Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                _problem = T["Too many failed attempts from your address. Wait a quarter of an hour."];
                break;
            case PasswordCheck.Right({ TwoFactorEnabled: true } user):
                await Context.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, CodePage.Halfway(user));
                Navigation.NavigateTo($"/signin/code?remember={(Input.Remember ? "true" : "false")}&returnUrl={Uri.EscapeDataString(LocalAddress.Of(ReturnUrl))}");
                break;
            case PasswordCheck.Right(var user):
                await EnterAsync(user, Input.Remember);
                break;
            default:
                _problem = T["That e-mail and password do not fit together. After ten failures an account rests for a quarter of an hour."];
                break;
        }
    }

    /// <summary>A passkey is two steps in one: the device, and what unlocks it. It cannot be guessed, so an account that rests after wrong passwords takes it.</summary>
    private async Task SignInByPasskeyAsync()
    {
        var address = Context.Connection.RemoteIpAddress;
        if (!Limits.Take(address) || await SignIn.CheckAsync(Passkey?.Credential) is not { User: { IsDisabled: false } user, Passkey: { } passkey }
            || !await SignIn.UserManager.KeepAsync(Db, user, passkey, Context.RequestAborted))
        {
            _problem = T["That passkey does not open an account here."];
            return;
        }

        Limits.GiveBack(address);
        await EnterAsync(user, remember: false);
    }

    private async Task EnterAsync(User user, bool remember)
    {
        await SignIn.SignInAsync(user, remember);
        await People.SignedInAsync(user.Id, Context.RequestAborted);
        Navigation.NavigateTo(LocalAddress.Of(ReturnUrl));
    }
}

public sealed class UsedPasskey
{
    /// <summary>What the browser answered, as JSON.</summary>
    public string? Credential { get; set; }
}

public sealed class SignInInput
{
    [Required(ErrorMessage = "Enter your e-mail address."), StringLength(User.EmailLength, ErrorMessage = "An e-mail address is shorter than that.")]
    public string Email { get; set; } = string.Empty;

    [Required(ErrorMessage = "Enter your password."), StringLength(PasswordRules.Longest, ErrorMessage = "A password has at most 256 characters.")]
    public string Password { get; set; } = string.Empty;

    public bool Remember { get; set; }
}
