using System.ComponentModel.DataAnnotations;
using System.Globalization;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Retention;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Accounts;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Hosting;

/// <summary>Finds every mistake in the settings at once, each by its key.</summary>
public static class SettingsCheck
{
    /// <exception cref="OptionsValidationException">There are some.</exception>
    public static void Run(IConfiguration configuration)
    {
        string[] mistakes =
        [
            .. SettingRules.Mistakes(configuration, MonitorOptions.Section, new MonitorOptions()),
            .. SettingRules.Mistakes(configuration, KickOptions.Section, new KickOptions()),
            .. SettingRules.Mistakes(configuration, TwitchOptions.Section, new TwitchOptions()),
            .. SettingRules.Mistakes(configuration, string.Empty, new SiteOptions()),
            .. SettingRules.Mistakes(configuration, EventOptions.Section, new EventOptions()),
            .. SettingRules.Mistakes(configuration, LogOptions.Section, new LogOptions()),
            .. AdminMistakes(configuration),
            .. PortMistakes(configuration),
            .. SettingRules.Mistakes(configuration, BackupOptions.Section, new BackupOptions()),
            .. SettingRules.Mistakes(configuration, RetentionOptions.Section, new RetentionOptions()),
            .. SettingRules.Mistakes(configuration, SmtpOptions.Section, new SmtpOptions()),
            .. DatabaseMistakes(configuration),
        ];
        if (mistakes.Length > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SettingsCheck), mistakes);
        }
    }

    private static IEnumerable<string> AdminMistakes(IConfiguration configuration)
    {
        var admin = configuration.GetSection(AdminOptions.Section).Get<AdminOptions>() ?? new AdminOptions();
        return admin.Validate(new ValidationContext(admin)).Select(m => m.ErrorMessage ?? string.Empty);
    }

    private static IEnumerable<string> PortMistakes(IConfiguration configuration)
    {
        if (configuration["PORT"] is { Length: > 0 } port && !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            yield return $"PORT must be a number up to 65535, not '{port}'.";
        }
    }

    private static IEnumerable<string> DatabaseMistakes(IConfiguration configuration)
    {
        try
        {
            DatabaseLocation.From(configuration);
            return [];
        }
        catch (FormatException e)
        {
            return [e.Message];
        }
    }
}
