using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Linking;
using KickMonitor.Web.Accounts;
using KickMonitor.Web.Pictures;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;

namespace KickMonitor.Web.Pages.Settings;

public sealed partial class ProfilePage : ComponentBase
{
    private static readonly (string Code, string Name)[] Languages =
        [("en-GB", "English (31/12/2026, 24 hours)"), ("en-US", "English (12/31/2026, 12 hours)"), ("es", "Español"), ("de", "Deutsch"), ("fr", "Français"), ("pt-BR", "Português"), ("tr", "Türkçe")];

    private static readonly string[] Zones =
        [.. TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id).Where(id => id.Contains('/', StringComparison.Ordinal) && !id.StartsWith("Etc/", StringComparison.Ordinal)).Append("UTC").Order(StringComparer.Ordinal)];

    private User _user = new();
    private string? _problem;
    private string? _done;
    private bool _hasPicture;
    private long _pictureVersion;

    [Inject]
    public required SignInManager<User> SignIn { get; init; }

    [Inject]
    public required Proofs Proofs { get; init; }

    [Inject]
    public required People People { get; init; }

    [Inject]
    public required Departure Departure { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required UserPictures Pictures { get; init; }

    [CascadingParameter]
    public required HttpContext Context { get; set; }

    [SupplyParameterFromForm(FormName = "profile", Name = "Input")]
    public ProfileInput? Posted { get; set; }

    [SupplyParameterFromForm(FormName = "picture", Name = "Picture")]
    public PictureInput? PostedPicture { get; set; }

    [SupplyParameterFromForm(FormName = "farewell", Name = "Farewell")]
    public FarewellInput? PostedFarewell { get; set; }

    private ProfileInput Input { get; set; } = new();

    private FarewellInput Farewell { get; set; } = new();

    protected override async Task OnInitializedAsync()
    {
        _user = await SignIn.UserManager.GetUserAsync(Context.User) ?? throw new InvalidOperationException("The page needs a person.");
        Input = Posted ?? new ProfileInput { Name = _user.DisplayName, TimeZone = _user.TimeZone, Language = _user.Language };
        Farewell = PostedFarewell ?? Farewell;
        await ReadPictureAsync();
    }

    private static string? OneOf(string? text, IEnumerable<string> known) => known.Contains(text, StringComparer.Ordinal) ? text : null;

    private async Task SaveAsync()
    {
        string? name = string.IsNullOrWhiteSpace(Input.Name) ? null : Input.Name.Trim();
        if (name?.Any(char.IsControl) == true)
        {
            _problem = T["A name has no control characters."];
            return;
        }

        var outcome = await People.ChangeAsync(_user.Id, user =>
        {
            user.DisplayName = name;
            user.TimeZone = OneOf(Input.TimeZone, Zones);
            user.Language = OneOf(Input.Language, Languages.Select(l => l.Code));
        }, Context.RequestAborted);
        _done = outcome == ChangeUser.Done ? T["Saved."] : null;
        _problem = outcome == ChangeUser.Done ? null : T["That was not saved. Try again."];
    }

    private async Task KeepPictureAsync()
    {
        if (PostedPicture?.File is not { Length: > 0 and <= UserPicture.MostBytes } file)
        {
            _problem = T["A picture has at most {0} KiB.", UserPicture.MostBytes / 1024];
            return;
        }

        using var bytes = new MemoryStream((int)file.Length);
        await file.CopyToAsync(bytes, Context.RequestAborted);
        if (UploadedPicture.Read(bytes.ToArray()) is not { } picture)
        {
            _problem = T["That is no picture that can be used here: a PNG or JPEG, up to 2,000 pixels a side."];
            return;
        }

        await Pictures.KeepAsync(_user.Id, picture.ContentType, picture.Bytes, Context.RequestAborted);
        _done = T["Your picture is changed."];
        await ReadPictureAsync();
    }

    private async Task RemovePictureAsync()
    {
        await Pictures.RemoveAsync(_user.Id, Context.RequestAborted);
        _done = T["Your picture is removed."];
        await ReadPictureAsync();
    }

    private async Task ReadPictureAsync()
    {
        var picture = await Pictures.FindAsync(_user.Id, Context.RequestAborted);
        (_hasPicture, _pictureVersion) = (picture is not null, picture?.ChangedAt.ToUnixTimeMilliseconds() ?? 0);
    }

    private async Task DeleteAsync()
    {
        if (!Farewell.IsSure)
        {
            _problem = T["Tick that you mean it."];
            return;
        }

        var proof = await Proofs.ByPasswordAsync(_user, Farewell.Password, Guesses.Session(Context.User.SessionId()), Context.RequestAborted);
        Farewell.Password = string.Empty;
        if (proof != Proof.Given)
        {
            _problem = proof == Proof.Resting ? T["Too many failed attempts. Wait a quarter of an hour."] : T["That is not your password."];
            return;
        }

        if (await Departure.LeaveAsync(_user.Id, Context.RequestAborted) == ChangeUser.LastAdmin)
        {
            _problem = T["You are the last Admin. Make somebody else an Admin first."];
            return;
        }

        await SignIn.SignOutAsync();
        Navigation.NavigateTo("/signin");
    }
}

public sealed class ProfileInput
{
    [StringLength(100, ErrorMessage = "A name has at most 100 characters.")]
    public string? Name { get; set; }

    [StringLength(100)]
    public string? TimeZone { get; set; }

    [StringLength(20)]
    public string? Language { get; set; }
}

public sealed class FarewellInput
{
    [Required(ErrorMessage = "Enter your password."), StringLength(PasswordRules.Longest)]
    public string Password { get; set; } = string.Empty;

    public bool IsSure { get; set; }
}

public sealed class PictureInput
{
    public IFormFile? File { get; set; }
}
