using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using QRCoder;

namespace KickMonitor.Web.Pages.Settings;

/// <summary>Password, second step, sessions. Whatever weakens an account asks for the password once more.</summary>
public sealed partial class SecurityPage : ComponentBase
{
    private const int RecoveryCodes = 10;
    private const int Shown = 20;
    private User _user = new();
    private List<SignIn> _active = [];
    private List<SignIn> _recent = [];
    private IEnumerable<string>? _codes;
    private int _codesLeft;
    private string? _key;
    private string? _qr;
    private bool _isConfirming;
    private string? _problem;
    private string? _done;
    private bool _isRead;

    // As it was when nothing was on its way: what is drawn in between must not read by the connection that changes it.
    private bool _mustChange;
    private bool _isViewed;

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    [Inject]
    public required EntryLinks Entries { get; init; }

    /// <summary>The one that the accounts are read and written by.</summary>
    [Inject]
    public required KickMonitorDb Db { get; init; }

    [Inject]
    public required Sessions Sessions { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required Proofs Proofs { get; init; }

    [Inject]
    public required PendingSecondStep Pending { get; init; }

    [Inject]
    public required Totp Totp { get; init; }

    [Inject]
    public required Audit Audit { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "password", Name = "Password")]
    public PasswordChange? PostedPassword { get; set; }

    [SupplyParameterFromForm(FormName = "starting", Name = "Starting")]
    public PasswordProof? PostedStarting { get; set; }

    [SupplyParameterFromForm(FormName = "ending", Name = "Ending")]
    public PasswordProof? PostedEnding { get; set; }

    [SupplyParameterFromForm(FormName = "confirm", Name = "Code")]
    public CodeProof? PostedCode { get; set; }

    private PasswordChange Password { get; set; } = new();

    private PasswordProof Starting { get; set; } = new();

    private PasswordProof Ending { get; set; } = new();

    private CodeProof Code { get; set; } = new();

    private UserManager<User> Users => SignIn.UserManager;

    protected override async Task OnInitializedAsync()
    {
        Password = PostedPassword ?? Password;
        Starting = PostedStarting ?? Starting;
        Ending = PostedEnding ?? Ending;
        Code = PostedCode ?? Code;
        _isViewed = ViewAs.IsViewing(Context.User);
        _user = await Users.GetUserAsync(Context.User) ?? throw new InvalidOperationException("The page needs a person.");
        _mustChange = _user.MustChangePassword;
        await ReadAsync();
        if (PostedCode is not null && !_user.TwoFactorEnabled)
        {
            // The form that the code was typed into must stand here again to receive it. The key is for whoever gave the password.
            _isConfirming = true;
            if (await IsPendingAsync())
            {
                await ShowKeyAsync();
            }
        }

        // The panel reads by the same connection, one after the other.
        _isRead = true;
    }

    private static string Spaced(string key) => string.Join(' ', key.Chunk(4).Select(c => new string(c)));

    private static string WordOf(SignInOutcome outcome) => outcome switch
    {
        SignInOutcome.SignedIn => T["signed in"],
        SignInOutcome.WrongPassword => T["wrong password"],
        SignInOutcome.WrongCode => T["wrong code"],
        _ => T["refused: too many failures"],
    };

    private async Task ChangePasswordAsync()
    {
        if (!await IsPasswordAsync(Password.Current))
        {
            return;
        }

        if (_user.MustChangePassword && Password.New == Password.Current)
        {
            _problem = T["Choose another password than the one that was made for you."];
            return;
        }

        // Saved with the password, or not at all.
        bool hadTo = _user.MustChangePassword;
        _user.MustChangePassword = false;
        var result = await Entries.ChangeOwnAsync(Db, Users, _user, Password.Current, Password.New, Context.RequestAborted);
        if (!result.Succeeded)
        {
            _user.MustChangePassword = hadTo;
            _problem = string.Join(' ', result.Errors.Select(e => T.Known(e.Description)));
            return;
        }

        Password = new();
        await StayAsync();
        _mustChange = false;
        _done = T["The password is changed. Everybody else who was signed in as you is out."];
    }

    private async Task StartAsync()
    {
        if (await IsPasswordAsync(Starting.Password) && !_user.TwoFactorEnabled)
        {
            await Users.ResetAuthenticatorKeyAsync(_user);
            await StayAsync();
            await ShowKeyAsync();
        }
    }

    private async Task ConfirmAsync()
    {
        if (!await IsPendingAsync())
        {
            _isConfirming = false;
            _problem = T["Your password was asked for too long ago. Begin again."];
            return;
        }

        if (!await Totp.SpendAsync(_user.Id, await Users.GetAuthenticatorKeyAsync(_user), Code.Code, Context.RequestAborted))
        {
            _problem = T["That code is not right. Check that the phone's clock is, and enter the next one."];
            await ShowKeyAsync();
            return;
        }

        if (!(await Users.SetTwoFactorEnabledAsync(_user, true)).Succeeded)
        {
            // The account was changed somewhere else at this very moment.
            _problem = T["That was not saved. Try again."];
            await ShowKeyAsync();
            return;
        }

        await WriteAsync("user.second_step_begun");
        _codes = await Users.GenerateNewTwoFactorRecoveryCodesAsync(_user, RecoveryCodes);
        await StayAsync();
        _done = T["The second step is on."];
    }

    private async Task ChangeSecondStepAsync()
    {
        if (!await IsPasswordAsync(Ending.Password))
        {
            return;
        }

        if (Ending.Act == "codes")
        {
            _codes = await Users.GenerateNewTwoFactorRecoveryCodesAsync(_user, RecoveryCodes);
            await WriteAsync("user.recovery_codes_made");
        }
        else if ((await Users.SetTwoFactorEnabledAsync(_user, false)).Succeeded)
        {
            await Users.ResetAuthenticatorKeyAsync(_user);
            await WriteAsync("user.second_step_ended");
            _done = T["The second step is off."];
        }
        else
        {
            _problem = T["That was not saved. Try again."];
            return;
        }

        await StayAsync();
    }

    private async Task EndAsync(Guid session)
    {
        await Sessions.EndAsync(session, _user.Id, Context.RequestAborted);
        await WriteAsync("user.session_ended");
        _done = T["That browser is signed out."];
        await ReadAsync();
    }

    private async Task EndOthersAsync()
    {
        await Sessions.EndOthersAsync(_user.Id, Context.User.SessionId(), Context.RequestAborted);
        await WriteAsync("user.signed_out");
        _done = T["You are signed in here only."];
        await ReadAsync();
    }

    private Task WriteAsync(string verb) => Audit.WriteAsync(AuditEntry.OfUser(verb, _user), Context.RequestAborted);

    private async Task<bool> IsPasswordAsync(string password)
    {
        // Counts failures as signing in does: a borrowed session must not become a place to guess at leisure.
        var proof = await Proofs.ByPasswordAsync(_user, password, Guesses.Session(Context.User.SessionId()), Context.RequestAborted);
        _problem = proof switch
        {
            Proof.Given => null,
            Proof.Resting => T["Too many failed attempts. Wait a quarter of an hour."],
            _ => T["That is not your password."],
        };

        // Nothing of it goes back into the page.
        (Starting.Password, Ending.Password) = (string.Empty, string.Empty);
        return proof == Proof.Given;
    }

    /// <summary>The change ended every session; this one begins anew.</summary>
    private async Task StayAsync()
    {
        await Rights.ReadAsync(Context.RequestAborted);
        await Sessions.EndOthersAsync(_user.Id, Context.User.SessionId(), Context.RequestAborted);
        await SignIn.RefreshSignInAsync(_user);
        await ReadAsync();
    }

    private async Task<bool> IsPendingAsync() => Pending.IsProven(PostedCode?.Proof, _user.Id, await Users.GetAuthenticatorKeyAsync(_user));

    private async Task ShowKeyAsync()
    {
        _key = await Users.GetAuthenticatorKeyAsync(_user);
        if (_key is not null)
        {
            using var data = QRCodeGenerator.GenerateQrCode(Totp.Address(_user.Email ?? string.Empty, _key), QRCodeGenerator.ECCLevel.M);
            using var code = new PngByteQRCode(data);
            Code.Proof = Pending.Prove(_user.Id, _key);
            _isConfirming = true;
            _qr = "data:image/png;base64," + Convert.ToBase64String(code.GetGraphic(6, drawQuietZones: false));
        }
    }

    private async Task ReadAsync()
    {
        // Where somebody is and was is more than whoever helps them needs.
        _active = _isViewed ? [] : await Sessions.ActiveAsync(_user.Id, Context.RequestAborted);
        _recent = _isViewed ? [] : await Sessions.RecentAsync(_user.Id, Shown, Context.RequestAborted);
        _codesLeft = _user.TwoFactorEnabled ? await Users.CountRecoveryCodesAsync(_user) : 0;
    }
}

public sealed class PasswordChange
{
    [Required(ErrorMessage = "Enter your password."), StringLength(PasswordRules.Longest)]
    public string Current { get; set; } = string.Empty;

    [Required(ErrorMessage = "Choose a password."), StringLength(PasswordRules.Longest)]
    public string New { get; set; } = string.Empty;
}

public sealed class PasswordProof
{
    [Required(ErrorMessage = "Enter your password."), StringLength(PasswordRules.Longest)]
    public string Password { get; set; } = string.Empty;

    public string? Act { get; set; }
}

public sealed class CodeProof
{
    /// <summary>That the password was given before the key was shown.</summary>
    public string? Proof { get; set; }

    [Required(ErrorMessage = "Enter the code."), StringLength(20)]
    public string Code { get; set; } = string.Empty;
}
