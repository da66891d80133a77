using System.Buffers.Text;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Settings;

/// <summary>A person's passkeys: added and removed after the password was asked for, and named.</summary>
public sealed partial class PasskeysPanel : ComponentBase
{
    private IList<UserPasskeyInfo> _passkeys = [];
    private string? _problem;
    private string? _done;

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    [Inject]
    public required Proofs Proofs { get; init; }

    /// <summary>The one that the accounts are read and written by.</summary>
    [Inject]
    public required KickMonitorDb Db { get; init; }

    [Inject]
    public required Audit Audit { get; init; }

    [Parameter, EditorRequired]
    public required User Owner { get; set; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "add-passkey", Name = "Passkey")]
    public NewPasskey? Posted { get; set; }

    private UserManager<User> Users => SignIn.UserManager;

    protected override async Task OnInitializedAsync() => _passkeys = await Users.GetPasskeysAsync(Owner);

    private static string IdOf(UserPasskeyInfo passkey) => Base64Url.EncodeToString(passkey.CredentialId);

    private static string? NameOf(string? typed) => LenientJson.Storable(typed?.Trim(), Passkeys.NameLength) is { Length: > 0 } name && !name.Any(char.IsControl) ? name : null;

    private async Task AddAsync()
    {
        if (await SignIn.TakeAsync(Owner, Posted?.Credential) is not { } passkey)
        {
            _problem = T["No passkey was made. It takes a script, and a browser that has passkeys."];
            return;
        }

        passkey.Name = NameOf(Posted?.Name) ?? T["unnamed"];
        if (!await Users.KeepAsync(Db, Owner, passkey, Context.RequestAborted))
        {
            _problem = T["That was not saved. Try again."];
            return;
        }

        await WriteAsync("user.passkey_added", passkey);
        _done = T["{0} is added. You can sign in with it.", passkey.Name];
        _passkeys = await Users.GetPasskeysAsync(Owner);
    }

    private async Task RenameAsync(UserPasskeyInfo passkey)
    {
        if (NameOf(Context.Request.Form["NewName"]) is not { } name)
        {
            _problem = T["A passkey needs a name."];
            return;
        }

        passkey.Name = name;
        bool isKept = await Users.KeepAsync(Db, Owner, passkey, Context.RequestAborted);
        (_done, _problem) = isKept ? (T["Renamed."], null) : ((string?)null, T["That was not saved. Try again."]);
    }

    private async Task RemoveAsync(UserPasskeyInfo passkey)
    {
        switch (await Proofs.ByPasswordAsync(Owner, Context.Request.Form["Password"], Guesses.Session(Context.User.SessionId()), Context.RequestAborted))
        {
            case Proof.Resting:
                _problem = T["Too many failed attempts. Wait a quarter of an hour."];
                return;
            case Proof.Wrong:
                _problem = T["That is not your password."];
                return;
        }

        await Users.RemovePasskeyAsync(Owner, passkey.CredentialId);
        await WriteAsync("user.passkey_removed", passkey);
        _done = T["{0} is removed.", passkey.Name];
        _passkeys = await Users.GetPasskeysAsync(Owner);
    }

    private Task WriteAsync(string verb, UserPasskeyInfo passkey) => Audit.WriteAsync(AuditEntry.OfUser(verb, Owner, after: new { passkey = passkey.Name }), Context.RequestAborted);
}

public sealed class NewPasskey
{
    /// <summary>What the browser made, as JSON.</summary>
    public string? Credential { get; set; }

    public string? Name { get; set; }
}
