using System.ComponentModel.DataAnnotations;

namespace KickMonitor.Domain.Kick;

/// <summary>The Kick app's credentials, and where Kick is; tests and the demo point the addresses at the stand-in.</summary>
public sealed class KickOptions
{
    public const string Section = "Kick";

    public string? ClientId { get; set; }

    public string? ClientSecret { get; set; }

    [Required, HttpAddress]
    public string ApiBaseUrl { get; set; } = "https://api.kick.com";

    [Required, HttpAddress]
    public string IdBaseUrl { get; set; } = "https://id.kick.com";

    [Required, HttpAddress]
    public string SiteBaseUrl { get; set; } = "https://kick.com";

    public string? SocketUrl { get; set; }

    [RegularExpression("/[A-Za-z0-9/_-]+", ErrorMessage = "Kick:WebhookPath must be a path like /webhooks/kick.")]
    public string WebhookPath { get; set; } = "/webhooks/kick";

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
