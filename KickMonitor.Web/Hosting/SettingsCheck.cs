using System.ComponentModel.DataAnnotations;
using KickMonitor.Domain.Events;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Linking;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using Microsoft.Extensions.Options;

namespace KickMonitor.Web.Hosting;

/// <summary>Finds every mistake in the settings at once, each by its key; the binder stops at the first.</summary>
public static class SettingsCheck
{
    /// <exception cref="OptionsValidationException">There are some.</exception>
    public static void Run(IConfiguration configuration)
    {
        string[] mistakes =
        [
            .. Mistakes(configuration, MonitorOptions.Section, new MonitorOptions()),
            .. Mistakes(configuration, KickOptions.Section, new KickOptions()),
            .. Mistakes(configuration, TwitchOptions.Section, new TwitchOptions()),
            .. Mistakes(configuration, string.Empty, new SiteOptions()),
            .. Mistakes(configuration, EventOptions.Section, new EventOptions()),
            .. AdminMistakes(configuration),
            .. DatabaseMistakes(configuration),
        ];
        if (mistakes.Length > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SettingsCheck), mistakes);
        }
    }

    private static IEnumerable<string> Mistakes(IConfiguration configuration, string section, object options)
    {
        foreach (var property in options.GetType().GetProperties().Where(p => p.CanWrite))
        {
            string key = section.Length == 0 ? property.Name : $"{section}:{property.Name}";
            if (configuration[key] is not { } text)
            {
                continue;
            }

            if (Read(configuration, property.PropertyType, key) is not { } value)
            {
                yield return $"{key} must be a number, not '{text}'.";
                continue;
            }

            var results = new List<ValidationResult>();
            Validator.TryValidateProperty(value, new ValidationContext(options) { MemberName = property.Name }, results);
            foreach (var result in results)
            {
                string message = result.ErrorMessage ?? $"{key} is not valid.";
                yield return message.Contains(key, StringComparison.Ordinal) ? message : message.Replace(property.Name, key, StringComparison.Ordinal);
            }
        }
    }

    private static IEnumerable<string> AdminMistakes(IConfiguration configuration)
    {
        var admin = configuration.GetSection(AdminOptions.Section).Get<AdminOptions>() ?? new AdminOptions();
        return admin.Validate(new ValidationContext(admin)).Select(m => m.ErrorMessage ?? string.Empty);
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

    private static object? Read(IConfiguration configuration, Type type, string key)
    {
        try
        {
            return configuration.GetValue(type, key);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
