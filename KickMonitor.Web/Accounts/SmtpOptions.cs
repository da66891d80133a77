using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Web.Accounts;

/// <summary>A mail server, for those who want links to go by e-mail. Without one they are shown and handed on by people.</summary>
public sealed class SmtpOptions
{
    public const string Section = "Smtp";

    [Setting("The mail server that takes one-time links; none: they go by hand only")]
    public string? Host { get; set; }

    [Setting("The mail server's port")]
    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    [Setting("Who signs in at the mail server; none: nobody does")]
    public string? User { get; set; }

    [Setting("Their password, kept for this host and port only", IsSecret = true, SentTo = [nameof(Host), nameof(Port), nameof(StartTls)])]
    public string? Password { get; set; }

    [Setting("The address that the mail comes from")]
    [EmailAddress(ErrorMessage = "Smtp:From must be an e-mail address.")]
    public string? From { get; set; }

    [Setting("Whether mail goes over a connection protected by STARTTLS, or not at all")]
    public bool StartTls { get; set; } = true;
}
