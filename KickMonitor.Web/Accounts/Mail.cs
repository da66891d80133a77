using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Accounts;

/// <summary>A mail server, for those who want links to go by e-mail. Without one they are shown and handed on by people.</summary>
public sealed class SmtpOptions
{
    public const string Section = "Smtp";

    public string? Host { get; set; }

    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>The address that the mail comes from.</summary>
    [EmailAddress]
    public string? From { get; set; }

    /// <summary>Refuses to send over an unprotected connection.</summary>
    public bool StartTls { get; set; } = true;
}

/// <summary>Sends one-time links by e-mail.</summary>
public sealed partial class Mail(IOptions<SmtpOptions> options, ILogger<Mail> logger)
{
    private const int TimeoutSeconds = 15;

    public bool IsConfigured => options.Value is { Host.Length: > 0, From.Length: > 0 };

    /// <returns>What went wrong; null if the server took it.</returns>
    public async Task<string?> SendLinkAsync(string to, string link, CancellationToken ct)
    {
        var smtp = options.Value;
        using var mail = new MailMessage(smtp.From!, to, "KickMonitor", $"Choose a password for KickMonitor here. The link works once:\n\n{link}\n");
        using var client = new SmtpClient(smtp.Host, smtp.Port)
        {
            EnableSsl = smtp.StartTls,
            Credentials = string.IsNullOrEmpty(smtp.User) ? null : new NetworkCredential(smtp.User, smtp.Password),
        };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromSeconds(TimeoutSeconds));
        try
        {
            await client.SendMailAsync(mail, patience.Token);
            return null;
        }
        catch (Exception e) when (e is SmtpException or OperationCanceledException or IOException or InvalidOperationException)
        {
            NotSent(e.GetBaseException().Message);
            return e is OperationCanceledException ? "the mail server did not answer" : e.GetBaseException().Message;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The mail server did not take a link: {Reason}")]
    private partial void NotSent(string reason);
}
