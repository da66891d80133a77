using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Domain.Kick;

/// <summary>The Kick app's credentials, and where Kick is; tests and the demo point the addresses at the stand-in.</summary>
public sealed class KickOptions : IValidatableObject
{
    public const string Section = "Kick";

    [Setting("The client id of the app at Kick")]
    public string? ClientId { get; set; }

    [Setting("The client secret of the app at Kick", IsSecret = true)]
    public string? ClientSecret { get; set; }

    [Required, HttpAddress]
    [Setting("Where Kick's API is")]
    public string ApiBaseUrl { get; set; } = "https://api.kick.com";

    [Required, HttpAddress]
    [Setting("Where Kick gives out tokens")]
    public string IdBaseUrl { get; set; } = "https://id.kick.com";

    [Required, HttpAddress]
    [Setting("Where people watch Kick")]
    public string SiteBaseUrl { get; set; } = "https://kick.com";

    public string? SocketUrl { get; set; }

    [Setting("Where Kick delivers events")]
    [RegularExpression("/[A-Za-z0-9/_-]+", ErrorMessage = "Kick:WebhookPath must be a path like /webhooks/kick.")]
    public string WebhookPath { get; set; } = "/webhooks/kick";

    [Setting("The key that Kick signs deliveries with, as PEM or a file's path; without it, it is fetched", NeedsRestart = true)]
    public string? PublicKey { get; set; }

    /// <summary>Half of the credentials would silently mean none.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrWhiteSpace(ClientId) != string.IsNullOrWhiteSpace(ClientSecret))
        {
            yield return new ValidationResult("Kick:ClientId and Kick:ClientSecret go together: one of them is missing.");
        }
    }

    public bool HasCredentials => !string.IsNullOrWhiteSpace(ClientId) && !string.IsNullOrWhiteSpace(ClientSecret);
}

[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpAddressAttribute : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is null or "" || (Uri.TryCreate(value as string, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            ? ValidationResult.Success
            : new ValidationResult($"{validationContext?.MemberName} must be an http:// or https:// address.");
}
