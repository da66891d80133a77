using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Domain.Kick;

/// <summary>The Kick app's credentials, and where Kick is; tests and the demo point the addresses at the stand-in.</summary>
public sealed class KickOptions
{
    public const string Section = "Kick";

    [Setting("The client id of the app at Kick")]
    public string? ClientId { get; set; }

    [Setting("The client secret of the app at Kick", IsSecret = true)]
    public string? ClientSecret { get; set; }

    // Secrets and tokens are sent to these addresses, so only whoever starts the program may change them.
    [Required, HttpAddress]
    public string ApiBaseUrl { get; set; } = "https://api.kick.com";

    [Required, HttpAddress]
    public string IdBaseUrl { get; set; } = "https://id.kick.com";

    [Required, HttpAddress]
    public string SiteBaseUrl { get; set; } = "https://kick.com";

    public string? SocketUrl { get; set; }

    [Setting("Where Kick delivers events")]
    [RegularExpression("/[A-Za-z0-9/_-]+", ErrorMessage = "Kick:WebhookPath must be a path like /webhooks/kick.")]
    public string WebhookPath { get; set; } = "/webhooks/kick";

    [Setting("The key that Kick signs deliveries with, as PEM or a file's path; without it, it is fetched", NeedsRestart = true)]
    public string? PublicKey { get; set; }

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
