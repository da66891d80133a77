using System.Net;
using System.Net.Mail;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Web.Accounts;

/// <summary>Sends one-time links by e-mail. They are made and stored before, so that one that was not sent still works.</summary>
public sealed partial class Mail(SmtpOptions smtp, ILogger<Mail> logger)
{
    public const string NotConfigured = "No mail server is configured: set Smtp:Host and Smtp:From.";
    private const int TimeoutSeconds = 15;

    public bool IsConfigured => smtp is { Host.Length: > 0, From.Length: > 0 };

    /// <returns>What went wrong; null if the server took it.</returns>
    public async Task<string?> SendLinkAsync(string to, string link, CancellationToken ct)
    {
        if (!IsConfigured)
        {
            return NotConfigured;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromSeconds(TimeoutSeconds));
        try
        {
            using var mail = new MailMessage(smtp.From!, to, "KickMonitor", $"Choose a password for KickMonitor here. The link works once:\n\n{link}\n");
            using var client = new SmtpClient(smtp.Host, smtp.Port)
            {
                EnableSsl = smtp.StartTls,
                Credentials = string.IsNullOrEmpty(smtp.User) ? null : new NetworkCredential(smtp.User, smtp.Password),
            };
            await client.SendMailAsync(mail, patience.Token);
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            NotSent("no answer in time");
            return "the mail server did not answer";
        }
        catch (Exception e) when (e is SmtpException or IOException or InvalidOperationException or FormatException or System.Security.Authentication.AuthenticationException)
        {
            NotSent(e.GetBaseException().Message);
            return e.GetBaseException().Message;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The mail server did not take a link: {Reason}")]
    private partial void NotSent(string reason);
}

public static class MailServices
{
    public static IServiceCollection AddMail(this IServiceCollection services) =>
        services.AddLiveOptions<SmtpOptions>(SmtpOptions.Section, "E-mail").AddSingleton<Mail>();
}
