using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Accounts;

/// <summary>Signs a person in by password. The same answer, in about the same time, whether the account exists or not.</summary>
public sealed partial class SignInPage : ComponentBase
{
    private string? _problem;

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    [Inject]
    public required SignInLimits Limits { get; init; }

    [Inject]
    public required FirstAdmin FirstAdmin { get; init; }

    [Inject]
    public required Sessions Sessions { get; init; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(Name = "Input")]
    public SignInInput? Posted { get; set; }

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
        if (!Limits.MayTry(Context.Connection.RemoteIpAddress))
        {
            Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            _problem = T["Too many failed attempts from your address. Wait a quarter of an hour."];
            return;
        }

        var user = await SignIn.UserManager.FindByEmailAsync(Input.Email.Trim());
        if (user is null)
        {
            // Hashing takes most of the time; leaving it out would tell who has an account.
            SignIn.UserManager.PasswordHasher.HashPassword(new User(), Input.Password);
            Fail();
            return;
        }

        var result = await SignIn.CheckPasswordSignInAsync(user, Input.Password, lockoutOnFailure: true);
        if (result.IsLockedOut)
        {
            // Otherwise the quick answer would tell that the account exists.
            SignIn.UserManager.PasswordHasher.HashPassword(user, Input.Password);
        }

        if (!result.Succeeded || user.IsDisabled)
        {
            var outcome = result.IsLockedOut ? SignInOutcome.LockedOut : SignInOutcome.WrongPassword;
            await Sessions.FailedAsync(user.Id, outcome, Context.Connection.RemoteIpAddress?.ToString(), Context.Request.Headers.UserAgent, Context.RequestAborted);
            Fail();
            return;
        }

        if (user.TwoFactorEnabled)
        {
            await Context.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, CodePage.Halfway(user));
            Navigation.NavigateTo($"/signin/code?remember={(Input.Remember ? "true" : "false")}&returnUrl={Uri.EscapeDataString(LocalAddress.Of(ReturnUrl))}");
            return;
        }

        await SignIn.SignInAsync(user, Input.Remember);
        await People.SignedInAsync(user.Id, Context.RequestAborted);
        Navigation.NavigateTo(LocalAddress.Of(ReturnUrl));
    }

    private void Fail()
    {
        Limits.Failed(Context.Connection.RemoteIpAddress);
        _problem = T["That e-mail and password do not fit together. After ten failures an account rests for a quarter of an hour."];
    }
}

public sealed class SignInInput
{
    [Required(ErrorMessage = "Enter your e-mail address."), StringLength(User.EmailLength, ErrorMessage = "An e-mail address is shorter than that.")]
    public string Email { get; set; } = string.Empty;

    [Required(ErrorMessage = "Enter your password."), StringLength(PasswordRules.Longest, ErrorMessage = "A password has at most 256 characters.")]
    public string Password { get; set; } = string.Empty;

    public bool Remember { get; set; }
}
