using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Kick;

namespace KickMonitor.Web.Hosting;

/// <summary>The settings that stand at the root.</summary>
public sealed class SiteOptions
{
    /// <summary>The address that people use; links are built from it, never from the Host header.</summary>
    [HttpAddress]
    [Setting("The address that people use; links are built from it", NeedsRestart = true)]
    public string? PublicUrl { get; set; }

    /// <summary>Whose word on where a request came from is taken: addresses or networks, separated by commas.</summary>
    [NetworkList]
    public string? TrustedProxies { get; set; }
}

/// <summary>How much is written to the log.</summary>
public sealed class LogOptions
{
    public const string Section = "Logging:LogLevel";

    [Setting("From which level on lines are written to the log")]
    public LogLevel Default { get; set; } = LogLevel.Information;
}

/// <summary>Who becomes the first Admin, while there is none.</summary>
public sealed class AdminOptions : IValidatableObject
{
    public const string Section = "Admin";

    public string? Email { get; set; }

    public string? Password { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Email is { Length: > 0 } && !new EmailAddressAttribute().IsValid(Email))
        {
            yield return new ValidationResult("Admin:Email (KICKMONITOR_ADMIN_EMAIL) must be an e-mail address.");
        }

        if (Email is { Length: > 0 } != Password is { Length: > 0 })
        {
            yield return new ValidationResult("Admin:Email and Admin:Password (KICKMONITOR_ADMIN_EMAIL, KICKMONITOR_ADMIN_PASSWORD) belong together; one is missing.");
        }

        if (Password is { Length: > 0 and < PasswordRules.Shortest })
        {
            yield return new ValidationResult($"Admin:Password (KICKMONITOR_ADMIN_PASSWORD) must have at least {PasswordRules.Shortest} characters.");
        }
    }
}
