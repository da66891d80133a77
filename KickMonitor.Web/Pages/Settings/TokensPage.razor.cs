using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Settings;

/// <summary>A person's own API tokens; plain HTML, works without a script.</summary>
public sealed partial class TokensPage : ComponentBase
{
    private List<ApiToken> _tokens = [];
    private string? _created;
    private string? _problem;

    [Inject]
    public required ApiTokens Tokens { get; init; }

    [Inject]
    public required Proofs Proofs { get; init; }

    [Inject]
    public required UserManager<User> Users { get; init; }

    [Inject]
    public required Rights Rights { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "new-token", Name = "New")]
    public NewToken? Posted { get; set; }

    private NewToken New { get; set; } = new();

    private Guid Me => Context.User.UserId() ?? throw new InvalidOperationException("The page needs a person.");

    /// <summary>The others are of use to Admins only.</summary>
    private IEnumerable<TokenScope> Offered => Rights.Of(Context.User)?.IsAdmin == true ? TokenScopes.All : [TokenScope.Read];

    protected override Task OnInitializedAsync()
    {
        New = Posted ?? new NewToken { Scopes = [TokenScopes.NameOf(TokenScope.Read)] };
        return ReadAsync();
    }

    private static string UseOf(TokenScope scope) => scope switch
    {
        TokenScope.Read => T["read status, history and events, and hear them live"],
        TokenScope.Streamers => T["add, pause and remove streamers"],
        TokenScope.Users => T["read and manage people and what they see"],
        TokenScope.Config => T["read and change the configuration and the flags"],
        _ => T["whatever else Admins do: jobs, webhooks, the audit log"],
    };

    private async Task CreateAsync()
    {
        if (!TokenScopes.TryParse(string.Join(' ', New.Scopes), out var scopes) || scopes.Except(Offered).Any())
        {
            _problem = T["Tick what it may do."];
            return;
        }

        var user = await Users.GetUserAsync(Context.User) ?? throw new InvalidOperationException("The page needs a person.");
        _problem = await ProblemAsync(user);
        New.Password = string.Empty;
        if (_problem is not null)
        {
            return;
        }

        DateTimeOffset? expires = New.Days > 0 ? Time.GetUtcNow().AddDays(New.Days) : null;
        _created = (await Tokens.CreateOwnAsync(user, New.Name.Trim(), scopes, expires, Context.RequestAborted))?.Text;
        if (_created is null)
        {
            _problem = T["That was not saved. Try again."];
            return;
        }

        New = new NewToken { Scopes = [TokenScopes.NameOf(TokenScope.Read)] };
        await ReadAsync();
    }

    /// <summary>A token outlives the session that it was made in, so a borrowed session makes none.</summary>
    private async Task<string?> ProblemAsync(User user) =>
        await Proofs.ByPasswordAsync(user, New.Password, Guesses.Session(Context.User.SessionId()), Context.RequestAborted) switch
        {
            Proof.Given => null,
            Proof.Resting => T["Too many failed attempts. Wait a quarter of an hour."],
            _ => T["That is not your password."],
        };

    private async Task RevokeAsync(Guid id)
    {
        await Tokens.RevokeAsync(id, Me, Context.RequestAborted);
        await ReadAsync();
    }

    private async Task ReadAsync() => _tokens = (await Tokens.ListAsync(Me, Context.RequestAborted)).ConvertAll(t => t.Token);
}

public sealed class NewToken
{
    [Required(ErrorMessage = "Say what it is for."), StringLength(ApiToken.NameLength)]
    public string Name { get; set; } = string.Empty;

    public List<string> Scopes { get; set; } = [];

    [Required(ErrorMessage = "Enter your password."), StringLength(PasswordRules.Longest)]
    public string Password { get; set; } = string.Empty;

    [Range(0, 365)]
    public int Days { get; set; } = 90;
}
