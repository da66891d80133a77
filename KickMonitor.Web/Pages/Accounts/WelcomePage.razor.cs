using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Texts;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Accounts;

/// <summary>Where a one-time link leads. Looking at the page does not use it up, so that no mail scanner can.</summary>
public sealed partial class WelcomePage : ComponentBase
{
    private User? _person;
    private string? _problem;
    private bool _isDone;
    private bool _isTooMany;

    [Inject]
    public required EntryLinks Links { get; init; }

    [Inject]
    public required SignInLimits Limits { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromQuery]
    public string? Code { get; set; }

    [SupplyParameterFromForm(FormName = "welcome", Name = "Input")]
    public WelcomeInput? Posted { get; set; }

    private WelcomeInput Input { get; set; } = new();

    protected override async Task OnInitializedAsync()
    {
        Input = Posted ?? Input;
        if (!Limits.Take(Context.Connection.RemoteIpAddress))
        {
            Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            _isTooMany = true;
            return;
        }

        _person = await Links.FindAsync(Code, Context.RequestAborted);
        if (_person is not null)
        {
            Limits.GiveBack(Context.Connection.RemoteIpAddress);
        }
    }

    private async Task SetAsync()
    {
        if (_person is not { } person)
        {
            return;
        }

        Actor.Current = Actor.Current with { UserId = person.Id, Name = person.Email };
        switch (await Links.SpendAsync(Code, Input.Password, Context.RequestAborted))
        {
            case SpendLink.Done:
                _isDone = true;
                break;
            case SpendLink.Refused(var reason):
                _problem = Translation.T.Known(reason);
                break;
            default:
                _person = null;
                break;
        }
    }
}

public sealed class WelcomeInput
{
    [Required(ErrorMessage = "Choose a password."), StringLength(PasswordRules.Longest, ErrorMessage = "A password has at most 256 characters.")]
    public string Password { get; set; } = string.Empty;
}
