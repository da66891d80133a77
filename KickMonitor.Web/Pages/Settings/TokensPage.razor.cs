using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Components;

namespace KickMonitor.Web.Pages.Settings;

/// <summary>A person's own API tokens; plain HTML, works without a script.</summary>
public sealed partial class TokensPage : ComponentBase
{
    private List<ApiToken> _tokens = [];
    private string? _created;

    [Inject]
    public required ApiTokens Tokens { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "new-token", Name = "New")]
    public NewToken? Posted { get; set; }

    private NewToken New { get; set; } = new();

    private Guid Me => Context.User.UserId() ?? throw new InvalidOperationException("The page needs a person.");

    protected override Task OnInitializedAsync()
    {
        New = Posted ?? New;
        return ReadAsync();
    }

    private async Task CreateAsync()
    {
        (_created, _) = await Tokens.CreateAsync(Me, New.Name.Trim(), Context.RequestAborted);
        New = new();
        await ReadAsync();
    }

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
}
