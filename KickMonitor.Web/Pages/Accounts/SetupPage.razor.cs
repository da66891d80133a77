using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Accounts;

/// <summary>Makes the first Admin, once, for whoever can read the log.</summary>
public sealed partial class SetupPage : ComponentBase
{
    private string? _problem;

    [Inject]
    public required FirstAdmin FirstAdmin { get; init; }

    [Inject]
    public required SetupCode Code { get; init; }

    [Inject]
    public required SignInLimits Limits { get; init; }

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    [Inject]
    public required KickOptions Kick { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(Name = "Input")]
    public SetupInput? Posted { get; set; }

    private SetupInput Input { get; set; } = new();

    protected override async Task OnInitializedAsync()
    {
        Input = Posted ?? Input;
        if (!await FirstAdmin.IsMissingAsync(Context.RequestAborted))
        {
            Navigation.NavigateTo("/signin");
        }
    }

    private async Task CreateAsync()
    {
        if (!Limits.Take(Context.Connection.RemoteIpAddress) || !Code.Matches(Input.Code))
        {
            _problem = T["That is not the code that the server wrote to its log."];
            return;
        }

        switch (await FirstAdmin.CreateAsync(Input.Email, Input.Password, Context.RequestAborted))
        {
            case CreateUser.Created(var user, _):
                await SignIn.SignInAsync(user, isPersistent: false);
                Navigation.NavigateTo("/");
                break;
            case CreateUser.Refused(var reason):
                _problem = T.Known(reason);
                break;
            default:
                Navigation.NavigateTo("/signin");
                break;
        }
    }
}

public sealed class SetupInput
{
    [Required(ErrorMessage = "Enter the code from the log."), StringLength(64)]
    public string Code { get; set; } = string.Empty;

    [Required(ErrorMessage = "Enter an e-mail address."), StringLength(User.EmailLength)]
    public string Email { get; set; } = string.Empty;

    [Required(ErrorMessage = "Choose a password."), StringLength(PasswordRules.Longest)]
    public string Password { get; set; } = string.Empty;
}
