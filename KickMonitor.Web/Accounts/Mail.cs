using System.Net;
using System.Net.Mail;
using KickMonitor.Domain.Configuration;

namespace KickMonitor.Web.Accounts;

/// <summary>Sends one-time links by e-mail. They are made and stored before, so that one that was not sent still works.</summary>
public sealed partial class Mail(LiveOptions<SmtpOptions> options, ILogger<Mail> logger)
{
    public const string NotConfigured = "No mail server is configured: set Smtp:Host and Smtp:From.";
    private const string NoPassword = "Smtp:User is to sign in, but there is no Smtp:Password for this mail server: set it.";
    private const string InTheClear = "Smtp:Password is not sent in the clear to another machine: switch Smtp:StartTls on, or take Smtp:User away.";
    private const int TimeoutSeconds = 15;

    public bool IsConfigured => IsComplete(options.Snapshot);

    /// <returns>What went wrong; null if the server took it.</returns>
    public async Task<string?> SendLinkAsync(string to, string link, CancellationToken ct)
    {
        // Of one moment: a password must not meet the server that comes after its own.
        var smtp = options.Snapshot;
        if (Missing(smtp) is { } missing)
        {
            return missing;
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

    private static bool IsComplete(SmtpOptions smtp) => smtp is { Host.Length: > 0, From.Length: > 0 };

    private static string? Missing(SmtpOptions smtp) =>
        !IsComplete(smtp) ? NotConfigured
        : string.IsNullOrEmpty(smtp.User) ? null
        : string.IsNullOrEmpty(smtp.Password) ? NoPassword
        : smtp.StartTls || IsHere(smtp.Host!) ? null
        : InTheClear;

    private static bool IsHere(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The mail server did not take a link: {Reason}")]
    private partial void NotSent(string reason);
}

public static class MailServices
{
    public static IServiceCollection AddMail(this IServiceCollection services) =>
        services.AddLiveOptions<SmtpOptions>(SmtpOptions.Section, "E-mail").AddSingleton<Mail>();
}
